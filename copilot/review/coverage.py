"""From a judge's word to verified rows: quotes are checked, absence gets its proof."""

from __future__ import annotations

from collections.abc import Iterable

from copilot.judges.offline.cues import word_index
from copilot.judges.protocol import Evidence
from copilot.review.citations import Verifier
from copilot.review.scope import outside
from copilot.schema import (
    Aspect,
    Coverage,
    Dimension,
    Judgement,
    Nearest,
    Searched,
    Status,
)

NEAREST = 3
"""How many passages a proof of absence shows."""


def rows(
    dimension: Dimension,
    judgements: Iterable[Judgement],
    evidence: Evidence,
    verifier: Verifier,
) -> tuple[Coverage, ...]:
    """One row for each aspect of the dimension, in its order.

    An aspect that the judge left out is unjudged; of two judgements for one aspect the first
    counts.
    """
    by_aspect: dict[str, Judgement] = {}
    for judgement in judgements:
        by_aspect.setdefault(judgement.aspect, judgement)
    rows = (
        _row(dimension, aspect, by_aspect.get(aspect.id), evidence, verifier)
        for aspect in dimension.aspects
    )
    return _with_scope(tuple(rows), dimension, evidence)


def _with_scope(
    rows: tuple[Coverage, ...], dimension: Dimension, evidence: Evidence
) -> tuple[Coverage, ...]:
    """The rows, each missing one with why it may lie outside the document, if it may."""
    subjects = {aspect.id: aspect for aspect in dimension.aspects if aspect.subject}
    asked = [r for r in rows if r.status is Status.MISSING and r.aspect in subjects]
    if not asked:
        return rows
    words = word_index(evidence.document.text)
    why = {row.aspect: outside(subjects[row.aspect], evidence.document, words) for row in asked}
    return tuple(row.model_copy(update={"outside": why.get(row.aspect, "")}) for row in rows)


def unjudged(dimension: Dimension, reason: str) -> tuple[Coverage, ...]:
    """Rows for a dimension that could not be judged, or was not asked for, with the reason."""
    return tuple(_empty(dimension, aspect, Status.UNJUDGED, reason) for aspect in dimension.aspects)


def _empty(dimension: Dimension, aspect: Aspect, status: Status, reason: str) -> Coverage:
    return Coverage(
        aspect=aspect.id, dimension=dimension.id, status=status, confidence=0.0, rationale=reason
    )


def _row(
    dimension: Dimension,
    aspect: Aspect,
    judgement: Judgement | None,
    evidence: Evidence,
    verifier: Verifier,
) -> Coverage:
    if aspect.disabled:
        reason = "Switched off by the organisation's knowledge pack."
        return _empty(dimension, aspect, Status.NOT_APPLICABLE, reason)
    if judgement is None:
        return _empty(dimension, aspect, Status.UNJUDGED, "The judge gave no verdict on it.")
    citations = tuple(verifier.cite(quote) for quote in judgement.quotes)
    status, rationale = judgement.status, judgement.rationale
    if status in (Status.ADDRESSED, Status.PARTIAL) and not any(c.verified for c in citations):
        rationale = f"Judged {status.value}, but {_unfounded(len(citations))}. {rationale}"
        status = Status.UNJUDGED
    return Coverage(
        aspect=aspect.id,
        dimension=dimension.id,
        status=status,
        confidence=judgement.confidence,
        rationale=rationale,
        citations=citations,
        criteria=judgement.criteria,
        addressed=judgement.addressed,
        searched=_searched(aspect, evidence, judgement) if status is Status.MISSING else None,
    )


def _unfounded(quotes: int) -> str:
    if not quotes:
        return "without a quote from the document"
    return f"none of the {quotes} quotes given for it stands in the document"


def _searched(aspect: Aspect, evidence: Evidence, judgement: Judgement) -> Searched:
    passages = {passage.id: passage for passage in evidence.passages}
    nearest = []
    closest = evidence.hits.get(aspect.id, ())[:NEAREST]
    for hit in sorted(closest, key=lambda hit: -hit.similarity):
        passage = passages[hit.passage]
        nearest.append(
            Nearest(
                passage=passage.id,
                file=passage.file,
                line_start=passage.line_start,
                line_end=passage.line_end,
                heading=passage.heading,
                score=round(hit.score, 4),
                similarity=round(hit.similarity, 4),
            )
        )
    share = evidence.share_read if judgement.share_read is None else judgement.share_read
    return Searched(queries=aspect.queries, nearest=tuple(nearest), share_read=share)
