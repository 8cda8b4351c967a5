"""Knowing a finding again after its document was edited: by fingerprint, then by its quotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from copilot.documents.quotes import plain
from copilot.schema import Anchor, Finding

LIKENESS = 0.6
"""Share of words in common order from which two quotes are one text, lightly edited."""
_WORDS = 80
"""Words of a quote that are compared, and ..."""
_QUOTES = 6
"""... quotes of a finding: both bound the work on a hostile review."""
_INSIDE = 6
"""Fewest words of a quote that is known again inside a longer one."""
_NEGATIONS = frozenset({"no", "not", "never", "none", "without", "cannot", "nor"})


def anchor_of(finding: Finding) -> Anchor:
    """What the finding rests on."""
    return Anchor(
        fingerprint=finding.fingerprint,
        kind=finding.kind,
        aspect=finding.aspect,
        also=finding.also,
        severity=finding.severity,
        title=finding.title,
        quotes=tuple(citation.quote for citation in finding.citations if citation.verified),
    )


def aspects_of(anchor: Anchor) -> frozenset[str]:
    """The aspects that the finding speaks of."""
    return frozenset((anchor.aspect, *anchor.also))


def likeness(old: Anchor, new: Anchor) -> float:
    """How much the most alike two of their quotes have in common, 0..1; 0 where one has none."""
    return max((_likeness(first, second) for first, second in _pairs(old, new)), default=0.0)


def is_same(old: Anchor, new: Anchor) -> bool:
    """True when both are one finding: the same gap, or text that moved or was lightly edited.

    An edit that changes a number or a negation is not light.
    """
    if old.fingerprint == new.fingerprint:
        return True
    if old.kind != new.kind or not aspects_of(old) & aspects_of(new):
        return False
    if old.kind == "gap":
        return True
    return any(
        _likeness(first, second) >= LIKENESS and _weight(first.words) == _weight(second.words)
        for first, second in _pairs(old, new)
    )


@dataclass(frozen=True)
class _Quote:
    """A quote as it is compared."""

    words: tuple[str, ...]
    bag: Counter[str]


@lru_cache(maxsize=8192)
def _quote(text: str) -> _Quote:
    words = tuple(plain(text).split()[:_WORDS])
    return _Quote(words, Counter(words))


def _pairs(old: Anchor, new: Anchor) -> Iterator[tuple[_Quote, _Quote]]:
    """Each quote of one with each of the other."""
    for first in old.quotes[:_QUOTES]:
        for second in new.quotes[:_QUOTES]:
            yield _quote(first[: _WORDS * 20]), _quote(second[: _WORDS * 20])


def _likeness(first: _Quote, second: _Quote) -> float:
    shorter, both = min(len(first.words), len(second.words)), len(first.words) + len(second.words)
    common = (first.bag & second.bag).total()  # in any order: no less than in common order
    if not shorter or (common < shorter and 2 * common < LIKENESS * both):
        return 0.0
    matcher = SequenceMatcher(None, first.words, second.words, autojunk=False)
    if shorter >= _INSIDE and matcher.find_longest_match().size == shorter:
        return 1.0
    return matcher.ratio()


def _weight(words: tuple[str, ...]) -> Counter[str]:
    """The words whose change turns the meaning of a sentence: numbers and negations."""
    bare = (word.strip(".,;:!?()[]\"'*_`") for word in words)
    return Counter(
        word
        for word in bare
        if word in _NEGATIONS or word.endswith("n't") or any(c.isdigit() for c in word)
    )
