"""Where the findings of a design stand, as `archreview triage list` shows them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from copilot.errors import InputError
from copilot.reports.decided import rose, signed
from copilot.reports.safe import one_line
from copilot.schema import Decided, Finding, Review, Standing, Triage, TriageState
from copilot.store import Store

SHORTEST = 4
"""Digits that a fingerprint may be cut short to."""
_REASON = 120


@dataclass(frozen=True)
class Standings:
    """The findings of a design's last review, with what was decided."""

    design: str
    created: str
    findings: tuple[tuple[Finding, Triage], ...]
    left_over: tuple[Decided, ...]
    """Decisions about what is no longer found."""
    all_states: Counter[TriageState]
    """How many findings are in each state, shown or not."""


def standings(store: Store, design: str, states: set[TriageState]) -> Standings:
    """Where the findings of the last review stand; only those in `states` unless it is empty."""
    review = latest(store, design)
    triage = store.triage.of(design, review)
    pairs = [(finding, triage[finding.fingerprint]) for finding in review.findings]
    return Standings(
        design=design,
        created=review.manifest.created,
        findings=tuple(pair for pair in pairs if not states or pair[1].state in states),
        left_over=() if states else store.triage.left_over(design, review),
        all_states=Counter(triage.state for _, triage in pairs),
    )


def latest(store: Store, design: str) -> Review:
    """The last review of a design; raises InputError without one."""
    review = store.reviews.latest(design)
    if review is None:
        raise InputError(
            "has no review in this workspace",
            where=design,
            todo="run `archreview review` on it first",
        )
    return review


def find(store: Store, design: str, prefixes: Sequence[str]) -> list[Finding]:
    """The findings of the last review that the prefixes name; raises InputError for others."""
    findings = latest(store, design).findings
    return list({f.fingerprint: f for p in prefixes for f in [_find(findings, design, p)]}.values())


def _find(findings: Sequence[Finding], design: str, prefix: str) -> Finding:
    wanted = prefix.lower()
    found = [finding for finding in findings if finding.fingerprint.startswith(wanted)]
    if len(wanted) < SHORTEST:
        what = f"{prefix!r} is too short for a fingerprint"
        raise InputError(what, where=design, todo=f"give {SHORTEST} digits or more")
    if not found:
        what = f"its last review has no finding {prefix!r}"
        raise InputError(what, where=design, todo="see `archreview triage list`")
    if len(found) > 1:
        names = ", ".join(finding.fingerprint for finding in found)
        raise InputError(f"{prefix!r} may be {names}", where=design, todo="give more digits")
    return found[0]


def lines(found: Standings) -> Iterator[str]:
    """The list for a terminal."""
    total = sum(found.all_states.values())
    counts = [f"{n} {s.value}" for s in TriageState if (n := found.all_states[s])]
    yield f"{one_line(found.design)}: {total} findings, {', '.join(counts) or 'none open'}"
    for finding, triage in found.findings:
        yield (
            f"  {finding.fingerprint}  {triage.state.value:<14} {finding.severity.value:<8} "
            f"{one_line(finding.title)}"
        )
        if triage.decided is not None:
            yield f"      {_said(triage.standing, triage.decided)}{rose(finding, triage.decided)}"
    for decided in found.left_over:
        yield (
            f"  {decided.anchor.fingerprint}  no longer found           "
            f"{one_line(decided.anchor.title)}"
        )
        yield f"      {_said(Standing.HOLDS, decided)}"


def _said(standing: Standing, decided: Decided) -> str:
    decision = decided.decision
    said = {
        Standing.CHANGED: f"changed since it was {decision.state.value}: ",
        Standing.EXPIRED: f"{decision.state.value} has expired: ",
    }.get(standing, "")
    reason = f" · {one_line(decision.reason, _REASON)}" if decision.reason else ""
    return f"{said}{signed(decision)}{reason}"


def render_json(found: Sequence[Standings]) -> str:
    """The lists as a JSON array."""
    return json.dumps([_record(each) for each in found], indent=2, ensure_ascii=False)


def _record(found: Standings) -> dict[str, object]:
    return {
        "design": found.design,
        "reviewed": found.created,
        "findings": [
            {
                "fingerprint": finding.fingerprint,
                "aspect": finding.aspect,
                "severity": finding.severity.value,
                "title": finding.title,
                "state": triage.state.value,
                "standing": triage.standing.value,
                "decision": triage.decided.decision.model_dump(mode="json")
                if triage.decided
                else None,
            }
            for finding, triage in found.findings
        ],
        "no_longer_found": [
            {
                "fingerprint": decided.anchor.fingerprint,
                "aspect": decided.anchor.aspect,
                "title": decided.anchor.title,
                "decision": decided.decision.model_dump(mode="json"),
            }
            for decided in found.left_over
        ],
    }
