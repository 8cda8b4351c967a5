"""The nine dimensions at a glance, counted from the rows of a review."""

from __future__ import annotations

from dataclasses import dataclass

from copilot.knowledge import Knowledge
from copilot.schema import LOW_CONFIDENCE, Citation, Coverage, Review, Severity, Status


@dataclass(frozen=True)
class Score:
    """How one dimension stands."""

    dimension: str
    title: str
    addressed: int
    partial: int
    missing: int
    other: int
    """Not applicable or unjudged."""
    worst: Severity | None

    @property
    def share(self) -> float | None:
        """Addressed aspects, a partial one counting half, over judged ones; None with none."""
        judged = self.addressed + self.partial + self.missing
        return (self.addressed + 0.5 * self.partial) / judged if judged else None


def scorecard(review: Review, knowledge: Knowledge) -> list[Score]:
    """One score for each dimension of the knowledge, in report order."""
    return [_score(review, d.id, d.title) for d in knowledge.dimensions]


def _score(review: Review, dimension: str, title: str) -> Score:
    statuses = [row.status for row in review.coverage if row.dimension == dimension]
    counts = {status: statuses.count(status) for status in Status}
    severities = [f.severity for f in review.findings if f.dimension == dimension]
    return Score(
        dimension=dimension,
        title=title,
        addressed=counts[Status.ADDRESSED],
        partial=counts[Status.PARTIAL],
        missing=counts[Status.MISSING],
        other=counts[Status.NOT_APPLICABLE] + counts[Status.UNJUDGED],
        worst=min(severities, key=lambda s: s.rank, default=None),
    )


def place(citation: Citation) -> str:
    """`file:12-14`, with the page for paged formats: where a reader finds the quote.

    Of an answer: whose it is, and that the document does not say it.
    """
    if citation.source == "answer":
        return f"{citation.file}, not in the document"
    lines = f"{citation.line_start}"
    if citation.line_end > citation.line_start:
        lines += f"-{citation.line_end}"
    page = f" (page {citation.page})" if citation.page is not None else ""
    return f"{citation.file}:{lines}{page}"


def unjudged_rows(review: Review) -> list[Coverage]:
    """Rows of the dimensions asked for that got no verdict."""
    asked = set(review.manifest.dimensions)
    return [r for r in review.coverage if r.status is Status.UNJUDGED and r.dimension in asked]


def low_confidence(review: Review) -> list[Coverage]:
    """Judged rows whose verdict is uncertain, least certain first."""
    judged = (Status.ADDRESSED, Status.PARTIAL, Status.MISSING)
    rows = [r for r in review.coverage if r.status in judged and r.confidence < LOW_CONFIDENCE]
    return sorted(rows, key=lambda row: row.confidence)
