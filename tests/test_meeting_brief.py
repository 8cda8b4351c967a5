from __future__ import annotations

import io
import re

import docx
import pytest
from build import make_citation, make_document, make_review, make_row
from test_meeting_questions import HOSTILE, hostile_review

from copilot.knowledge import Knowledge
from copilot.knowledge.meeting import MeetingKnowledge, load_meeting
from copilot.meeting.brief import Brief, brief
from copilot.meeting.brief_page import FORMS, TITLES
from copilot.schema import Status


@pytest.fixture(scope="module")
def meeting(knowledge: Knowledge) -> MeetingKnowledge:
    return load_meeting(knowledge)


@pytest.fixture(scope="module")
def hostile(knowledge: Knowledge, meeting: MeetingKnowledge) -> Brief:
    return brief(hostile_review(knowledge), make_document(HOSTILE), knowledge, meeting)


def test_the_summary_counts_what_the_review_found(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    rows = {
        "resources.cost": make_row("resources.cost", Status.MISSING),
        "risk.reliability": make_row("risk.reliability", Status.PARTIAL, make_citation("a quote")),
    }
    pack = brief(make_review(knowledge, rows), None, knowledge, meeting)
    assert "deals with 28 of them, touches 1, and says nothing about 1" in pack.summary
    assert sum(line.missing for line in pack.scores) == 1


def test_a_tension_needs_the_strength_and_the_gap(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    rule = next(rule for rule in meeting.tensions if rule.id == "replicas-without-budget")

    def found(strong: Status, quote: str, other: Status) -> bool:
        rows = {
            rule.strong: make_row(rule.strong, strong, make_citation(quote)),
            rule.open: make_row(rule.open, other),
        }
        pack = brief(make_review(knowledge, rows), None, knowledge, meeting)
        return rule.id in {pull.id for pull in pack.tensions}

    assert found(Status.ADDRESSED, "three replicas run", Status.MISSING)
    assert not found(Status.ADDRESSED, "three replicas run", Status.ADDRESSED)
    assert not found(Status.PARTIAL, "three replicas run", Status.MISSING)
    assert not found(Status.ADDRESSED, "jobs resume from checkpoints", Status.MISSING)


def test_the_glossary_holds_only_what_occurs(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    pack = brief(make_review(knowledge, {}), None, knowledge, meeting)
    words = FORMS["md"](pack.model_copy(update={"glossary": ()}), knowledge).decode()
    terms = {term.id: term for term in meeting.terms}
    assert {term.id for term in pack.glossary} < set(terms)
    for term in pack.glossary:
        spellings = (term.id, *term.also)
        assert any(re.search(re.escape(s), words, re.IGNORECASE) for s in spellings), term.id


def test_everybody_on_the_agenda_has_questions(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    rows = {a: make_row(a, Status.MISSING, addressed=0.0) for a in knowledge.aspects}
    pack = brief(make_review(knowledge, rows), None, knowledge, meeting, minutes=45)
    assert pack.agenda.planned <= 35
    asked = {question.number for question in pack.agenda.questions}
    assert {number for line in pack.attendance for number in line.questions} == asked
    assert len(pack.decisions) == sum(
        f.severity.rank <= 1 for f in make_review(knowledge, rows).findings
    )


def test_markdown_and_word_have_the_same_sections(knowledge: Knowledge, hostile: Brief) -> None:
    page = FORMS["md"](hostile, knowledge).decode()
    assert [title for title in TITLES if f"\n## {title}\n" in page] == list(TITLES)
    word = docx.Document(io.BytesIO(FORMS["docx"](hostile, knowledge)))
    headings = [
        p.text for p in word.paragraphs if p.style is not None and p.style.name == "Heading 1"
    ]
    assert sorted(headings) == sorted(TITLES)


@pytest.mark.parametrize("form", list(FORMS))
def test_a_hostile_document_stays_text_in_a_brief(
    knowledge: Knowledge, hostile: Brief, form: str
) -> None:
    data = FORMS[form](hostile, knowledge)
    if form == "docx":
        word = docx.Document(io.BytesIO(data))
        body = word.element.xml
        assert "alert(1)" in body and "\x1b" not in body
        assert "w:fldChar" not in body and "w:hyperlink" not in body and "w:instrText" not in body
        return
    page = data.decode()
    assert "alert(1)" in page and "\x1b" not in page
    if form != "json":
        assert "<img src=x" not in page and "<script" not in page
