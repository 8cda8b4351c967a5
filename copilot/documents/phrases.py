"""Patterns of words, tried on a text only where it holds a word that their matches need.

Most sentences hold none, and to see that in a set of words is ten times faster than a search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"\w+")
_ODD = re.compile("[\u0130\u0131\u017f\u1c80-\u1c8a\u212a]")
"""Letters that a pattern which ignores case takes for others, and small letters do not."""


class Said(NamedTuple):
    """A text as it is searched for phrases."""

    text: str
    """In small letters, where that changes nothing."""
    small: bool
    words: frozenset[str]
    """In small letters."""


@lru_cache(maxsize=1_024)
def said(text: str) -> Said:
    """The text with its words; several patterns are tried on each sentence."""
    lower = text.lower()
    small = text.isascii() or not _ODD.search(text)
    return Said(lower if small else text, small, frozenset(_WORD.findall(lower)))


class Phrases:
    """A pattern in small letters that ignores case."""

    def __init__(self, pattern: str, needs: str) -> None:
        """Every match holds one of the words in `needs`, which blanks part.

        `word*` stands for every word that it is in; with no words at all the pattern is always
        tried.
        """
        self.pattern = pattern
        self._small = re.compile(pattern)
        self._any = re.compile(pattern, re.IGNORECASE)
        words = needs.split()
        self.needs = frozenset(word for word in words if not word.endswith("*"))
        self.parts = tuple(word[:-1] for word in words if word.endswith("*"))

    def search(self, text: Said) -> re.Match[str] | None:
        """The first match, whatever the words are."""
        return (self._small if text.small else self._any).search(text.text)

    def stand_in(self, text: Said) -> bool:
        """Whether there is a match."""
        return self._may_stand_in(text) and self.search(text) is not None

    def count(self, text: Said) -> int:
        """How many matches there are."""
        pattern = self._small if text.small else self._any
        return len(pattern.findall(text.text)) if self._may_stand_in(text) else 0

    def _may_stand_in(self, text: Said) -> bool:
        return (
            not (text.small and self.needs.isdisjoint(text.words))
            or any(part in text.text for part in self.parts)
            or not (self.needs or self.parts)
        )


class PhraseBook:
    """Many patterns, of which a text is tried with those that its words lead to."""

    def __init__(self, phrases: Sequence[Phrases]) -> None:
        self._all = range(len(phrases))
        self._led: dict[str, list[int]] = {}
        for number, each in enumerate(phrases):
            for word in each.needs:
                self._led.setdefault(word, []).append(number)
        self._parts = [(part, n) for n, each in enumerate(phrases) for part in each.parts]
        self._always = {n for n, each in enumerate(phrases) if not (each.needs or each.parts)}

    def may_stand_in(self, text: Said) -> Sequence[int]:
        """Numbers of the patterns that may have a match, in order."""
        if not text.small:
            return self._all
        numbers = self._always.union(*(self._led[w] for w in text.words if w in self._led))
        numbers.update(number for part, number in self._parts if part in text.text)
        return sorted(numbers)
