"""What people decided about findings, in the words of the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from copilot.reports.safe import one_line
from copilot.review.triage import SETTLED
from copilot.schema import Decided, Decision, Finding, Review, Standing, Triage, TriageState

Triaged = Mapping[str, Triage]
"""Fingerprint -> where the finding stands."""

UNDECIDED: Triaged = MappingProxyType({})
"""Nobody has decided anything, or nobody was asked."""


def decided_about(finding: Finding, triaged: Triaged) -> Triage | None:
    """Where a finding stands that was decided on, whether the decision still holds or not."""
    triage = triaged.get(finding.fingerprint)
    return triage if triage is not None and triage.decided is not None else None


def is_settled(finding: Finding, triaged: Triaged) -> bool:
    """True for a finding that nobody waits for any longer."""
    triage = decided_about(finding, triaged)
    return triage is not None and triage.state in SETTLED


def state_counts(review: Review, triaged: Triaged) -> dict[str, int]:
    """Name of each state -> how many findings are in it; empty where nothing was decided on."""
    if not any(decided_about(finding, triaged) for finding in review.findings):
        return {}
    found = Counter(
        triaged[f.fingerprint].state if f.fingerprint in triaged else TriageState.OPEN
        for f in review.findings
    )
    return {name_of(state): found[state] for state in TriageState if found[state]}


def name_of(state: TriageState) -> str:
    """The state in words."""
    return state.value.replace("_", " ")


def verdict(finding: Finding, triage: Triage) -> str:
    """What was decided, and why it counts no longer where it does not."""
    assert triage.decided is not None
    state = name_of(triage.decided.decision.state)
    said = {
        Standing.CHANGED: f"open again, changed since it was {state}",
        Standing.EXPIRED: f"open again, {state} has expired",
    }.get(triage.standing, state)
    return f"{said}{rose(finding, triage.decided)}"


def rose(finding: Finding, decided: Decided) -> str:
    """Says so when the finding is more severe now than it was when it was decided on."""
    was = decided.anchor.severity
    return f" · severity was {was.value} then" if finding.severity.rank < was.rank else ""


def signed(decision: Decision) -> str:
    """Who decided when, who sees to it, and until when, on one line."""
    parts = [f"{one_line(decision.who)}, {decision.at:%Y-%m-%d}"]
    parts += [f"owner {one_line(decision.owner)}"] if decision.owner else []
    parts += [f"until {decision.until}"] if decision.until else []
    return " · ".join(parts)
