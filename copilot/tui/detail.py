"""What is known about one finding or one aspect, in words: pure functions from records to text.

Text of the document goes through `one_line`, and no text is ever read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual.content import Content

from copilot.knowledge import Knowledge
from copilot.reports.safe import one_line, printable
from copilot.reports.scorecard import place
from copilot.schema import (
    LOW_CONFIDENCE,
    Citation,
    Coverage,
    CriterionVerdict,
    Finding,
    Met,
    Note,
    Searched,
    Standing,
    Triage,
)
from copilot.tui import looks
from copilot.tui.facets import Entry

QUOTE = 600
"""Characters of a quote that are shown."""

_MET = {
    Met.MET: ("✓", "$success"),
    Met.UNMET: ("✗", "$error"),
    Met.UNCLEAR: ("?", "$warning"),
}

Part = Content | tuple[str, str] | str


def finding_text(
    entry: Entry,
    row: Coverage | None,
    knowledge: Knowledge,
    notes: Sequence[Note] = (),
    current: int = 0,
) -> Content:
    """All about a finding; `row` is the verdict on its aspect, `current` the citation shown."""
    finding = entry.finding
    parts: list[Part] = [*_heading(finding, knowledge), "\n\n"]
    parts += _decision(entry.triage)
    parts += _notes(notes)
    parts += _paragraph("what", finding.what)
    parts += _paragraph("so what", finding.so_what)
    parts += _paragraph("fix", finding.fix)
    parts += _citations(finding.citations, current)
    parts += _proof(finding.searched)
    if row is not None:
        parts += _verdict(row, knowledge)
    return Content.assemble(*parts)


def aspect_text(row: Coverage, knowledge: Knowledge, notes: Sequence[Note] = ()) -> Content:
    """All about the verdict on an aspect."""
    aspect = knowledge.aspects[row.aspect]
    glyph, style = looks.STATUS[row.status]
    parts: list[Part] = [
        (aspect.title, "bold"),
        f"\n{glyph} ",
        (row.status.value.replace("_", " "), style),
        (f"   {row.aspect}\n\n", "$muted"),
    ]
    parts += _paragraph("asks", aspect.meaning)
    parts += _notes(notes)
    parts += _citations(row.citations, 0)
    parts += _proof(row.searched)
    parts += _verdict(row, knowledge)
    return Content.assemble(*parts)


def _heading(finding: Finding, knowledge: Knowledge) -> list[Part]:
    glyph, style = looks.SEVERITY[finding.severity]
    aspects = ", ".join((finding.aspect, *finding.also))
    roles = {role.id: role.title for role in knowledge.roles}
    asked = ", ".join(roles.get(role, role) for role in finding.roles)
    return [
        (one_line(finding.title), "bold"),
        "\n",
        (f"{glyph} {finding.severity.value}", style),
        (f"   {finding.kind} · {aspects} · {finding.origin}", "$muted"),
        (f"\nconcerns {asked}" if asked else "", "$muted"),
    ]


def _paragraph(label: str, text: str) -> list[Part]:
    return [(f"{label}  ", "bold $primary"), one_line(text), "\n\n"]


def _decision(triage: Triage) -> list[Part]:
    if triage.decided is None:
        return []
    decided = triage.decided.decision
    glyph, style, _ = looks.STATE[decided.state]
    said = f"{decided.state.value.replace('_', ' ')} by {one_line(decided.who)}"
    said += f" on {day(decided.at)}"
    parts: list[Part] = [("decided  ", "bold $primary"), (f"{glyph} {said}", style)]
    if triage.standing is Standing.CHANGED:
        parts.append(("\n↻ changed since: the text it was about is not there", "$accent"))
    if triage.standing is Standing.EXPIRED:
        parts.append(("\n‡ expired: the risk was accepted until the date below", "$accent"))
    if decided.reason:
        parts.append(f"\n{one_line(decided.reason)}")
    if decided.owner or decided.until:
        until = f" until {decided.until}" if decided.until else ""
        parts.append(f"\nowner {one_line(decided.owner) or 'nobody'}{until}")
    return [*parts, "\n\n"]


def _notes(notes: Sequence[Note]) -> list[Part]:
    parts: list[Part] = []
    for note in notes:
        parts += [("note  ", "bold $primary"), printable(note.text)]
        parts += [(f"  {one_line(note.who)}, {day(note.at)}\n\n", "$muted")]
    return parts


def _citations(citations: Sequence[Citation], current: int) -> list[Part]:
    if not citations:
        return []
    parts: list[Part] = [("cites\n", "bold $primary")]
    for number, citation in enumerate(citations):
        shown = "▶" if number == current and citation.verified else " "
        quote = f"“{one_line(citation.quote, QUOTE)}”"
        if citation.verified:
            parts += [(f"{shown} ✓ ", "$success"), (quote, "italic")]
            parts += [(f" {one_line(place(citation))}\n", "$muted")]
        else:
            parts += [("  ✗ ", "$error"), (quote, "italic $muted")]
            parts += [(" rejected: not in the document\n", "$error")]
    return [*parts, "\n"]


def _proof(searched: Searched | None) -> list[Part]:
    if searched is None:
        return []
    read = f"{searched.share_read:.0%} of the text was read; searched for\n"
    parts: list[Part] = [("not found  ", "bold $primary"), read]
    parts += [("".join(f"  · {one_line(query)}\n" for query in searched.queries), "$muted")]
    if searched.nearest:
        parts.append("came nearest\n")
    for near in searched.nearest:
        heading = one_line(" › ".join(near.heading), 80)
        lines = f"  {one_line(near.file)}:{near.line_start}-{near.line_end} "
        parts.append((f"{lines} {near.similarity:.2f}  {heading}\n", "$muted"))
    return [*parts, "\n"]


def _verdict(row: Coverage, knowledge: Knowledge) -> list[Part]:
    doubt = ", low" if row.confidence < LOW_CONFIDENCE else ""
    parts: list[Part] = [("verdict  ", "bold $primary")]
    parts += [f"{row.status.value.replace('_', ' ')}, confidence {row.confidence:.0%}{doubt}. "]
    parts += [(f"{one_line(row.rationale)}\n\n", "$muted")]
    return [*parts, *_criteria(row.criteria, knowledge)]


def _criteria(verdicts: Iterable[CriterionVerdict], knowledge: Knowledge) -> list[Part]:
    lines: list[Part] = []
    for verdict in verdicts:
        criterion = knowledge.criteria.get(verdict.criterion)
        glyph, style = _MET[verdict.verdict]
        says = criterion.statement if criterion else verdict.criterion
        lines += [(f"{glyph} {verdict.verdict.value:<8}", style), f"{one_line(says)}\n"]
    return [("criteria\n", "bold $primary"), *lines] if lines else []


def day(at: datetime) -> str:
    """The day of a time, as people here write it down."""
    return at.astimezone().strftime("%Y-%m-%d")
