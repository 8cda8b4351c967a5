"""The findings as rows of a table, for spreadsheets and CSV: one row for each finding."""

from __future__ import annotations

from collections.abc import Iterator

from copilot.knowledge import Knowledge
from copilot.reports.safe import printable
from copilot.reports.scorecard import place
from copilot.schema import Citation, Finding, Review, Searched

HEADINGS = (
    "design",
    "number",
    "severity",
    "dimension",
    "aspect",
    "also",
    "kind",
    "title",
    "what",
    "so what",
    "fix",
    "ask",
    "confidence",
    "where",
    "quote",
    "searched",
    "nearest",
    "origin",
    "fingerprint",
)

Value = str | int | float


def finding_rows(review: Review, knowledge: Knowledge) -> Iterator[tuple[Value, ...]]:
    """The findings in report order, with a value under each of HEADINGS."""
    for number, finding in enumerate(review.findings, start=1):
        yield tuple(clean(value) for value in _row(review, knowledge, number, finding))


def clean(value: Value) -> Value:
    """Text without control characters; line breaks stay, numbers are left alone."""
    return printable(value) if isinstance(value, str) else value


def _row(review: Review, knowledge: Knowledge, number: int, finding: Finding) -> tuple[Value, ...]:
    return (
        review.document.path,
        number,
        finding.severity.value,
        knowledge.dimension(finding.dimension).title,
        finding.aspect,
        ", ".join(finding.also),
        finding.kind,
        finding.title,
        finding.what,
        finding.so_what,
        finding.fix,
        ", ".join(finding.roles),
        finding.confidence,
        "\n".join(map(_where, finding.citations)),
        "\n".join(citation.quote for citation in finding.citations),
        _searched(finding.searched),
        _nearest(finding.searched),
        finding.origin,
        finding.fingerprint,
    )


def _where(citation: Citation) -> str:
    return place(citation) if citation.verified else "rejected: not in the document"


def _searched(searched: Searched | None) -> str:
    if searched is None:
        return ""
    return f"{searched.share_read:.0%} of the text read\n" + "\n".join(searched.queries)


def _nearest(searched: Searched | None) -> str:
    near = searched.nearest if searched else ()
    return "\n".join(f"{n.file}:{n.line_start}-{n.line_end} ({n.similarity:.2f})" for n in near)
