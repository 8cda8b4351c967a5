"""The meeting pack as a Word document."""

from __future__ import annotations

import io
from typing import Any

from copilot.knowledge import Knowledge
from copilot.meeting.ask_page import rests_on, titles
from copilot.meeting.brief import CHOICE, Brief
from copilot.meeting.ledger_page import UNSTATED, flags
from copilot.meeting.questions import MeetingQuestion
from copilot.reports.safe import one_line
from copilot.reports.scorecard import place

QUOTE = 200


def brief_docx(brief: Brief, knowledge: Knowledge) -> bytes:
    """Plain paragraphs and tables in the built-in styles; no field, link or macro is written."""
    from docx import Document

    page = Document()
    page.add_heading(f"Meeting pack: {one_line(brief.title)}", 0)
    page.add_paragraph(one_line(brief.summary))
    _scores(page, brief)
    _lists(page, brief)
    _agenda(page, brief, knowledge)
    page.add_heading("Glossary", 1)
    for term in brief.glossary:
        _labelled(page, term.id, term.plain)
    page.add_paragraph(one_line(f"{brief.design} · judge {brief.judge} · {brief.created}"))
    data = io.BytesIO()
    page.save(data)
    return data.getvalue()


def _scores(page: Any, brief: Brief) -> None:
    page.add_heading("Scorecard", 1)
    head = ("dimension", "addressed", "partial", "missing", "worst finding")
    rows = [(s.title, s.addressed, s.partial, s.missing, s.worst) for s in brief.scores]
    _table(page, head, rows)


def _table(page: Any, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    table = page.add_table(rows=1, cols=len(head), style="Light Grid Accent 1")
    for cells, values in ((table.rows[0].cells, head), *((None, row) for row in rows)):
        target = table.add_row().cells if cells is None else cells
        for cell, value in zip(target, values, strict=True):
            cell.text = one_line(str(value))


def _lists(page: Any, brief: Brief) -> None:
    page.add_heading("Top risks", 1)
    for finding in brief.risks:
        said = f"{finding.so_what} Fix: {finding.fix}"
        _labelled(page, f"{finding.title} ({finding.severity.value})", said, "List Number")
    page.add_heading("Strengths", 1)
    for strength in brief.strengths:
        quote = f"“{one_line(strength.citation.quote, QUOTE)}” ({place(strength.citation)})"
        _labelled(page, strength.text, quote, "List Bullet")
    page.add_heading("Tensions", 1)
    for pull in brief.tensions:
        quote = f"“{one_line(pull.citation.quote, QUOTE)}” ({place(pull.citation)})"
        said = f"{pull.reason} {quote} [{pull.source}]"
        _labelled(page, f"{pull.strong} against {pull.open}", said, "List Bullet")
    page.add_heading("Decisions needed", 1)
    page.add_paragraph(CHOICE if brief.decisions else "Nothing severe is open.")
    for decision in brief.decisions:
        _labelled(page, decision.severity.value, decision.text, "List Bullet")
    page.add_heading("Stated decisions without an alternative or a cost", 1)
    for entry in brief.trade_offs:
        over = f" over {'; '.join(entry.rejected)}" if entry.rejected else ""
        said = f"{'; '.join(flags(entry))} ({place(entry.citation)})"
        _labelled(page, f"{entry.taken or UNSTATED}{over}", said, "List Bullet")


def _agenda(page: Any, brief: Brief, knowledge: Knowledge) -> None:
    page.add_heading("Agenda", 1)
    agenda = brief.agenda
    page.add_paragraph(f"{agenda.planned} minutes of questions in a meeting of {agenda.minutes}.")
    rows = [(a.role, ", ".join(map(str, a.questions)), a.minutes) for a in brief.attendance]
    _table(page, ("who", "questions", "minutes"), rows)
    for question in agenda.questions:
        _question(page, question, knowledge)


def _question(page: Any, question: MeetingQuestion, knowledge: Knowledge) -> None:
    title = knowledge.aspects[question.aspect].title
    page.add_heading(f"{question.number}. {title} ({question.severity.value})", 2)
    page.add_paragraph(one_line(question.text))
    roles = ", ".join(titles(question.roles, knowledge))
    _labelled(page, "Ask", f"{roles} ({question.minutes} minutes)")
    _labelled(page, "Why", question.why)
    for probe in question.probes:
        page.add_paragraph(one_line(probe), style="List Bullet")
    _labelled(page, "A good answer", question.good_answer)
    _labelled(page, "Red flags", "; ".join(question.red_flags))
    _labelled(page, "Rests on", rests_on(question, knowledge))


def _labelled(page: Any, label: str, text: str, style: str | None = None) -> None:
    paragraph = page.add_paragraph(style=style)
    paragraph.add_run(f"{one_line(label)}: ").bold = True
    paragraph.add_run(one_line(text))
