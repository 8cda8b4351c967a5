"""What changed from one review to another: findings resolved, open, new and regressed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Literal

from pydantic import AwareDatetime

from copilot.review.anchors import anchor_of, aspects_of, is_same, likeness
from copilot.review.score import LOST, score
from copilot.schema import Anchor, Finding, Record, Review, Severity, Share, Status


class Outcome(StrEnum):
    """What became of a finding."""

    REGRESSED = "regressed"
    """Its aspect got worse (addressed, partial, missing) or its severity rose."""
    NEW = "new"
    OPEN = "open"
    RESOLVED = "resolved"
    UNJUDGED = "unjudged"
    """The later review has no verdict on its aspect: neither open nor resolved."""


class Change(Record):
    """One finding in both reviews, or in one of them."""

    outcome: Outcome
    old: Finding | None
    new: Finding | None
    match: Literal["fingerprint", "text", "aspect", "none"]
    """How both were matched: same fingerprint; text that moved or was edited; same aspect only."""

    @property
    def finding(self) -> Finding:
        """The finding as it is now, or as it was when it is gone."""
        finding = self.new or self.old
        assert finding is not None
        return finding


class AspectChange(Record):
    """An aspect whose status is not what it was."""

    aspect: str
    dimension: str
    old: Status | None
    """None when the earlier review did not know the aspect."""
    new: Status

    @property
    def step(self) -> float:
        """Below 0 when the design got better, above 0 when worse, 0 when it can't be said."""
        return _step(self.old, self.new)


class Side(Record):
    """One of the two reviews, in brief."""

    path: str
    title: str
    digest: str
    created: AwareDatetime
    judge: str
    severities: dict[Severity, int]
    score: Share | None


class Comparison(Record):
    """Two reviews side by side."""

    old: Side
    new: Side
    changes: tuple[Change, ...]
    """Regressed first, then new, open, resolved, unjudged; most severe first within each."""
    aspects: tuple[AspectChange, ...]
    """In the order of the later review's rows."""
    notes: tuple[str, ...] = ()
    """What makes the two reviews hard to compare: another judge, other knowledge."""

    def of(self, *outcomes: Outcome) -> tuple[Change, ...]:
        """The changes with one of these outcomes."""
        return tuple(change for change in self.changes if change.outcome in outcomes)


def compare(old: Review, new: Review) -> Comparison:
    """What became of the findings and aspects of `old` in `new`.

    Findings are matched by fingerprint, then by quotes that moved or were lightly edited under the
    same aspect, then by aspect alone; an aspect that is still found wanting is open, not new.
    """
    before = {row.aspect: row.status for row in old.coverage}
    after = {row.aspect: row.status for row in new.coverage}
    pairs = _pairs(old.findings, new.findings)
    changes = [
        _change(finding, pairs.get(i), before, after) for i, finding in enumerate(new.findings)
    ]
    changes += _gone(old, new, {id(pair[0]) for pair in pairs.values()}, after)
    order = list(Outcome)
    changes.sort(key=lambda c: (order.index(c.outcome), c.finding.severity.rank))
    return Comparison(
        old=_side(old),
        new=_side(new),
        changes=tuple(changes),
        aspects=tuple(
            AspectChange(
                aspect=row.aspect,
                dimension=row.dimension,
                old=before.get(row.aspect),
                new=row.status,
            )
            for row in new.coverage
            if before.get(row.aspect) is not row.status
        ),
        notes=_notes(old, new),
    )


_Match = Literal["fingerprint", "text", "aspect"]

MOST = 500
"""Findings of a review whose texts are compared; more is no review of ours but an edited one."""
_MOST_PAIRS = 2_000
"""Pairs of findings whose texts are compared."""


def _pairs(old: tuple[Finding, ...], new: tuple[Finding, ...]) -> dict[int, tuple[Finding, _Match]]:
    """Index of a new finding -> the old one that it is; each old one at most once but by aspect."""
    pairs: dict[int, tuple[Finding, _Match]] = {}
    free = dict(enumerate(old))
    known: dict[str, list[int]] = {}
    for k in reversed(free):
        known.setdefault(free[k].fingerprint, []).append(k)
    for i, finding in enumerate(new):
        if same := known.get(finding.fingerprint):
            pairs[i] = (free.pop(same.pop()), "fingerprint")
    anchors = {i: anchor_of(f) for i, f in enumerate(new) if i not in pairs}
    was = {k: anchor_of(f) for k, f in islice(free.items(), MOST)}
    alike = [
        (-likeness(was[k], anchors[i]), i, k)
        for i, k in islice(_comparable(anchors, was), _MOST_PAIRS)
        if is_same(was[k], anchors[i])
    ]
    for _, i, k in sorted(alike):
        if i not in pairs and k in free:
            pairs[i] = (free.pop(k), "text")
    by_aspect = {a: f for f in reversed(old) for a in aspects_of(anchor_of(f)) if _is_verdict(f)}
    for i, anchor in anchors.items():
        if i not in pairs and _is_verdict(new[i]) and (earlier := _by_aspect(anchor, by_aspect)):
            pairs[i] = (earlier, "aspect")
    return pairs


def _comparable(new: Mapping[int, Anchor], old: Mapping[int, Anchor]) -> Iterator[tuple[int, int]]:
    """The pairs of a new and an old finding that may be one, by kind and aspects."""
    for i, anchor in islice(new.items(), MOST):
        aspects = aspects_of(anchor)
        for k, was in old.items():
            if was.kind == anchor.kind and not aspects.isdisjoint(aspects_of(was)):
                yield i, k


def _is_verdict(finding: Finding) -> bool:
    """True for a finding about an aspect's status; text aimed at the reviewer is none."""
    return finding.kind != "injection"


def _by_aspect(anchor: Anchor, by_aspect: dict[str, Finding]) -> Finding | None:
    return next((by_aspect[a] for a in (anchor.aspect, *anchor.also) if a in by_aspect), None)


def _change(
    new: Finding,
    pair: tuple[Finding, _Match] | None,
    before: dict[str, Status],
    after: dict[str, Status],
) -> Change:
    if _is_verdict(new) and any(
        _step(before.get(a), after.get(a)) > 0 for a in (new.aspect, *new.also)
    ):
        outcome = Outcome.REGRESSED
    elif pair is None:
        outcome = Outcome.NEW
    else:
        rose = new.severity.rank < pair[0].severity.rank
        outcome = Outcome.REGRESSED if rose else Outcome.OPEN
    return Change(
        outcome=outcome,
        old=pair[0] if pair else None,
        new=new,
        match=pair[1] if pair else "none",
    )


def _step(old: Status | None, new: Status | None) -> float:
    if old is None or new is None or old not in LOST or new not in LOST:
        return 0.0
    return LOST[new] - LOST[old]


def _gone(old: Review, new: Review, matched: set[int], after: dict[str, Status]) -> list[Change]:
    """The old findings that no new one is, but for those whose aspect another one speaks of now."""
    spoken = {a for f in new.findings if _is_verdict(f) for a in (f.aspect, *f.also)}
    gone = []
    for finding in old.findings:
        covered = _is_verdict(finding) and finding.aspect in spoken
        if id(finding) in matched or covered:
            continue
        unjudged = after.get(finding.aspect) in (Status.UNJUDGED, None) and _is_verdict(finding)
        outcome = Outcome.UNJUDGED if unjudged else Outcome.RESOLVED
        gone.append(Change(outcome=outcome, old=finding, new=None, match="none"))
    return gone


def _side(review: Review) -> Side:
    counts = Counter(finding.severity for finding in review.findings)
    return Side(
        path=review.document.path,
        title=review.document.title,
        digest=review.document.digest,
        created=datetime.fromisoformat(review.manifest.created),
        judge=review.manifest.judge,
        severities={severity: counts[severity] for severity in Severity},
        score=score(review),
    )


def _notes(old: Review, new: Review) -> tuple[str, ...]:
    notes = []
    if (old.manifest.judge, old.manifest.judge_digest) != (
        new.manifest.judge,
        new.manifest.judge_digest,
    ):
        notes.append(
            f"The judges differ ({old.manifest.judge}, {new.manifest.judge}, or their versions): "
            "a change may come from the judge instead of the design."
        )
    if old.manifest.knowledge_digest != new.manifest.knowledge_digest:
        notes.append("The knowledge differs: criteria may have changed between the reviews.")
    return tuple(notes)
