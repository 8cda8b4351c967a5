"""A review in one number, and whether it is whole."""

from __future__ import annotations

from copilot.schema import Review, Status

LOST = {Status.ADDRESSED: 0.0, Status.PARTIAL: 0.5, Status.MISSING: 1.0}
"""What an aspect of this status takes from the score; others are not counted."""


def score(review: Review) -> float | None:
    """Addressed aspects, partial ones counting half, over judged ones; None with none judged."""
    lost = [LOST[row.status] for row in review.coverage if row.status in LOST]
    return 1 - sum(lost) / len(lost) if lost else None


def is_complete(review: Review) -> bool:
    """True when every aspect of the dimensions that were asked for has a verdict."""
    asked = set(review.manifest.dimensions)
    return not any(
        row.status is Status.UNJUDGED and row.dimension in asked for row in review.coverage
    )
