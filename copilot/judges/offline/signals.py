"""Cue phrases and technology names as signals: how often each aspect is hinted at in a unit.

The phrases and names are those of the knowledge pack at training time, stored with the weights,
so that editing the pack does not shift the learned verdicts until the judge is trained anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from copilot.documents.names import NameFinder
from copilot.judges.offline.tokens import plain_words

Hits = frozenset[tuple[int, str]]
"""Pairs (index of the aspect, the cue or technology found)."""


class _Phrase(NamedTuple):
    """A cue phrase, ready to be compared with the words of a text."""

    hit: tuple[int, str]
    stem: str
    """The first word, or how it begins."""
    rest: tuple[tuple[str, bool], ...]
    """The words behind it, each with whether it is only a beginning."""


_STEM = 3
"""Cues whose first word is a stem are looked up by that many letters."""


class Signals:
    """Finds cues and technologies in short texts."""

    def __init__(
        self, cues: Sequence[Sequence[str]], technologies: Sequence[Mapping[str, object]]
    ) -> None:
        """`cues[k]` are aspect k's phrases; a technology has names, case (bool) and aspects."""
        self._whole: dict[str, list[_Phrase]] = {}
        self._stems: dict[str, list[_Phrase]] = {}
        for aspect, phrases in enumerate(cues):
            for phrase in phrases:
                self._add(aspect, phrase)
        self._loose, self._loose_names = _names(technologies, exact=False)
        self._exact, self._exact_names = _names(technologies, exact=True)

    def cues(self, text: str) -> Hits:
        """Distinct (aspect, cue) pairs whose cue stands in the text."""
        words = plain_words(text)
        found = set()
        for at, word in enumerate(words):
            for phrase in self._whole.get(word, ()):
                if not phrase.rest or _goes_on(words, at, phrase.rest):
                    found.add(phrase.hit)
            for phrase in self._stems.get(word[:_STEM], ()):
                if word.startswith(phrase.stem) and (
                    not phrase.rest or _goes_on(words, at, phrase.rest)
                ):
                    found.add(phrase.hit)
        return frozenset(found)

    def technologies(self, text: str) -> Hits:
        """Distinct (aspect, technology) pairs for the names that stand in the text."""
        found = set()
        for name in self._loose.find(text.lower()):
            found.update(self._loose_names[name])
        for name in self._exact.find(text):
            found.update(self._exact_names[name])
        return frozenset(found)

    def _add(self, aspect: int, phrase: str) -> None:
        parts = plain_words(phrase)
        if not parts:
            return
        if phrase.endswith("*"):
            parts[-1] += "*"
        stem = parts[0].endswith("*")
        index = self._stems if stem else self._whole
        key = parts[0].rstrip("*")[:_STEM] if stem else parts[0]
        rest = tuple((part.rstrip("*"), part.endswith("*")) for part in parts[1:])
        index.setdefault(key, []).append(_Phrase((aspect, phrase), parts[0].rstrip("*"), rest))


def _goes_on(words: list[str], at: int, rest: tuple[tuple[str, bool], ...]) -> bool:
    """Whether the rest of a phrase stands behind the word at `at`."""
    if at + len(rest) >= len(words):
        return False
    for word, (part, stem) in zip(words[at + 1 : at + 1 + len(rest)], rest, strict=True):
        if not (word.startswith(part) if stem else word == part):
            return False
    return True


def _names(
    technologies: Sequence[Mapping[str, object]], *, exact: bool
) -> tuple[NameFinder, dict[str, list[tuple[int, str]]]]:
    """A finder of all names of one kind, and what each stands for."""
    table: dict[str, list[tuple[int, str]]] = {}
    for technology in technologies:
        identifier, aspects = str(technology["id"]), technology["aspects"]
        names = technology["exact" if exact else "loose"]
        assert isinstance(names, list) and isinstance(aspects, list)
        for name in names:
            table[name] = [(int(aspect), identifier) for aspect in aspects]
    return NameFinder(table), table
