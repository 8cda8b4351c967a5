"""How far a review is and what is missing from it, in a few words."""

from __future__ import annotations

from copilot.reports.safe import one_line
from copilot.reports.scorecard import unjudged_rows
from copilot.review.events import Done, Event, Indexed, Judged, Read
from copilot.schema import Review


def told(event: Event, before: str = "") -> str:
    """What an event says; `before` is what was said last, for counting dimensions."""
    match event:
        case Read(_, passages):
            return f"indexing {passages} passages"
        case Indexed():
            return "judging 0/9"
        case Judged():
            done = (
                int(before.rpartition(" ")[2].partition("/")[0] or 0) if "judging" in before else 0
            )
            return f"judging {done + 1}/9"
        case Done():
            return "saving"


def gaps(review: Review) -> str:
    """How many aspects have no verdict, the first reason, and what to do; empty without any."""
    rows = unjudged_rows(review)
    if not rows:
        return ""
    reason = one_line(rows[0].rationale, 240)
    return f"{len(rows)} aspects not judged. {reason} — ctrl+r on Review asks for these again."
