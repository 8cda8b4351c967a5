"""The scorecard before and after the answers, a line for each dimension."""

from __future__ import annotations

from textual.content import Content

from copilot.knowledge import Knowledge
from copilot.reports.safe import one_line
from copilot.reports.scorecard import scorecard
from copilot.review.score import score
from copilot.schema import Review
from copilot.tui import looks

Part = Content | tuple[str, str] | str


def difference(before: Review | None, after: Review, knowledge: Knowledge, width: int) -> Content:
    """Bars of `after`, with what changed since `before`; aspects that changed below."""
    old = {s.dimension: s for s in scorecard(before, knowledge)} if before else {}
    was = score(before) if before else None
    parts: list[Part] = _line("Whole design", was, score(after), width)
    for now in scorecard(after, knowledge):
        known = old.get(now.dimension)
        parts += _line(now.title, known.share if known else None, now.share, width)
    if before is not None:
        parts += _aspects(before, after, knowledge, width)
    return Content.assemble(*parts)


def _line(title: str, was: float | None, now: float | None, width: int) -> list[Part]:
    room = max(8, width - looks.BAR - 14)
    name = one_line(title, room - 1).ljust(room)
    if now is None:
        return [(f"{name}not judged\n", "$muted")]
    style = "$success" if now >= 0.7 else "$warning" if now >= 0.4 else "$error"
    parts: list[Part] = [name, (looks.bar(now), style), f" {now:>4.0%} "]
    if was is not None and round(now - was, 4):
        better = now > was
        sign = "▲" if better else "▼"
        parts.append((f"{sign}{abs(now - was):.0%}", "$success" if better else "$error"))
    return [*parts, "\n"]


def _aspects(before: Review, after: Review, knowledge: Knowledge, width: int) -> list[Part]:
    old = {row.aspect: row.status for row in before.coverage}
    parts: list[Part] = []
    for row in after.coverage:
        was = old.get(row.aspect)
        if was is not None and was is not row.status:
            first, second = looks.STATUS[was], looks.STATUS[row.status]
            title = one_line(knowledge.aspects[row.aspect].title, max(8, width - 8))
            parts += [first, (" → ", "$muted"), second, f" {title}\n"]
    count = len(after.findings) - len(before.findings)
    moved = f", {count:+d} findings" if count else ""
    answers = f"{len(after.answers)} answer{'s' * (len(after.answers) != 1)} counted{moved}\n"
    return [(f"\n{answers}", "$muted"), *parts] if after.answers else parts
