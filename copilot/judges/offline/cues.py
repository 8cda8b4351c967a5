"""Cue phrases: finding them in a text, and telling whether they are meant."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

HEDGE = re.compile(
    r"\b(?:tbd|tbc|todo|fixme|future (?:work|release|version|iteration)s?|later phase|"
    r"not (?:yet )?(?:supported|implemented|decided|defined|planned|addressed|covered|included)|"
    r"(?:to be|still) (?:determined|decided|defined|discussed|confirmed|done)|"
    r"(?:will|should|could|may|might|can) (?:be )?(?:consider|explor|evaluat|investigat|look)\w*|"
    r"open (?:question|issue|point)s?|out[- ]of[- ]scope|non[- ]?goals?|not in scope|"
    r"no plans?|nice to have|if needed|eventually|ideally|hopefully|wish ?list|stretch goal)\b",
    re.IGNORECASE,
)
"""Words that turn a statement into a promise, a wish or a disclaimer."""


class WordIndex:
    """The words of a text with their offsets, so that many phrases are found in one reading."""

    def __init__(self, text: str) -> None:
        self._spans = [match.span() for match in _WORD.finditer(text)]
        self._words = [text[start:end].casefold() for start, end in self._spans]
        self._at: dict[str, list[int]] = {}
        for position, word in enumerate(self._words):
            self._at.setdefault(word, []).append(position)
        self._vocabulary = sorted(self._at)

    def find(self, cue: str) -> list[tuple[int, int]]:
        """Offsets of every place where the cue stands; `*` at a word's end matches any ending."""
        words = _cue(cue)
        positions = self._positions(words[0]) if words else ()
        if not positions or len(words) == 1:
            return [self._spans[position] for position in positions]
        places = []
        for position in positions:
            last = position + len(words) - 1
            if last < len(self._words) and all(
                self._fits(self._words[position + k], word) for k, word in enumerate(words[1:], 1)
            ):
                places.append((self._spans[position][0], self._spans[last][1]))
        return places

    def find_any(self, cues: Iterable[str]) -> list[tuple[int, int]]:
        """Offsets of every cue, in document order."""
        return sorted({place for cue in cues for place in self.find(cue)})

    def _positions(self, word: str) -> Sequence[int]:
        if word[-1] != "\0":
            return self._at.get(word, ())
        stem = word[:-1]
        found: list[int] = []
        at = bisect_left(self._vocabulary, stem)
        while at < len(self._vocabulary) and self._vocabulary[at].startswith(stem):
            found.extend(self._at[self._vocabulary[at]])
            at += 1
        return sorted(found)

    @staticmethod
    def _fits(word: str, wanted: str) -> bool:
        return word.startswith(wanted[:-1]) if wanted.endswith("\0") else word == wanted


@lru_cache(maxsize=1)
def word_index(text: str) -> WordIndex:
    """The words of the text that was asked for last: the steps of a review share them."""
    return WordIndex(text)


@lru_cache(maxsize=8_192)
def _cue(cue: str) -> tuple[str, ...]:
    """The index's words for a cue; those of a knowledge pack are looked up in every document."""
    parts = cue.casefold().replace("*", "\0").split()
    return tuple(word for part in parts for word in _cue_words(part))


def _cue_words(part: str) -> list[str]:
    """The index's words for one blank-separated part of a cue; the last keeps its star."""
    words = [match.group() for match in _WORD.finditer(part.replace("\0", " "))]
    if words and part.endswith("\0"):
        words[-1] += "\0"
    return words
