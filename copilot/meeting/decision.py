"""The decision on a design, computed from what is open by a policy.

Severities come from the knowledge's impact and likelihood, whatever a saved review says; what a
person decided about a finding counts, what a model wrote about it does not. An aspect that a
model calls addressed or not applicable counts as open where the offline judge was sure of the
opposite, or where no knowledge pack switched it off, until a person closes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from copilot.knowledge import Knowledge
from copilot.meeting.answers import Given
from copilot.meeting.policy import Policy
from copilot.review.doubts import contested
from copilot.review.findings import findings, fingerprint
from copilot.review.severity import aspect_severity
from copilot.schema import (
    Citation,
    Coverage,
    Criterion,
    Finding,
    Met,
    Record,
    Review,
    Severity,
    Standing,
    Status,
    Triage,
    TriageState,
)


class Posture(StrEnum):
    """What becomes of the design."""

    APPROVE = "approve"
    CONDITIONS = "approve with conditions"
    REWORK = "rework"


Kind = Literal["gap", "weakness", "injection", "doubt", "set aside", "unjudged"]


class Item(Record):
    """Something that may stand against approval, and where it stands."""

    fingerprint: str
    kind: Kind
    aspect: str
    title: str
    severity: Severity
    """Computed from the criteria that are still open."""
    state: TriageState
    open: bool
    """True when it counts against approval."""
    because: str
    """Why it counts, or why not."""
    fix: str
    roles: tuple[str, ...]
    owner: str = ""
    until: date | None = None
    reason: str = ""
    """Of the person who decided."""
    who: str = ""
    citations: tuple[Citation, ...] = ()
    answers: tuple[Given, ...] = ()
    """What the authors answered, accepted or not."""


class Condition(Record):
    """What must be done before the approval holds."""

    fingerprint: str
    aspect: str
    severity: Severity
    text: str
    owner: str
    """A person, or the role that has to name one."""
    named: bool
    """True when the owner is a person whom somebody named."""
    due: date
    citations: tuple[Citation, ...] = ()


class Outcome(Record):
    """The decision."""

    design: str
    title: str
    digest: str
    """Of the document's text."""
    posture: Posture
    because: tuple[str, ...]
    """The rules of the policy that led to it, the decisive one first."""
    policy: str
    decided_on: date
    items: tuple[Item, ...]
    """Most severe first."""
    conditions: tuple[Condition, ...]
    judge: str

    @property
    def accepted_risks(self) -> tuple[Item, ...]:
        """The risks that a person accepted and the policy lets stand."""
        return tuple(i for i in self.items if i.state is TriageState.RISK_ACCEPTED and not i.open)


def decide(
    review: Review,
    knowledge: Knowledge,
    policy: Policy,
    today: date,
    triage: Mapping[str, Triage] | None = None,
    answers: Sequence[Given] = (),
) -> Outcome:
    """The decision that the policy gives; `triage` is where each finding stands, by fingerprint."""
    items = sorted(
        _items(review, knowledge, policy, triage or {}, answers),
        key=lambda item: (item.severity.rank, not item.open),
    )
    posture, because = _posture(items, policy)
    conditions = [_condition(i, policy, today, knowledge) for i in items if _conditional(i, policy)]
    return Outcome(
        design=review.document.path,
        title=review.document.title,
        digest=review.document.digest,
        posture=posture,
        because=because,
        policy=policy.id,
        decided_on=today,
        items=tuple(items),
        conditions=tuple(conditions),
        judge=review.manifest.judge,
    )


# --- what is open ------------------------------------------------------------------------------


def _items(
    review: Review,
    knowledge: Knowledge,
    policy: Policy,
    triage: Mapping[str, Triage],
    answers: Sequence[Given],
) -> Iterator[Item]:
    rows = {row.aspect: row for row in review.coverage}
    aimed = tuple(f for f in review.findings if f.kind == "injection")
    # Computed again from the rows: what a file says about its findings' severity is not trusted.
    for finding in aimed:
        yield _triaged(_of_finding(finding), triage.get(finding.fingerprint), policy)
    for finding in findings(review.coverage, knowledge, "rule"):
        item = _found(finding, rows, knowledge, answers)
        yield _triaged(item, triage.get(finding.fingerprint), policy)
    for row in review.coverage:
        doubt = _doubt(row, knowledge)
        if doubt is not None:
            item = _answered(doubt, row, knowledge, answers)
            yield _triaged(item, triage.get(item.fingerprint), policy)


def _found(
    finding: Finding, rows: Mapping[str, Coverage], knowledge: Knowledge, answers: Sequence[Given]
) -> Item:
    """A finding after the answers; one about several aspects is open while one of them is."""
    parts = []
    for aspect in (finding.aspect, *finding.also):
        (alone,) = findings((rows[aspect],), knowledge, "rule")
        parts.append(_answered(_of_finding(alone), rows[aspect], knowledge, answers))
    worst = min(parts, key=lambda item: (not item.open, item.severity.rank))
    return worst.model_copy(update={"fingerprint": finding.fingerprint})


def _of_finding(finding: Finding) -> Item:
    return Item(
        fingerprint=finding.fingerprint,
        kind=finding.kind,
        aspect=finding.aspect,
        title=finding.title,
        severity=finding.severity,
        state=TriageState.OPEN,
        open=True,
        because="found by the review",
        fix=finding.fix,
        roles=finding.roles,
        citations=tuple(c for c in finding.citations if c.verified),
    )


def _doubt(row: Coverage, knowledge: Knowledge) -> Item | None:
    """An aspect that no finding speaks of and that all the same cannot count as approved."""
    aspect = knowledge.aspects[row.aspect]
    if row.status is Status.ADDRESSED and contested(row):
        kind: Kind = "doubt"
        title, because = "called addressed, in doubt", "the offline judge is sure of the opposite"
    elif row.status is Status.NOT_APPLICABLE and not aspect.disabled:
        kind = "set aside"
        title, because = "called not applicable", "the judge alone set it aside"
    elif row.status is Status.UNJUDGED:
        kind, title, because = "unjudged", "not judged", row.rationale
    else:
        return None
    severity, open_ = aspect_severity(aspect, Status.MISSING, {})
    return Item(
        fingerprint=fingerprint(row.aspect, "gap", ()),
        kind=kind,
        aspect=row.aspect,
        title=f"{aspect.title}: {title}",
        severity=severity,
        state=TriageState.OPEN,
        open=True,
        because=because,
        fix=open_[0].fix,
        roles=open_[0].roles,
        citations=tuple(c for c in row.citations if c.verified),
    )


def _answered(item: Item, row: Coverage, knowledge: Knowledge, answers: Sequence[Given]) -> Item:
    """The item after the answers that reviewers accepted: less severe, or closed."""
    aspect = knowledge.aspects[row.aspect]
    about = [g for g in answers if set(g.criteria(knowledge)) & {c.id for c in aspect.criteria}]
    accepted = {c for g in about if g.accepted_by for c in g.criteria(knowledge)}
    item = item.model_copy(update={"answers": tuple(about)})
    verdicts = {v.criterion: v.verdict for v in row.criteria} if item.kind in _FOUND else {}
    settled = accepted & {c.id for c in aspect.criteria if verdicts.get(c.id) is not Met.MET}
    if not settled:
        return item
    verdicts |= dict.fromkeys(settled, Met.MET)
    if all(verdicts.get(c.id) is Met.MET for c in aspect.criteria):
        return item.model_copy(update={"open": False, "because": _by(about, "answered")})
    outside = bool(row.outside)
    severity, left = aspect_severity(aspect, Status.PARTIAL, verdicts, outside=outside)
    return item.model_copy(update=_rest(severity, left, _by(about, "answered in part")))


_FOUND = ("gap", "weakness")
"""Kinds whose row tells which criteria are met; of the others nothing is taken for met."""


def _rest(severity: Severity, left: tuple[Criterion, ...], because: str) -> dict[str, object]:
    return {"severity": severity, "fix": left[0].fix, "roles": left[0].roles, "because": because}


def _by(about: Sequence[Given], what: str) -> str:
    names = dict.fromkeys(g.accepted_by for g in about if g.accepted_by)
    return f"{what}, accepted by {', '.join(filter(None, names))}"


_CLOSED = {
    TriageState.DISMISSED: "dismissed",
    TriageState.FALSE_POSITIVE: "not true of this design",
    TriageState.MITIGATED: "mitigated",
}


def _triaged(item: Item, triage: Triage | None, policy: Policy) -> Item:
    """The item after what a person decided about it, as far as that still holds."""
    if triage is None or triage.decided is None:
        return item
    decision = triage.decided.decision
    if triage.standing is not Standing.HOLDS:
        said = f"{decision.state.value} by {decision.who}, {triage.standing.value} since"
        return item.model_copy(update={"because": said})
    update: dict[str, object] = {
        "state": decision.state,
        "owner": decision.owner,
        "until": decision.until,
        "reason": decision.reason,
        "who": decision.who,
    }
    if decision.state in _CLOSED:
        update |= {"open": False, "because": f"{_CLOSED[decision.state]}, says {decision.who}"}
    elif decision.state is TriageState.RISK_ACCEPTED:
        update |= _risk(item, decision.owner, policy)
    elif decision.state is TriageState.ACCEPTED and item.open:
        update["because"] = f"accepted as true by {decision.who}, still to be done"
    return item.model_copy(update=update)


def _risk(item: Item, owner: str, policy: Policy) -> dict[str, object]:
    most = policy.accept_risk_up_to
    if item.severity.rank < most.rank:
        return {"because": f"the policy lets nobody accept a risk above {most.value}"}
    return {"open": False, "because": f"risk carried by {owner}"}


# --- what follows ------------------------------------------------------------------------------


def _posture(items: Sequence[Item], policy: Policy) -> tuple[Posture, tuple[str, ...]]:
    against = [item for item in items if item.open]
    rework = list(_reasons_for_rework(against, policy))
    if rework:
        return Posture.REWORK, tuple(rework)
    conditions = [item for item in against if _conditional(item, policy)]
    if conditions:
        return Posture.CONDITIONS, (f"{_plural(len(conditions), 'open point')} to be settled",)
    left = f"; {_plural(len(against), 'minor point')} open" if against else ""
    return Posture.APPROVE, (f"nothing at or above {policy.conditions_from.value} is open{left}",)


def _reasons_for_rework(against: Sequence[Item], policy: Policy) -> Iterator[str]:
    judged = [item for item in against if item.kind != "unjudged"]
    counts = Counter(item.severity for item in judged)
    for severity, most in sorted(policy.rework.items(), key=lambda entry: entry[0].rank):
        if counts[severity] >= most:
            yield (
                f"{_plural(counts[severity], f'{severity.value} finding')} open; "
                f"the policy sends back at {most}"
            )
    for item in against:
        if item.aspect in policy.required and item.kind in ("gap", "doubt", "set aside"):
            yield f"{item.aspect} is required and open"
    unjudged = len(against) - len(judged)
    if unjudged > policy.most_unjudged:
        yield (
            f"{_plural(unjudged, 'aspect')} without a verdict; "
            f"the policy decides with {policy.most_unjudged} at most"
        )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _conditional(item: Item, policy: Policy) -> bool:
    severe = item.severity.rank <= policy.conditions_from.rank
    return item.open and (severe or item.kind == "unjudged")


def _condition(item: Item, policy: Policy, today: date, knowledge: Knowledge) -> Condition:
    titles = {role.id: role.title for role in knowledge.roles}
    role = titles.get(item.roles[0], item.roles[0]) if item.roles else "Architect"
    due = item.until if item.state is TriageState.ACCEPTED else None
    return Condition(
        fingerprint=item.fingerprint,
        aspect=item.aspect,
        severity=item.severity,
        text="Have it judged." if item.kind == "unjudged" else item.fix,
        owner=item.owner or f"{role} (to be named)",
        named=bool(item.owner),
        due=due or today + timedelta(days=policy.days(item.severity)),
        citations=item.citations,
    )
