"""Two saved reviews side by side: which ones, and what became of the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from copilot.knowledge import Knowledge
from copilot.reports.safe import one_line
from copilot.reports.scorecard import place
from copilot.review.compare import Change, Comparison, Outcome
from copilot.schema import Finding
from copilot.tui import looks

if TYPE_CHECKING:
    from copilot.store.records import ReviewSummary
    from copilot.tui.session import Session

OUTCOMES = {
    Outcome.REGRESSED: ("▼", "bold $error"),
    Outcome.NEW: ("+", "$warning"),
    Outcome.OPEN: ("○", "$muted"),
    Outcome.RESOLVED: ("✔", "$success"),
    Outcome.UNJUDGED: ("?", "$accent"),
}
"""Glyph and style of what became of a finding."""

Part = Content | tuple[str, str] | str


def saved(session: Session) -> tuple[ReviewSummary, ...]:
    """All reviews of the listed designs, those of the open one first, latest first."""
    if session.store is None:
        return ()
    here = session.current.design if session.current else ""
    designs = sorted((d.design for d in session.designs), key=lambda name: (name != here, name))
    return tuple(each for name in designs for each in session.store.reviews.of(name))


def usual(reviews: tuple[ReviewSummary, ...]) -> tuple[int, int]:
    """Ids of the two that one wants to see first: the last two of the first design; else any two.

    0 where there is none.
    """
    same = [each for each in reviews if each.design == reviews[0].design]
    pair = same[:2] if len(same) > 1 else list(reviews[:2])
    if len(pair) < 2:
        return 0, pair[0].id if pair else 0
    return pair[1].id, pair[0].id


def heads(comparison: Comparison, width: int) -> Content:
    """Both reviews in a line each, and the counts of what became of the findings."""
    parts: list[Part] = []
    for name, side in (("old", comparison.old), ("new", comparison.new)):
        share = "not judged" if side.score is None else f"{side.score:.0%}"
        when = f"{side.created.astimezone():%Y-%m-%d %H:%M}"
        said = f"{one_line(side.path, max(20, width - 50))}  {when}  {one_line(side.judge, 20)}"
        parts += [(f" {name} ", "bold $primary"), (f"{share:>4}  ", "bold"), f"{said}\n"]
    for outcome, (glyph, style) in OUTCOMES.items():
        count = len(comparison.of(outcome))
        parts.append((f" {glyph} {count} {outcome.value}  ", style if count else "$faint"))
    for note in comparison.notes:
        parts.append((f"\n {one_line(note)}", "$accent"))
    return Content.assemble(*parts)


def change_text(change: Change, comparison: Comparison, knowledge: Knowledge) -> Content:
    """All about one change: as it was, as it is."""
    glyph, style = OUTCOMES[change.outcome]
    matched = {"text": ", known again by its text", "aspect": ", known again by its aspect"}
    parts: list[Part] = [
        (one_line(change.finding.title), "bold"),
        (f"\n{glyph} {change.outcome.value}", style),
        (f"{matched.get(change.match, '')}\n\n", "$muted"),
    ]
    for step in comparison.aspects:
        if step.aspect in (change.finding.aspect, *change.finding.also):
            was = looks.STATUS[step.old] if step.old else ("·", "$faint")
            title = one_line(knowledge.aspects[step.aspect].title)
            parts += [was, (" → ", "$muted"), looks.STATUS[step.new], f" {title}\n\n"]
    if change.old and change.new and _same(change.old, change.new):
        parts += _finding("was and is", change.new)
    else:
        parts += _finding("was", change.old) + _finding("is", change.new)
    return Content.assemble(*parts)


def _same(old: Finding, new: Finding) -> bool:
    return (old.severity, old.what) == (new.severity, new.what)


def _finding(label: str, finding: Finding | None) -> list[Part]:
    if finding is None:
        return [(f"{label}  ", "bold $primary"), ("not there\n\n", "$muted")]
    glyph, style = looks.SEVERITY[finding.severity]
    parts: list[Part] = [
        (f"{label}  ", "bold $primary"),
        (f"{glyph} {finding.severity.value}  ", style),
        f"{one_line(finding.what)}\n",
    ]
    for citation in finding.citations:
        if citation.verified:
            parts += [(f"  “{one_line(citation.quote, 300)}”", "italic")]
            parts += [(f" {one_line(place(citation))}\n", "$muted")]
    return [*parts, "\n"]
