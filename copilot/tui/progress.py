"""How far a review is, in a few words."""

from __future__ import annotations

from copilot.review.events import Done, Event, Indexed, Judged, Read


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
