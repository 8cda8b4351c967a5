"""Filling the gaps of a review with a later one of the same document."""

from __future__ import annotations

from copilot.knowledge import Knowledge
from copilot.review.findings import findings, strengths
from copilot.review.questions import questions
from copilot.schema import Coverage, Finding, Review, Spending, Status, Usage


def unjudged_dimensions(review: Review, knowledge: Knowledge) -> tuple[str, ...]:
    """Dimensions, in report order, with an aspect that has no verdict."""
    open_ones = {row.dimension for row in review.coverage if row.status is Status.UNJUDGED}
    return tuple(d.id for d in knowledge.dimensions if d.id in open_ones)


def may_fill(first: Review, later: Review, knowledge: Knowledge) -> bool:
    """True when `later` is about some dimensions alone, and about the text that `first` read."""
    some = len(later.manifest.dimensions) < len(knowledge.dimensions)
    return some and first.document.digest == later.document.digest and _same_rows(first, later)


def filled(first: Review, later: Review, knowledge: Knowledge) -> Review:
    """`first` with the rows of `later` where it had no verdict; what was judged stays.

    Findings, strengths and questions follow from the rows. Both must be reviews of one text with
    the same knowledge (`may_fill`).
    """
    by_aspect = {row.aspect: row for row in later.coverage}
    coverage = tuple(
        by_aspect[row.aspect] if row.status is Status.UNJUDGED else row for row in first.coverage
    )
    found = findings(coverage, knowledge, "offline" if _offline(later) else "model")
    found = tuple(_origin_kept(finding, first) for finding in found)
    aimed = tuple(finding for finding in first.findings if finding.kind == "injection")
    return first.model_copy(
        update={
            "coverage": coverage,
            "findings": tuple(sorted((*aimed, *found), key=lambda each: each.severity.rank)),
            "strengths": strengths(coverage, knowledge),
            "questions": questions(found, coverage, knowledge),
            "usage": both(first.usage, later.usage),
            "manifest": later.manifest.model_copy(
                update={"dimensions": _asked(coverage, first, later)}
            ),
            "notes": tuple(dict.fromkeys((*first.notes, *later.notes))),
        }
    )


def _same_rows(first: Review, later: Review) -> bool:
    return [row.aspect for row in first.coverage] == [row.aspect for row in later.coverage]


def _offline(review: Review) -> bool:
    return review.manifest.judge == "offline"


def _origin_kept(finding: Finding, first: Review) -> Finding:
    """A finding that was there before keeps who found it."""
    before = next((f for f in first.findings if f.fingerprint == finding.fingerprint), None)
    return finding if before is None else finding.model_copy(update={"origin": before.origin})


def _asked(coverage: tuple[Coverage, ...], *reviews: Review) -> tuple[str, ...]:
    """The dimensions that one of the reviews was asked for, in report order."""
    asked = {dimension for review in reviews for dimension in review.manifest.dimensions}
    return tuple(dict.fromkeys(row.dimension for row in coverage if row.dimension in asked))


def both(first: Usage, later: Usage) -> Usage:
    """What both reviews took; the cost is known when both are."""
    costs = (first.cost_usd, later.cost_usd)
    known = [cost for cost in costs if cost is not None]
    spent: tuple[Spending, ...] = (*first.by_dimension, *later.by_dimension)
    return Usage(
        seconds=round(first.seconds + later.seconds, 3),
        passages=later.passages,
        embedded=first.embedded + later.embedded,
        calls=first.calls + later.calls,
        prompt_tokens=first.prompt_tokens + later.prompt_tokens,
        cached_tokens=first.cached_tokens + later.cached_tokens,
        completion_tokens=first.completion_tokens + later.completion_tokens,
        written_tokens=first.written_tokens + later.written_tokens,
        cost_usd=sum(known) if len(known) == len(costs) else None,
        by_dimension=spent,
    )
