"""The meeting pack as Markdown, HTML and DOCX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from copilot.knowledge import Knowledge
from copilot.meeting.ask_page import markdown_question, rests_on, titles
from copilot.meeting.brief import CHOICE, Brief
from copilot.meeting.brief_docx import brief_docx
from copilot.meeting.ledger import Entry
from copilot.meeting.ledger_page import UNSTATED, flags
from copilot.reports.safe import markdown as md
from copilot.reports.safe import one_line
from copilot.reports.scorecard import place
from copilot.schema import Citation

if TYPE_CHECKING:
    from jinja2 import Template

QUOTE = 200


def brief_markdown(brief: Brief, knowledge: Knowledge) -> bytes:
    """For a wiki or a pull request; text of the document is escaped."""
    sections = (
        [f"# Meeting pack: {md(brief.title)}", "", md(brief.summary)],
        _scores(brief),
        _risks(brief),
        [f"- {md(s.text)}: {_cited(s.citation)}" for s in brief.strengths] or ["None was found."],
        [
            f"- **{md(p.strong)} against {md(p.open)}** ({p.status.value}): {md(p.reason)} "
            f"{_cited(p.citation)} [{md(p.source)}]"
            for p in brief.tensions
        ]
        or ["None was found."],
        _decisions(brief),
        [f"- {_entry(e)}" for e in brief.trade_offs] or ["None was found."],
        list(_agenda(brief, knowledge)),
        [f"- **{md(t.id)}**: {md(t.plain)}" for t in brief.glossary] or ["No such word occurs."],
    )
    blocks = ["\n".join(sections[0])]
    for title, lines in zip(TITLES, sections[1:], strict=True):
        blocks.append("\n".join([f"## {title}", "", *lines]))
    blocks.append(f"---\n\n{md(brief.design)} · judge {md(brief.judge)} · {brief.created}")
    return ("\n\n".join(blocks) + "\n").encode()


TITLES = (
    "Scorecard",
    "Top risks",
    "Strengths",
    "Tensions",
    "Decisions needed",
    "Stated decisions without an alternative or a cost",
    "Agenda",
    "Glossary",
)


def _scores(brief: Brief) -> list[str]:
    head = [
        "| dimension | addressed | partial | missing | worst finding |",
        "|---|---|---|---|---|",
    ]
    return head + [
        f"| {md(s.title)} | {s.addressed} | {s.partial} | {s.missing} | {s.worst} |"
        for s in brief.scores
    ]


def _risks(brief: Brief) -> list[str]:
    lines = []
    for number, finding in enumerate(brief.risks, start=1):
        lines.append(f"{number}. **{md(finding.title)}** ({finding.severity.value})")
        lines.append(f"   {md(finding.so_what)} Fix: {md(finding.fix)}")
    return lines or ["None was found."]


def _decisions(brief: Brief) -> list[str]:
    if not brief.decisions:
        return ["Nothing severe is open."]
    return [CHOICE, "", *(f"- [ ] {md(d.text)} ({d.severity.value})" for d in brief.decisions)]


def _cited(citation: Citation) -> str:
    return f"“{md(one_line(citation.quote, QUOTE))}” ({md(place(citation))})"


def _entry(entry: Entry) -> str:
    over = f" over {md('; '.join(entry.rejected))}" if entry.rejected else ""
    taken = md(entry.taken or UNSTATED)
    return f"{taken}{over}: {md('; '.join(flags(entry)))}. {_cited(entry.citation)}"


def _agenda(brief: Brief, knowledge: Knowledge) -> Iterator[str]:
    agenda = brief.agenda
    yield f"{agenda.planned} minutes of questions in a meeting of {agenda.minutes}."
    yield ""
    yield "| who | questions | minutes |"
    yield "|---|---|---|"
    for line in brief.attendance:
        yield f"| {md(line.role)} | {', '.join(map(str, line.questions))} | {line.minutes} |"
    for question in agenda.questions:
        yield ""
        first, *rest = markdown_question(question, knowledge)
        yield f"#{first}"
        yield from rest


def brief_html(brief: Brief, knowledge: Knowledge) -> bytes:
    """One file without script and without anything to load; everything is escaped by the engine."""
    page = _template().render(
        brief=brief,
        titles=TITLES,
        choice=CHOICE,
        place=place,
        quote=lambda citation: one_line(citation.quote, QUOTE),
        line=one_line,
        flags=flags,
        unstated=UNSTATED,
        roles=lambda question: ", ".join(titles(question.roles, knowledge)),
        rests_on=lambda question: rests_on(question, knowledge),
    )
    return page.encode("utf-8", "replace")


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("brief.html.j2")


FORMS: dict[str, Callable[[Brief, Knowledge], bytes]] = {
    "md": brief_markdown,
    "html": brief_html,
    "docx": brief_docx,
    "json": lambda brief, _: (brief.model_dump_json(indent=2) + "\n").encode(),
}
