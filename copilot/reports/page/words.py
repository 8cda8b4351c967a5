"""The sentences of the page: plain language for readers who do not review for a living."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from copilot.schema import Citation, Finding, Nearest, Review, Severity, Status

SEVERITY_MEANS = {
    Severity.CRITICAL: "Do not build on the design before this is answered.",
    Severity.HIGH: "Likely to hurt users, data or money; answer it before approval.",
    Severity.MEDIUM: "Should be in the design; can be a condition of approval.",
    Severity.LOW: "Worth a line in the design; small harm if it stays open.",
    Severity.INFO: "Good to know; nothing has to change.",
}
STATUS_MEANS = {
    Status.ADDRESSED: "The document says something concrete about it, and the quote is shown.",
    Status.PARTIAL: "The document touches it but leaves important parts open.",
    Status.MISSING: "Nothing in the document speaks to it; what was searched is listed.",
    Status.NOT_APPLICABLE: "It does not matter for this kind of system.",
    Status.UNJUDGED: "No verdict could be reached, or it was not asked for.",
}
STATUS_NAMES = {status: status.value.replace("_", " ") for status in Status}
KIND_NAMES = {"gap": "nothing found", "weakness": "only in part", "injection": "aimed at reviewer"}


def summary(review: Review, open_: Sequence[Finding]) -> str:
    """Two or three sentences: how much of what a review asks for is there, and what is open."""
    counts = Counter(row.status for row in review.coverage)
    judged = sum(counts[s] for s in (Status.ADDRESSED, Status.PARTIAL, Status.MISSING))
    if not judged:
        return "No verdict could be reached on this document; the reasons are listed below."
    return (
        f"Of {judged} things that a review of a machine-learning platform asks about, this design "
        f"describes {counts[Status.ADDRESSED]}, touches {counts[Status.PARTIAL]} in part, and says "
        f"nothing about {counts[Status.MISSING]}. {_open(open_)}"
    )


def _open(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    if not findings:
        return "Nothing is open."
    parts = [f"{counts[s]} {s.value}" for s in Severity if counts[s]]
    total = len(findings)
    points = "One point is open" if total == 1 else f"{total} points are open"
    return f"{points}: {listed(parts)}."


def listed(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def place(citation: Citation, one_file: bool) -> str:
    """Where a quote stands: lines, page, and the file's own name where there are several.

    Of an answer: whose it is, and that the document does not say it.
    """
    if citation.source == "answer":
        return f"{citation.file}, not in the document"
    page = f", page {citation.page}" if citation.page is not None else ""
    return _lines(citation.line_start, citation.line_end, citation.file, one_file) + page


def lines(near: Nearest, one_file: bool) -> str:
    """The lines of a passage, and the file's own name where there are several."""
    return _lines(near.line_start, near.line_end, near.file, one_file)


def _lines(first: int, last: int, file: str, one_file: bool) -> str:
    said = f"lines {first}-{last}" if last > first else f"line {first}"
    return said if one_file else f"{file}, {said}"


def short(path: str) -> str:
    """The last part of a path: the whole one stands once, under About."""
    return path.rsplit("/", 1)[-1]


def percent(share: float) -> str:
    """A share as whole percents."""
    return f"{share:.0%}"
