from __future__ import annotations

import pytest
from build import make_citation, make_document, make_review, make_row

from copilot.knowledge import Knowledge
from copilot.knowledge.meeting import MeetingKnowledge, load_meeting
from copilot.meeting.agenda import pack
from copilot.meeting.ask_page import FORMS
from copilot.meeting.questions import Asked, ask
from copilot.schema import CriterionVerdict, Met, Review, Status

TEXT = """# Merlin

## Serving

The Merlin Gateway sends requests to the Model Cluster, and the Feature Broker reads from Redis.
The Merlin Gateway keeps 300 requests per second. Two replicas of the Model Cluster run.

## Training

The Model Cluster trains with Spark. The Feature Broker writes to Redis.
"""


@pytest.fixture(scope="module")
def meeting(knowledge: Knowledge) -> MeetingKnowledge:
    return load_meeting(knowledge)


def _asked(
    knowledge: Knowledge, meeting: MeetingKnowledge, *rows: object, text: str = TEXT
) -> Asked:
    review = make_review(knowledge, {row.aspect: row for row in rows})  # type: ignore[attr-defined]
    return ask(review, make_document(text), knowledge, meeting)


def test_a_question_about_a_gap_names_components_of_the_document(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    row = make_row("security.access-control", Status.MISSING)
    (question,) = _asked(knowledge, meeting, row).questions
    assert {"Merlin Gateway", "Model Cluster", "Feature Broker"} & set(question.names)
    assert all(name in question.text for name in question.names)
    assert question.text.endswith(question.ask)


def test_a_question_about_capacity_names_the_nearest_figure(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    row = make_row("risk.scalability", Status.MISSING)
    (question,) = _asked(knowledge, meeting, row).questions
    assert "300 requests per second" in question.text


def test_a_question_about_a_weakness_quotes_what_was_said(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    quote = "Two replicas of the Model Cluster run."
    row = make_row("risk.reliability", Status.PARTIAL, make_citation(quote, TEXT.index(quote)))
    (question,) = _asked(knowledge, meeting, row).questions
    assert question.text.startswith(f"You write “{quote}”")


def test_without_the_document_quotes_and_title_are_named(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    review = make_review(knowledge, {"resources.cost": make_row("resources.cost", Status.MISSING)})
    (question,) = ask(review, None, knowledge, meeting).questions
    assert "A design" in question.text


def test_the_probably_answered_is_held_back_and_named(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    sure = make_row("resources.cost", Status.MISSING, addressed=0.05)
    unsure = make_row("resources.energy", Status.MISSING, addressed=0.4)
    asked = _asked(knowledge, meeting, sure, unsure)
    assert [question.aspect for question in asked.questions] == ["resources.cost"]
    assert [held.aspect for held in asked.held_back] == ["resources.energy"]


def test_a_criterion_that_is_met_is_never_asked_for(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    aspect = knowledge.aspects["security.encryption"]
    met = aspect.criteria[0].id
    row = make_row(
        aspect.id,
        Status.PARTIAL,
        criteria=(CriterionVerdict(criterion=met, verdict=Met.MET),),
    )
    (question,) = _asked(knowledge, meeting, row).questions
    assert met not in question.settles
    assert knowledge.criteria[met].question not in (question.ask, *question.probes)


def test_criteria_that_ask_the_same_are_asked_once(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    for group in meeting.same:
        aspects = sorted({criterion.rpartition(".")[0] for criterion in group.criteria})
        asked = _asked(knowledge, meeting, *(make_row(a, Status.MISSING) for a in aspects))
        said = [s for q in asked.questions for s in (q.ask, *q.probes)]
        questions = {knowledge.criteria[c].question for c in group.criteria}
        assert sum(one in questions for one in said) <= 1, group.id
        assert len(said) == len(set(said))


def test_the_more_severe_and_the_surer_gap_is_asked_first(
    knowledge: Knowledge, meeting: MeetingKnowledge
) -> None:
    rows = [make_row(a, Status.MISSING, addressed=0.0) for a in knowledge.aspects]
    questions = _asked(knowledge, meeting, *rows).questions
    assert [q.number for q in questions] == list(range(1, len(questions) + 1))
    worths = [question.worth for question in questions]
    assert worths == sorted(worths, reverse=True)
    assert questions[0].severity.rank < questions[-1].severity.rank
    first = questions[0].aspect
    less = [
        make_row(a, Status.MISSING, addressed=0.2 if a == first else 0.0) for a in knowledge.aspects
    ]
    assert _asked(knowledge, meeting, *less).questions[0].worth < worths[0] or (
        _asked(knowledge, meeting, *less).questions[0].aspect != first
    )


def test_every_aspect_has_its_opening(knowledge: Knowledge, meeting: MeetingKnowledge) -> None:
    assert set(meeting.opening) == set(knowledge.aspects)


@pytest.mark.parametrize("minutes", [1, 7, 20, 60, 500])
def test_an_agenda_keeps_to_its_minutes(
    knowledge: Knowledge, meeting: MeetingKnowledge, minutes: int
) -> None:
    rows = [make_row(a, Status.MISSING, addressed=0.0) for a in knowledge.aspects]
    questions = _asked(knowledge, meeting, *rows).questions
    agenda = pack(questions, (), minutes)
    assert agenda.planned == sum(question.minutes for question in agenda.questions) <= minutes
    assert len(agenda.questions) + len(agenda.left_out) == len(questions)


def test_a_role_gets_only_its_questions(knowledge: Knowledge, meeting: MeetingKnowledge) -> None:
    rows = [make_row(a, Status.MISSING, addressed=0.0) for a in knowledge.aspects]
    agenda = pack(_asked(knowledge, meeting, *rows).questions, ("finance",))
    assert agenda.questions
    assert all("finance" in question.roles for question in agenda.questions)


HOSTILE = """# <script>alert(1)</script> [red]Boom[/red]

## =HYPERLINK("http://evil")

The **Evil Gateway** <img src=x onerror=alert(1)> calls the Evil Gateway \x1b[31m. The Evil Broker
and the Evil Broker say `</script><script>alert(2)</script>` and | a | table |.
"""


def hostile_review(knowledge: Knowledge) -> Review:
    quote = "The **Evil Gateway** <img src=x onerror=alert(1)> calls the Evil Gateway \x1b[31m."
    rows = {
        "security.audit": make_row("security.audit", Status.MISSING),
        "risk.reliability": make_row(
            "risk.reliability", Status.PARTIAL, make_citation(quote, HOSTILE.index(quote))
        ),
    }
    return make_review(knowledge, rows, title=HOSTILE.splitlines()[0][2:])


@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_a_hostile_document_stays_text(
    knowledge: Knowledge, meeting: MeetingKnowledge, form: str
) -> None:
    asked = ask(hostile_review(knowledge), make_document(HOSTILE), knowledge, meeting)
    page = FORMS[form](asked, pack(asked.questions), knowledge)
    assert "\x1b" not in page
    if form == "md":
        assert "<img" not in page
        assert "<script" not in page
