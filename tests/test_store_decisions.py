"""Decisions about findings: what can be decided, what survives an edit, what is undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from build import make_citation, make_review, make_row
from pydantic import ValidationError

from copilot.knowledge import Knowledge
from copilot.schema import Citation, Decision, Finding, Review, Standing, Status, TriageState
from copilot.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DESIGN = "design.md"
BACKUP = "Backups of the feature store are written to a second region every night by a job"
ASPECT = "security.encryption"


def decide(state: str, **fields: object) -> Decision:
    """A decision of Ann."""
    values: dict[str, object] = {"state": state, "who": "Ann", "at": NOW}
    return Decision.model_validate(values | fields)


def partly(knowledge: Knowledge, *quotes: str) -> Review:
    """A review in which one aspect is partial, with these quotes."""
    citations: list[Citation] = [make_citation(quote) for quote in quotes]
    return make_review(knowledge, {ASPECT: make_row(ASPECT, Status.PARTIAL, *citations)})


def missing(knowledge: Knowledge, *aspects: str) -> Review:
    return make_review(knowledge, {a: make_row(a, Status.MISSING) for a in aspects})


def only(review: Review) -> Finding:
    (finding,) = review.findings
    return finding


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "work") as store:
        yield store


@pytest.mark.parametrize(
    ("state", "fields", "wrong"),
    [
        ("dismissed", {}, "needs reason"),
        ("dismissed", {"reason": "  "}, "needs reason"),
        ("risk_accepted", {"owner": "Bo"}, "needs until"),
        ("risk_accepted", {"until": "2026-06-01"}, "needs owner"),
        ("risk_accepted", {"owner": "Bo", "until": "2026-02-01"}, "before the decision"),
        ("false_positive", {"owner": "Bo"}, "neither owner nor until"),
        ("accepted", {"who": " "}, "who"),
        ("accepted", {"at": "2026-03-01T12:00:00"}, "timezone"),
        ("ignored", {}, "state"),
    ],
)
def test_a_wrong_decision_cannot_be_built(
    state: str, fields: dict[str, object], wrong: str
) -> None:
    with pytest.raises(ValidationError, match=wrong):
        decide(state, **fields)


def test_a_decision_holds_for_the_next_review_of_the_same_text(
    store: Store, knowledge: Knowledge
) -> None:
    review = partly(knowledge, BACKUP)
    store.triage.decide(DESIGN, only(review), decide("dismissed", reason="covered elsewhere"))
    triage = store.triage.of(DESIGN, partly(knowledge, BACKUP.replace(" ", "\n", 1)))
    (found,) = triage.values()
    assert (found.standing, found.state) == (Standing.HOLDS, TriageState.DISMISSED)
    assert found.decided and found.decided.decision.reason == "covered elsewhere"


@pytest.mark.parametrize(
    ("now", "text", "standing"),
    [
        (BACKUP.replace("every night", "each night"), None, Standing.HOLDS),
        ("As agreed, " + BACKUP + " of the platform team", None, Standing.HOLDS),
        (BACKUP.replace("are written", "are not written"), None, Standing.CHANGED),
        (BACKUP.replace("second", "2nd"), None, Standing.CHANGED),
        ("Volumes use the default key of the cloud provider", None, Standing.CHANGED),
        ("Volumes use the default key", f"# D\n\n{BACKUP}.\n\nVolumes use", Standing.HOLDS),
        ("Volumes use the default key", "# D\n\nVolumes use the default key", Standing.CHANGED),
    ],
)
def test_a_decision_holds_while_its_text_is_there_and_is_changed_when_it_is_not(
    store: Store, knowledge: Knowledge, now: str, text: str | None, standing: Standing
) -> None:
    first = only(partly(knowledge, BACKUP))
    store.triage.decide(DESIGN, first, decide("false_positive"))
    review = partly(knowledge, now)
    assert only(review).fingerprint != first.fingerprint
    found = store.triage.of(DESIGN, review, text=text)[only(review).fingerprint]
    assert found.standing is standing
    assert found.decided is not None
    assert found.state is (
        TriageState.FALSE_POSITIVE if standing is Standing.HOLDS else TriageState.OPEN
    )


def test_a_gap_that_was_dismissed_is_changed_once_something_speaks_to_it(
    store: Store, knowledge: Knowledge
) -> None:
    gap = missing(knowledge, ASPECT)
    store.triage.decide(DESIGN, only(gap), decide("dismissed", reason="out of scope"))
    assert store.triage.of(DESIGN, gap)[only(gap).fingerprint].standing is Standing.HOLDS
    review = partly(knowledge, BACKUP)
    assert store.triage.of(DESIGN, review)[only(review).fingerprint].standing is Standing.CHANGED
    resolved = make_review(knowledge, {})
    assert store.triage.of(DESIGN, resolved) == {}
    assert [d.anchor.aspect for d in store.triage.left_over(DESIGN, resolved)] == [ASPECT]


def test_an_accepted_risk_is_open_again_after_its_date(store: Store, knowledge: Knowledge) -> None:
    review = missing(knowledge, ASPECT)
    risk = decide("risk_accepted", owner="Bo", until="2026-06-01")
    store.triage.decide(DESIGN, only(review), risk)
    on = store.triage.of(DESIGN, review, today=date(2026, 6, 1))[only(review).fingerprint]
    after = store.triage.of(DESIGN, review, today=date(2026, 6, 2))[only(review).fingerprint]
    assert (on.standing, on.state) == (Standing.HOLDS, TriageState.RISK_ACCEPTED)
    assert (after.standing, after.state) == (Standing.EXPIRED, TriageState.OPEN)


def test_decisions_made_in_one_stroke_are_undone_in_one_and_the_earlier_ones_count_again(
    store: Store, knowledge: Knowledge
) -> None:
    review = missing(knowledge, ASPECT, "security.audit", "security.access-control")
    store.triage.decide(DESIGN, review.findings[0], decide("accepted"))
    store.triage.decide(DESIGN, review.findings, decide("mitigated"))
    assert {t.state for t in store.triage.of(DESIGN, review).values()} == {TriageState.MITIGATED}
    assert len(store.triage.undo(DESIGN)) == 3
    states = [store.triage.of(DESIGN, review)[f.fingerprint].state for f in review.findings]
    assert states == [TriageState.ACCEPTED, TriageState.OPEN, TriageState.OPEN]
    assert len(store.triage.undo(DESIGN)) == 1
    assert store.triage.undo(DESIGN) == ()
    history = store.triage.history(DESIGN, review.findings[0])
    assert [d.decision.state.value for d in history] == ["accepted", "mitigated"]
    assert all(d.undone for d in history)


def test_the_history_of_a_finding_goes_back_beyond_edits_of_its_text(
    store: Store, knowledge: Knowledge
) -> None:
    old, new = partly(knowledge, BACKUP), partly(knowledge, BACKUP.replace("night", "evening"))
    store.triage.decide(DESIGN, only(old), decide("accepted"))
    store.triage.decide(DESIGN, only(new), decide("mitigated", owner="Bo"))
    history = store.triage.history(DESIGN, only(new))
    assert [d.decision.state.value for d in history] == ["accepted", "mitigated"]
    # Taking the edit back does not bring the earlier decision back.
    assert store.triage.of(DESIGN, old)[only(old).fingerprint].state is TriageState.MITIGATED


def test_decisions_about_one_design_say_nothing_of_another(
    store: Store, knowledge: Knowledge
) -> None:
    review = missing(knowledge, ASPECT)
    store.triage.decide(DESIGN, only(review), decide("accepted"))
    other = store.triage.of("other.md", review)[only(review).fingerprint]
    assert other.standing is Standing.UNDECIDED
    assert store.triage.undo("other.md") == ()
