"""Whether single criteria of an aspect are met, as far as cue phrases can tell.

A criterion has support where one of its cues stands in a sentence that is no hedge, close to
the aspect's evidence; its verdict is `met` there, `unclear` where the cue stands only in a hedge
or far from the evidence, and `unmet` where the document does not hold it at all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from copilot.judges.offline.cues import HEDGE, WordIndex
from copilot.schema import Aspect, Criterion, CriterionVerdict, Met, Status

NEAR = 1_200
"""Characters around the evidence within which a cue counts as part of the same matter."""

Span = tuple[int, int]


def criterion_verdicts(
    aspect: Aspect,
    status: Status,
    evidence: Sequence[Span],
    text: str,
    sentences: Sequence[Span],
    words: WordIndex,
) -> tuple[CriterionVerdict, ...]:
    """One verdict for each criterion of the aspect; all unmet where the aspect is missing."""
    if status is Status.MISSING:
        verdicts = [Met.UNMET for _ in aspect.criteria]
    else:
        verdicts = [_verdict(c, evidence, text, sentences, words) for c in aspect.criteria]
    return tuple(
        CriterionVerdict(criterion=criterion.id, verdict=verdict)
        for criterion, verdict in zip(aspect.criteria, verdicts, strict=True)
    )


def _verdict(
    criterion: Criterion,
    evidence: Sequence[Span],
    text: str,
    sentences: Sequence[Span],
    words: WordIndex,
) -> Met:
    best = Met.UNMET
    for start, end in words.find_any(criterion.cues):
        best = Met.UNCLEAR
        sentence = _around(start, end, sentences)
        near = any(start <= e_end + NEAR and end >= e_start - NEAR for e_start, e_end in evidence)
        if near and not HEDGE.search(text, *sentence):
            return Met.MET
    return best


def _around(start: int, end: int, sentences: Sequence[Span]) -> Span:
    """The sentence that holds the span; the span itself where none does."""
    at = bisect_right(sentences, (start, end)) - 1
    if at >= 0 and sentences[at][0] <= start and end <= sentences[at][1]:
        return sentences[at]
    return start, end
