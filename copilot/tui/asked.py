"""A question in words: why it is asked, what it rests on, what a good answer sounds like."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from copilot.knowledge import Knowledge
from copilot.reports.safe import one_line, printable
from copilot.reports.scorecard import place
from copilot.review.asking import Item
from copilot.tui import looks

QUOTE = 400
"""Characters of a quote that are shown."""

Part = Content | tuple[str, str] | str


def question_text(item: Item, knowledge: Knowledge) -> Content:
    """All about one question; texts of design and answers are shown literally."""
    parts: list[Part] = [(printable(item.text), "bold"), "\n", *_about(item, knowledge), "\n\n"]
    parts += _answers(item)
    parts += _paragraph("why", item.why)
    parts += _rests_on(item)
    parts += _paragraph("a good answer", item.good_answer)
    parts += _listed("red flags", item.red_flags, "⚑ ", "$warning")
    parts += _listed("then ask", item.probes, "→ ", "$primary")
    if item.edited:
        parts += _paragraph("asked by the review as", item.original)
    return Content.assemble(*parts)


def _about(item: Item, knowledge: Knowledge) -> list[Part]:
    glyph, style = looks.SEVERITY[item.severity]
    titles = {role.id: role.title for role in knowledge.roles}
    roles = ", ".join(titles.get(role, role) for role in item.roles) or "anybody"
    aspect = knowledge.aspects[item.aspect].title if item.aspect in knowledge.aspects else "yours"
    return [
        (f"{glyph} {item.severity.value}", style),
        (f"   {one_line(aspect)} · {item.minutes} min · ask {one_line(roles)}", "$muted"),
    ]


def _answers(item: Item) -> list[Part]:
    parts: list[Part] = []
    for answer in item.answers:
        parts += [("answered  ", "bold $success"), printable(answer.text)]
        parts += [(f"  — {one_line(answer.who)}, {answer.at:%Y-%m-%d %H:%M}\n", "$muted")]
    if item.settled:
        parts.append(("✓ The review does not ask this any more.\n", "$success"))
    return [*parts, "\n"] if parts else []


def _paragraph(label: str, text: str) -> list[Part]:
    return [(f"{label}  ", "bold $primary"), one_line(text), "\n\n"] if text else []


def _listed(label: str, lines: Iterable[str], lead: str, style: str) -> list[Part]:
    parts: list[Part] = []
    for line in lines:
        parts += [(f"  {lead}", style), f"{one_line(line)}\n"]
    return [(f"{label}\n", "bold $primary"), *parts, "\n"] if parts else []


def _rests_on(item: Item) -> list[Part]:
    parts: list[Part] = []
    for citation in item.citations:
        said = "the design says" if citation.source == "document" else "somebody answered"
        parts += [(f"{said}  ", "bold $primary")]
        parts += [(f"“{one_line(citation.quote, QUOTE)}”", "italic")]
        parts += [(f" {one_line(place(citation))}\n", "$muted")]
    searched = item.searched
    if not item.citations and searched is not None:
        parts += [("nothing found  ", "bold $primary"), f"{searched.share_read:.0%} of the text "]
        parts += [f"read, {len(searched.queries)} searches"]
        for near in searched.nearest[:1]:
            heading = one_line(" › ".join(near.heading[-1:]), 50)
            where = f"{one_line(near.file)}:{near.line_start}-{near.line_end}"
            parts += [(f"; nearest {where} {heading}", "$muted")]
        parts.append("\n")
    return [*parts, "\n"] if parts else []
