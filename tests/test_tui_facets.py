"""Filtering and sorting findings."""

from datetime import UTC, datetime

import pytest

from copilot.knowledge import Knowledge
from copilot.schema import Anchor, Decided, Decision, Standing, Status, Triage, TriageState
from copilot.tui.facets import Entry, Facets, chosen, stand
from tests.build import make_citation, make_review, make_row


@pytest.fixture
def entries(knowledge: Knowledge) -> list[Entry]:
    """Five findings; the first was dismissed, the second decided on and changed since."""
    rows = {
        "security.encryption": make_row("security.encryption", Status.MISSING),
        "resources.cost": make_row(
            "resources.cost", Status.PARTIAL, make_citation("cheap nodes", start=50)
        ),
        "risk.scalability": make_row(
            "risk.scalability", Status.PARTIAL, make_citation("some growth", start=10)
        ),
    }
    findings = make_review(knowledge, rows).findings
    assert len(findings) == 3
    triage = [Triage(fingerprint=f.fingerprint) for f in findings]
    triage[0] = _decided(findings[0].fingerprint, Standing.HOLDS)
    triage[1] = _decided(findings[1].fingerprint, Standing.CHANGED)
    return [Entry(f, t) for f, t in zip(findings, triage, strict=True)]


def _decided(fingerprint: str, standing: Standing) -> Triage:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    anchor = Anchor(fingerprint=fingerprint, kind="gap", aspect="x", severity="high", title="t")
    decision = Decision(state=TriageState.DISMISSED, reason="known", who="ada", at=now)
    decided = Decided(id="0" * 16, design="d", anchor=anchor, decision=decision, batch="b")
    return Triage(fingerprint=fingerprint, standing=standing, decided=decided)


def shown(entries: list[Entry], **facets: object) -> set[str]:
    return {e.finding.aspect for e in chosen(entries, Facets.model_validate(facets))}


def test_facets_are_alternatives_within_and_conditions_between(entries: list[Entry]) -> None:
    every = shown(entries)
    assert every == {"security.encryption", "resources.cost", "risk.scalability"}
    assert shown(entries, dimensions=("security",)) == {"security.encryption"}
    assert shown(entries, dimensions=("security", "risk")) == every - {"resources.cost"}
    assert shown(entries, dimensions=("security", "risk"), kinds=("weakness",)) == {
        "risk.scalability"
    }


def test_states_that_no_longer_hold_count_as_open(entries: list[Entry]) -> None:
    dismissed = entries[0].finding.aspect
    assert shown(entries, states=("dismissed",)) == {dismissed}
    assert shown(entries, states=("open",)) == shown(entries) - {dismissed}
    counted = stand(entries, 3)
    assert (counted.all, counted.open, counted.changed) == (3, 2, 1)


def test_search_wants_every_word_anywhere(entries: list[Entry]) -> None:
    assert shown(entries, text="NODES cheap") == {"resources.cost"}
    assert shown(entries, text="cheap secrets") == set()


def test_orders_and_their_reverse(entries: list[Entry]) -> None:
    by_line = chosen(entries, Facets(), "line")
    assert [e.finding.aspect for e in by_line[:2]] == ["risk.scalability", "resources.cost"]
    backwards = chosen(entries, Facets(), "severity", backwards=True)
    ranks = [e.finding.severity.rank for e in backwards]
    assert ranks == sorted(ranks, reverse=True)
