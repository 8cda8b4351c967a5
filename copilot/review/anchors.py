"""Knowing a finding again after its document was edited: by fingerprint, then by its quotes."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher

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
    pairs = (
        (first, second)
        for first in map(_words, old.quotes[:_QUOTES])
        for second in map(_words, new.quotes[:_QUOTES])
    )
    return max((_likeness(first, second) for first, second in pairs), default=0.0)


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
        _likeness(first, second) >= LIKENESS and _weight(first) == _weight(second)
        for first in map(_words, old.quotes[:_QUOTES])
        for second in map(_words, new.quotes[:_QUOTES])
    )


def stands_in(anchor: Anchor, text: str) -> bool:
    """True when the anchor's first quote stands in the text, which `plain` has folded."""
    return bool(anchor.quotes) and plain(anchor.quotes[0]) in text


def _words(quote: str) -> tuple[str, ...]:
    return tuple(plain(quote[: _WORDS * 20]).split()[:_WORDS])


def _likeness(first: tuple[str, ...], second: tuple[str, ...]) -> float:
    shorter = min(len(first), len(second))
    if not shorter:
        return 0.0
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if shorter >= _INSIDE:
        longest = matcher.find_longest_match()
        if longest.size == shorter:
            return 1.0
    return matcher.ratio() if matcher.quick_ratio() >= LIKENESS else 0.0


def _weight(words: tuple[str, ...]) -> Counter[str]:
    """The words whose change turns the meaning of a sentence: numbers and negations."""
    bare = (word.strip(".,;:!?()[]\"'*_`") for word in words)
    return Counter(
        word
        for word in bare
        if word in _NEGATIONS or word.endswith("n't") or any(c.isdigit() for c in word)
    )
