"""Finds names, such as those of products, where they stand in a text as whole words."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RUN = re.compile(r"[A-Za-z0-9]+")


class NameFinder:
    """Looks for many names at once; of those that begin at one place the longest counts."""

    def __init__(self, names: Iterable[str]) -> None:
        longest_first = sorted(set(names), key=lambda name: (-len(name), name))
        choices = "|".join(map(re.escape, longest_first)) or r"(?!)"
        self._pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{choices})(?![A-Za-z0-9])")
        starts = [_RUN.match(name) for name in longest_first]
        self._starts = {start.group() for start in starts if start}
        self._odd = None in starts
        """A name that begins with a sign may stand anywhere."""

    def find(self, text: str) -> list[str]:
        """The names in the order of the text; none overlaps another.

        The pattern is tried only where a word stands that some name begins with: trying hundreds
        of names at every letter takes ten times longer.
        """
        if self._odd:
            return self._pattern.findall(text)
        found, free = [], 0
        for at in self._places(text):
            if at >= free and (match := self._pattern.match(text, at)):
                found.append(match.group())
                free = match.end()
        return found

    def _places(self, text: str) -> list[int]:
        """Where words stand that names begin with, or at least their letters, in order."""
        places: list[int] = []
        for word in self._starts.intersection(_RUN.findall(text)):
            at = text.find(word)
            while at >= 0:
                places.append(at)
                at = text.find(word, at + len(word))
        return sorted(places)
