"""The questions as text, Markdown and JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from copilot.knowledge import Knowledge
from copilot.meeting.agenda import Agenda
from copilot.meeting.questions import Asked, HeldBack, MeetingQuestion
from copilot.reports.safe import markdown as md
from copilot.reports.safe import one_line, printable
from copilot.reports.scorecard import place
from copilot.schema import Record, Searched

WIDTH = 96
QUOTE = 240


class QuestionsReport(Record):
    """The JSON form: the agenda, and what is not asked."""

    design: str
    title: str
    agenda: Agenda
    held_back: tuple[HeldBack, ...]


def questions_json(asked: Asked, agenda: Agenda, knowledge: Knowledge) -> str:
    """The agenda as indented JSON."""
    report = QuestionsReport(
        design=asked.design, title=asked.title, agenda=agenda, held_back=asked.held_back
    )
    return report.model_dump_json(indent=2) + "\n"


def questions_text(asked: Asked, agenda: Agenda, knowledge: Knowledge) -> str:
    """The agenda for a terminal or a mail."""
    blocks = [[f"Questions about {one_line(asked.title, 80)}", one_line(_summary(agenda))]]
    blocks += [list(_text(question, knowledge)) for question in agenda.questions]
    blocks.append(list(_foot(asked, agenda, knowledge, printable)))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def questions_markdown(asked: Asked, agenda: Agenda, knowledge: Knowledge) -> str:
    """The agenda for a wiki or a pull request; text of the document is escaped."""
    blocks = [[f"# Questions: {md(asked.title)}", "", md(_summary(agenda))]]
    blocks += [list(markdown_question(question, knowledge)) for question in agenda.questions]
    blocks.append([f"- {line}" for line in _foot(asked, agenda, knowledge, md)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


FORMS: dict[str, Callable[[Asked, Agenda, Knowledge], str]] = {
    "text": questions_text,
    "md": questions_markdown,
    "json": questions_json,
}


def _summary(agenda: Agenda) -> str:
    count = len(agenda.questions)
    time = f"{agenda.planned} minutes"
    if agenda.minutes is not None:
        time += f" of {agenda.minutes}"
    who = f", for {', '.join(agenda.roles)}" if agenda.roles else ""
    return f"{count} question{'s' * (count != 1)}, {time}{who}"


def _text(question: MeetingQuestion, knowledge: Knowledge) -> Iterator[str]:
    yield from _wrapped(f"{question.number}. ", question.text)
    yield from _wrapped(
        "   ",
        f"[{question.severity.value}, {question.minutes} min] for "
        f"{', '.join(titles(question.roles, knowledge))}",
    )
    yield from _wrapped("   Why: ", question.why)
    for probe in question.probes:
        yield from _wrapped("   Then: ", probe)
    yield from _wrapped("   A good answer: ", question.good_answer)
    yield from _wrapped("   Red flags: ", "; ".join(question.red_flags))
    yield from _wrapped("   Rests on: ", rests_on(question, knowledge))


def _wrapped(lead: str, text: str) -> list[str]:
    hang = " " * (len(lead) if not lead.strip() or lead[0].isdigit() else 5)
    flat = one_line(text)
    return textwrap.wrap(flat, WIDTH, initial_indent=lead, subsequent_indent=hang) or [lead]


def markdown_question(question: MeetingQuestion, knowledge: Knowledge) -> Iterator[str]:
    """One question with everything that belongs to it."""
    yield f"## {question.number}. {md(knowledge.aspects[question.aspect].title)}"
    yield ""
    yield f"**{md(question.text)}**"
    yield ""
    roles = ", ".join(titles(question.roles, knowledge))
    yield f"- **Ask:** {md(roles)} ({question.minutes} minutes, {question.severity.value})"
    yield f"- **Why:** {md(question.why)}"
    for probe in question.probes:
        yield f"- **Then:** {md(probe)}"
    yield f"- **A good answer:** {md(question.good_answer)}"
    yield f"- **Red flags:** {md('; '.join(question.red_flags))}"
    yield f"- **Rests on:** {md(rests_on(question, knowledge))}"


def titles(roles: tuple[str, ...], knowledge: Knowledge) -> list[str]:
    """Titles of roles; an id that the knowledge lost stays as it is."""
    known = {role.id: role.title for role in knowledge.roles}
    return [known.get(role, role) for role in roles]


def rests_on(question: MeetingQuestion, knowledge: Knowledge) -> str:
    """The quote, or the proof that there is none; and what else the answer settles."""
    if question.citations:
        first = question.citations[0]
        said = f"“{one_line(first.quote, QUOTE)}” ({place(first)})"
    elif question.searched is not None:
        said = _proof(question.searched)
    else:
        said = "no sentence that holds as evidence"
    also = [knowledge.aspects[aspect].title for aspect in question.also]
    more = f"; the answer also settles a part of {', '.join(also)}" if also else ""
    return said + more


def _proof(searched: Searched) -> str:
    said = f"nothing found: {searched.share_read:.0%} of the text read"
    if searched.queries:
        said += f", {len(searched.queries)} searches"
    if searched.nearest:
        near = searched.nearest[0]
        heading = f" (“{near.heading[-1]}”)" if near.heading else ""
        said += f", nearest {near.file}:{near.line_start}-{near.line_end}{heading}"
    return said


def _foot(
    asked: Asked, agenda: Agenda, knowledge: Knowledge, safe: Callable[[str], str]
) -> Iterator[str]:
    if not asked.questions and not asked.held_back:
        yield "The review found nothing open to ask about."
    if agenda.left_out:
        numbers = ", ".join(map(str, agenda.left_out))
        yield f"No time for question{'s' * (len(agenda.left_out) != 1)} {numbers}."
    if asked.held_back:
        yield "Not asked, since the document probably answers them:"
    for held in asked.held_back:
        where = f" (see {place(held.citations[0])})" if held.citations else ""
        yield safe(f"{knowledge.aspects[held.aspect].title}: {held.ask}{where}")
