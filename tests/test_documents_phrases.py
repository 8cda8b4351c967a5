"""Patterns that are tried only where a word that they need stands: nothing may be missed."""

from __future__ import annotations

import random
import re
import re._parser as parser  # type: ignore[import-not-found]
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from copilot.documents.phrases import PhraseBook, Phrases, said
from copilot.judges.offline import disclaimers, units
from copilot.review import signs


def _all() -> Iterator[Phrases]:
    for weak in (True, False):
        yield from (phrases for _, _, phrases in signs._patterns(weak)[0])
    for module in (units, disclaimers):
        yield from (each for each in vars(module).values() if isinstance(each, Phrases))


class Writer:
    """Writes texts that a pattern matches, with alternatives that were not used yet."""

    def __init__(self, pattern: str) -> None:
        self._tree = parser.parse(pattern)
        self._draw = random.Random(pattern)
        self.used: Counter[tuple[int, int]] = Counter()
        """(branch, alternative) -> texts that matched with it."""
        self._now: Counter[tuple[int, int]] = Counter()
        self._within: dict[tuple[int, int], set[tuple[int, int]]] = {}
        """(branch, alternative) -> it, and all that it may go on to."""
        self._enter(self._tree)

    def text(self) -> str:
        self._now = Counter()
        return self._of(self._tree)

    def matched(self) -> None:
        self.used.update(set(self._now))

    def missing(self) -> list[tuple[int, int]]:
        return [place for place in self._within if not self.used[place]]

    def _enter(self, tree: Any) -> set[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        for op, given in tree:
            if str(op) == "BRANCH":
                for number, option in enumerate(given[1]):
                    place = (id(given[1]), number)
                    self._within[place] = {place} | self._enter(option)
                    found |= self._within[place]
            elif str(op) == "SUBPATTERN":
                found |= self._enter(given[3])
            elif str(op) in ("MAX_REPEAT", "MIN_REPEAT"):
                found |= self._enter(given[2])
        return found

    def _of(self, tree: Any) -> str:
        return "".join(self._piece(str(op), given) for op, given in tree)

    def _piece(self, op: str, given: Any) -> str:
        match op:
            case "LITERAL":
                return chr(given)
            case "NOT_LITERAL" | "ANY":
                return self._draw.choice("  ,x")
            case "IN":
                return self._one_of(given)
            case "SUBPATTERN":
                return self._of(given[3])
            case "MAX_REPEAT" | "MIN_REPEAT":
                low, high, body = given
                times = self._draw.randint(low, min(high, low + 2))
                return "".join(self._of(body) for _ in range(times))
            case "BRANCH":
                options = [(id(given[1]), number) for number in range(len(given[1]))]
                unused = [o for o in options if any(not self.used[i] for i in self._within[o])]
                chosen = self._draw.choice(unused or options)
                self._now[chosen] += 1
                return self._of(given[1][chosen[1]])
        return ""  # boundaries and what stands around: the match tells

    def _one_of(self, choices: Any) -> str:
        if str(choices[0][0]) == "NEGATE":
            return self._draw.choice(" x")
        op, given = self._draw.choice(choices)
        if str(op) == "LITERAL":
            return chr(given)
        if str(op) == "RANGE":
            return chr(self._draw.randint(*given))
        return {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "s"}.get(
            str(given), self._draw.choice(" ,")
        )


@pytest.mark.parametrize("phrases", [*_all()], ids=lambda phrases: phrases.pattern[:30])
def test_whatever_a_pattern_matches_holds_a_word_that_it_needs(phrases: Phrases) -> None:
    writer, book = Writer(phrases.pattern), PhraseBook([phrases])
    pattern = re.compile(phrases.pattern, re.IGNORECASE)
    for number in range(5_000):
        text = writer.text()
        if pattern.search(text):
            writer.matched()
            assert phrases.stand_in(said(text)), text
            assert phrases.stand_in(said(text.upper())), text
            assert book.may_stand_in(said(text)) == [0], text
        if number > 80 and not writer.missing():
            break
    assert not writer.missing(), "an alternative was never seen to match"


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("We WILL see", True),
        ("we will — later", True),
        ("goodwill", False),
        ("w\u0130ll", True),
        ("\u017fhould", True),  # a pattern takes a long s for an s, small letters leave it
    ],
)
def test_a_phrase_is_found_in_any_case_and_as_a_word(text: str, stands: bool) -> None:
    assert Phrases(r"\b(?:will|should)\b", "will should").stand_in(said(text)) is stands
    assert bool(re.search(r"\b(?:will|should)\b", text, re.IGNORECASE)) is stands
