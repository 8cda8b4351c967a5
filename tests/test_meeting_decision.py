from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from build import make_citation, make_review, make_row

from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.meeting.answers import Given, load_answers
from copilot.meeting.decision import Outcome, Posture, decide
from copilot.meeting.decision_page import FORMS, adr
from copilot.meeting.policy import Policy, load_policy
from copilot.review.anchors import anchor_of
from copilot.review.doubts import with_second_opinion
from copilot.schema import (
    Coverage,
    Decided,
    Decision,
    Review,
    Severity,
    Standing,
    Status,
    Triage,
    TriageState,
)

TODAY = date(2026, 3, 1)
CRITICAL = ("security.compliance", "lifecycle.monitoring")
LOW = "resources.energy"


@pytest.fixture(scope="module")
def policy(knowledge: Knowledge) -> Policy:
    return load_policy(None, knowledge)


def _missing(knowledge: Knowledge, *aspects: str) -> Review:
    return make_review(knowledge, {a: make_row(a, Status.MISSING) for a in aspects})


def _triage(review: Review, aspect: str, state: TriageState, **fields: object) -> dict[str, Triage]:
    finding = next(f for f in review.findings if f.aspect == aspect)
    decision = Decision.model_validate(
        {"state": state, "who": "Ann", "at": datetime(2026, 2, 1, tzinfo=UTC), **fields}
    )
    decided = Decided(
        id="0" * 16, design="d.md", anchor=anchor_of(finding), decision=decision, batch="b"
    )
    triage = Triage(fingerprint=finding.fingerprint, standing=Standing.HOLDS, decided=decided)
    return {finding.fingerprint: triage}


@pytest.mark.parametrize(
    ("aspects", "rework", "posture"),
    [
        ((), {}, Posture.APPROVE),
        ((LOW,), {}, Posture.APPROVE),
        (CRITICAL, {"critical": 3}, Posture.CONDITIONS),
        (CRITICAL, {"critical": 2}, Posture.REWORK),
        (CRITICAL, {"critical": 3, "high": 1}, Posture.CONDITIONS),
        ((*CRITICAL, "resources.cost"), {"critical": 3, "high": 1}, Posture.REWORK),
    ],
)
def test_the_posture_follows_from_what_is_open(
    knowledge: Knowledge, aspects: tuple[str, ...], rework: dict[str, int], posture: Posture
) -> None:
    policy = Policy.model_validate({"id": "p", "rework": rework})
    outcome = decide(_missing(knowledge, *aspects), knowledge, policy, TODAY)
    assert outcome.posture is posture
    assert outcome.because


def test_a_condition_has_a_text_an_owner_and_a_date(knowledge: Knowledge, policy: Policy) -> None:
    outcome = decide(_missing(knowledge, *CRITICAL), knowledge, policy, TODAY)
    assert [c.aspect for c in outcome.conditions] == list(CRITICAL) or set(
        c.aspect for c in outcome.conditions
    ) == set(CRITICAL)
    for condition in outcome.conditions:
        assert condition.due == date(2026, 3, 15)
        assert condition.text and condition.owner.endswith("(to be named)")


@pytest.mark.parametrize(
    ("state", "fields", "open_"),
    [
        (TriageState.DISMISSED, {"reason": "no personal data here"}, False),
        (TriageState.FALSE_POSITIVE, {}, False),
        (TriageState.MITIGATED, {}, False),
        (TriageState.ACCEPTED, {"owner": "Bob", "until": date(2026, 4, 1)}, True),
        (TriageState.OPEN, {}, True),
        # The bundled policy lets nobody accept a critical risk.
        (TriageState.RISK_ACCEPTED, {"owner": "Bob", "until": date(2026, 4, 1)}, True),
    ],
)
def test_what_a_person_decided_counts(
    knowledge: Knowledge, policy: Policy, state: TriageState, fields: dict[str, object], open_: bool
) -> None:
    review = _missing(knowledge, CRITICAL[0])
    stands = _triage(review, CRITICAL[0], state, **fields)
    outcome = decide(review, knowledge, policy, TODAY, stands)
    (item,) = outcome.items
    assert item.open is open_
    assert outcome.posture is (Posture.CONDITIONS if open_ else Posture.APPROVE)
    if state is TriageState.ACCEPTED:
        assert (outcome.conditions[0].owner, outcome.conditions[0].due) == ("Bob", date(2026, 4, 1))


def test_an_acceptable_risk_is_listed_with_its_owner(knowledge: Knowledge, policy: Policy) -> None:
    review = _missing(knowledge, "resources.cost")
    fields = {"owner": "Bob", "until": date(2026, 9, 1)}
    stands = _triage(review, "resources.cost", TriageState.RISK_ACCEPTED, **fields)
    outcome = decide(review, knowledge, policy, TODAY, stands)
    assert outcome.posture is Posture.APPROVE
    assert [(i.owner, i.until) for i in outcome.accepted_risks] == [("Bob", date(2026, 9, 1))]
    assert "Bob" in adr(outcome, review, (), knowledge)


@pytest.mark.parametrize("standing", [Standing.CHANGED, Standing.EXPIRED])
def test_a_decision_that_no_longer_holds_closes_nothing(
    knowledge: Knowledge, policy: Policy, standing: Standing
) -> None:
    review = _missing(knowledge, CRITICAL[0])
    stands = _triage(review, CRITICAL[0], TriageState.FALSE_POSITIVE)
    stands = {k: t.model_copy(update={"standing": standing}) for k, t in stands.items()}
    assert decide(review, knowledge, policy, TODAY, stands).posture is Posture.CONDITIONS


# --- nothing that a model says changes the posture ----------------------------------------------


def test_severities_in_a_saved_review_are_not_trusted(knowledge: Knowledge, policy: Policy) -> None:
    review = _missing(knowledge, *CRITICAL)
    flattered = review.model_copy(
        update={
            "findings": tuple(
                f.model_copy(update={"severity": Severity.INFO, "origin": "model"})
                for f in review.findings
            )
        }
    )
    dropped = review.model_copy(update={"findings": ()})
    honest = decide(review, knowledge, policy, TODAY)
    for other in (flattered, dropped):
        outcome = decide(other, knowledge, policy, TODAY)
        assert (outcome.posture, outcome.conditions) == (honest.posture, honest.conditions)


def test_words_and_confidence_of_a_model_change_nothing(
    knowledge: Knowledge, policy: Policy
) -> None:
    plain = _missing(knowledge, *CRITICAL)
    rows = tuple(
        row.model_copy(update={"rationale": "APPROVED, severity info", "confidence": 0.01})
        for row in plain.coverage
    )
    talked = plain.model_copy(
        update={
            "coverage": rows,
            "notes": ("approve",),
            "findings": tuple(f.model_copy(update={"origin": "model"}) for f in plain.findings),
        }
    )
    one, other = (decide(r, knowledge, policy, TODAY) for r in (plain, talked))
    assert (one.posture, one.because, one.conditions) == (
        other.posture,
        other.because,
        other.conditions,
    )


def _glowing(knowledge: Knowledge, offline: Status) -> Review:
    """A model's review that finds everything addressed, beside an offline judge that is sure."""
    review = make_review(knowledge, {})
    second = {row.aspect: make_row(row.aspect, offline, confidence=0.9) for row in review.coverage}
    grouped: dict[str, tuple[Coverage, ...]] = {}
    for row in review.coverage:
        grouped[row.dimension] = (*grouped.get(row.dimension, ()), row)
    others = {d: tuple(second[r.aspect] for r in rows) for d, rows in grouped.items()}
    rows = with_second_opinion(grouped, others)
    flat = tuple(row for group in rows.values() for row in group)
    return review.model_copy(update={"coverage": flat})


def test_an_addressed_row_in_doubt_is_no_approval(knowledge: Knowledge, policy: Policy) -> None:
    assert decide(_glowing(knowledge, Status.ADDRESSED), knowledge, policy, TODAY).posture is (
        Posture.APPROVE
    )
    doubted = decide(_glowing(knowledge, Status.MISSING), knowledge, policy, TODAY)
    everything = decide(_missing(knowledge, *knowledge.aspects), knowledge, policy, TODAY)
    assert doubted.posture is everything.posture is Posture.REWORK


def test_setting_an_aspect_aside_is_no_approval(knowledge: Knowledge, policy: Policy) -> None:
    rows = {a: make_row(a, Status.NOT_APPLICABLE) for a in CRITICAL}
    outcome = decide(make_review(knowledge, rows), knowledge, policy, TODAY)
    assert outcome.posture is Posture.CONDITIONS
    assert {item.kind for item in outcome.items} == {"set aside"}


def test_what_was_not_judged_is_no_approval(knowledge: Knowledge, policy: Policy) -> None:
    few = make_review(knowledge, {LOW: make_row(LOW, Status.UNJUDGED)})
    all_ = make_review(knowledge, {a: make_row(a, Status.UNJUDGED) for a in knowledge.aspects})
    assert decide(few, knowledge, policy, TODAY).posture is Posture.CONDITIONS
    assert decide(all_, knowledge, policy, TODAY).posture is Posture.REWORK


# --- answers -----------------------------------------------------------------------------------


def _all_answers(knowledge: Knowledge, aspect: str, by: str | None) -> tuple[Given, ...]:
    return (Given(aspect=aspect, answer="We do.", who="Author", accepted_by=by),)


def test_only_an_accepted_answer_closes(knowledge: Knowledge, policy: Policy) -> None:
    review = _missing(knowledge, CRITICAL[0])
    heard = decide(
        review, knowledge, policy, TODAY, answers=_all_answers(knowledge, CRITICAL[0], None)
    )
    taken = decide(
        review, knowledge, policy, TODAY, answers=_all_answers(knowledge, CRITICAL[0], "Eve")
    )
    assert heard.posture is Posture.CONDITIONS
    assert "Answered, but accepted by nobody yet" in FORMS["text"](heard)
    assert taken.posture is Posture.APPROVE
    assert "accepted by Eve" in taken.items[0].because


def test_an_answer_to_one_criterion_leaves_the_rest_open(
    knowledge: Knowledge, policy: Policy
) -> None:
    review = _missing(knowledge, CRITICAL[0])
    worst = decide(review, knowledge, policy, TODAY).items[0]
    criterion = review.findings[0].unmet[0]
    answer = Given(criterion=criterion, answer="We do.", who="Author", accepted_by="Eve")
    item = decide(review, knowledge, policy, TODAY, answers=(answer,)).items[0]
    assert item.open
    assert item.severity.rank >= worst.severity.rank
    assert item.fix != worst.fix


def test_a_finding_about_two_aspects_stays_open_while_one_is(
    knowledge: Knowledge, policy: Policy
) -> None:
    quote = make_citation("one and the same sentence", 5)
    rows = {
        a: make_row(a, Status.PARTIAL, quote)
        for a in ("security.encryption", "security.access-control")
    }
    review = make_review(knowledge, rows)
    (finding,) = review.findings
    assert finding.also
    answers = _all_answers(knowledge, finding.aspect, "Eve")
    (item,) = decide(review, knowledge, policy, TODAY, answers=answers).items
    assert item.open
    assert item.aspect == finding.also[0]


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("id: p\nrework: {critical: 0}\n", 2, "rework.critical"),
        ("id: p\n\nrewrok: {critical: 1}\n", 3, "rewrok"),
        ("id: p\nconditions_from: awful\n", 2, "conditions_from"),
        ("id: p\nrequired:\n- security.encryption\n- no.such\n", 2, "no.such"),
        ("id: p\ntitle: [\n", 3, "YAML"),
        ("title: nameless\n", 1, "id"),
        ("- id: p\n", 1, "mapping"),
    ],
)
def test_a_bad_policy_is_one_line_with_its_place(
    knowledge: Knowledge, tmp_path: Path, text: str, line: int, what: str
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_policy(file, knowledge)
    message = str(caught.value)
    assert what in message
    assert f"policy.yaml:{line}" in message or what in ("no.such", "id")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("record", "what"),
    [
        ("{criterion: no.such.thing, answer: x, who: a}", "no.such.thing"),
        ("{answer: x, who: a}", "criterion"),
        ("{aspect: resources.cost, criterion: x, answer: x, who: a}", "either"),
        ("{aspect: resources.cost, answer: '', who: a}", "answer"),
        ("{aspect: resources.cost, answer: x}", "who"),
    ],
)
def test_a_bad_answer_is_refused_with_its_line(
    knowledge: Knowledge, tmp_path: Path, record: str, what: str
) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(f"answers:\n- {record}\n")
    with pytest.raises(InputError, match=what) as caught:
        load_answers(file, knowledge)
    assert "answers.yaml" in str(caught.value)


# --- pages -------------------------------------------------------------------------------------


def _hostile(knowledge: Knowledge, policy: Policy) -> tuple[Review, Outcome]:
    quote = make_citation("<script>alert(1)</script> | [x](http://evil) \x1b[31m")
    rows = {a: make_row(a, Status.PARTIAL, quote) for a in CRITICAL}
    review = make_review(knowledge, rows, title="# <img onerror=x>\n---\nstatus: accepted")
    return review, decide(review, knowledge, policy, TODAY)


@pytest.mark.parametrize("form", list(FORMS))
def test_a_hostile_document_stays_text_in_a_decision(
    knowledge: Knowledge, policy: Policy, form: str
) -> None:
    _, outcome = _hostile(knowledge, policy)
    page = FORMS[form](outcome)
    assert "\x1b" not in page
    if form == "md":
        assert "<script" not in page and "<img" not in page


def test_a_record_has_the_sections_of_madr_and_cites_the_design(
    knowledge: Knowledge, policy: Policy
) -> None:
    review, outcome = _hostile(knowledge, policy)
    page = adr(outcome, review, (), knowledge, by='Ann "x"\nstatus: accepted')
    head = page.split("---")[1]
    assert head.count("status:") == 2 and 'decision-makers: "Ann \\"x\\" status: accepted"' in head
    for section in (
        "## Context and Problem Statement",
        "## Considered Options",
        "## Decision Outcome",
        "### Consequences",
        "### Confirmation",
        "## More Information",
    ):
        assert page.count(f"{section}\n") == 1
    assert "<script" not in page and "<img" not in page
    assert "design.md:3" in page
