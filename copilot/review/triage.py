"""Which decisions still hold for the findings of a review, and which were about something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache

from copilot.documents.quotes import plain
from copilot.review.anchors import anchor_of, aspects_of, is_same
from copilot.schema import Anchor, Decided, Review, Standing, Triage, TriageState

SETTLED = (
    TriageState.DISMISSED,
    TriageState.FALSE_POSITIVE,
    TriageState.MITIGATED,
    TriageState.RISK_ACCEPTED,
)
"""States whose findings nobody waits for; an accepted finding is still to be mended."""


def standing(
    review: Review, decided: Sequence[Decided], today: date, text: str | None = None
) -> dict[str, Triage]:
    """Fingerprint -> where the finding stands, for every finding of the review.

    `decided`: decisions about the design, oldest first; undone ones are passed over. A decision
    holds for the finding it was made about and for one with the same gap or the same text, moved
    or lightly edited. With the document's `text` it also holds while its own quote stands there,
    whatever sentence the finding cites now. Otherwise it comes back as changed.
    """
    exact = {finding.fingerprint for finding in review.findings}
    near = _by_aspect(decided)
    folded = plain(text) if text is not None and decided else ""
    stands = cache(lambda quote: bool(folded) and plain(quote) in folded)
    found = {}
    for finding in review.findings:
        anchor = anchor_of(finding)
        known = _candidates(near, anchor, exact)
        last = next((d for d in known if _holds(d.anchor, anchor, stands)), None)
        found[finding.fingerprint] = _triage(anchor, last, known, today)
    return found


def left_over(review: Review, decided: Iterable[Decided]) -> tuple[Decided, ...]:
    """Decisions about findings that the review no longer has under any aspect, oldest first."""
    anchors = [anchor_of(finding) for finding in review.findings]
    return tuple(
        d
        for d in decided
        if d.undone is None and not any(_related(d.anchor, anchor) for anchor in anchors)
    )


def _by_aspect(decided: Iterable[Decided]) -> dict[str, list[tuple[int, Decided]]]:
    """Aspect -> decisions that are not undone, each with its place in the order."""
    found: dict[str, list[tuple[int, Decided]]] = {}
    for place, each in enumerate(decided):
        for aspect in aspects_of(each.anchor) if each.undone is None else ():
            found.setdefault(aspect, []).append((place, each))
    return found


def _candidates(
    near: dict[str, list[tuple[int, Decided]]], anchor: Anchor, exact: set[str]
) -> list[Decided]:
    """Decisions that may be about this finding, latest first; not those about another one."""
    found = {
        place: d
        for aspect in aspects_of(anchor)
        for place, d in near.get(aspect, ())
        if d.anchor.fingerprint == anchor.fingerprint
        or (d.anchor.fingerprint not in exact and _related(d.anchor, anchor))
    }
    return [found[place] for place in sorted(found, reverse=True)]


def _related(old: Anchor, new: Anchor) -> bool:
    """True when both speak of one aspect; text aimed at the reviewer is a matter of its own."""
    aimed = "injection" in (old.kind, new.kind)
    return bool(aspects_of(old) & aspects_of(new)) and (not aimed or old.kind == new.kind)


def _holds(old: Anchor, new: Anchor, stands: Callable[[str], bool]) -> bool:
    """True for the same finding, or while the text of the decided one stands in the document."""
    return is_same(old, new) or (old.kind == new.kind and any(map(stands, old.quotes[:1])))


def _triage(anchor: Anchor, last: Decided | None, known: list[Decided], today: date) -> Triage:
    if last is not None:
        return Triage(
            fingerprint=anchor.fingerprint,
            standing=Standing.EXPIRED if _expired(last, today) else Standing.HOLDS,
            decided=last,
        )
    if known:
        return Triage(fingerprint=anchor.fingerprint, standing=Standing.CHANGED, decided=known[0])
    return Triage(fingerprint=anchor.fingerprint)


def _expired(decided: Decided, today: date) -> bool:
    decision = decided.decision
    risk = decision.state is TriageState.RISK_ACCEPTED
    return risk and decision.until is not None and decision.until < today
