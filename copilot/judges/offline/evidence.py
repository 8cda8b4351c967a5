"""Picks quotes: the best runs of one to three neighbouring sentences, at most 60 words each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from copilot.documents.quotes import MIN_CHARACTERS
from copilot.judges.offline.features import Floats
from copilot.judges.offline.units import Unit

MAX_WORDS = 60
MAX_UNITS = 3
SHORT = 9
"""Runs below this many words take in a neighbour to be understood."""
FLOOR = -2.0
"""Log-odds below which a run is no second quote: held out, less than one in three below it was
evidence; above it three in four with positive log-odds and two in five with the lowest."""
CLOSE = 0.7
"""How far, in log-odds, a neighbour may score below the best unit and still join its run."""


class Span(NamedTuple):
    """A stretch of the document's text with its chance of being evidence."""

    start: int
    end: int
    score: float
    """0 to 1."""


def best_spans(units: Sequence[Unit], scores: Floats, count: int) -> tuple[Span, ...]:
    """Up to `count` separate runs, best first, from one score (log-odds) per unit."""
    taken: set[int] = set()
    spans: list[Span] = []
    for index in np.argsort(-scores, kind="stable"):
        if len(spans) == count or (spans and scores[index] < FLOOR):
            break
        if int(index) in taken:
            continue
        first, last = _grow(units, scores, int(index), taken)
        taken.update(range(first, last + 1))
        if not _has_letters(units[first : last + 1]):
            continue  # a word like "Review" could stand anywhere and proves nothing
        chance = 1 / (1 + float(np.exp(-scores[index])))
        spans.append(Span(units[first].start, units[last].end, round(chance, 4)))
    return tuple(spans)


def _has_letters(units: Sequence[Unit]) -> bool:
    """Whether the units hold as many letters and digits as a quote needs."""
    letters = (True for unit in units for character in unit.text if character.isalnum())
    return next(islice(letters, MIN_CHARACTERS - 1, None), False)


def _grow(units: Sequence[Unit], scores: Floats, index: int, taken: set[int]) -> tuple[int, int]:
    """The run around a unit: neighbours that score nearly as well, or any while it is short."""
    first = last = index
    while last - first + 1 < MAX_UNITS:
        words = sum(unit.words for unit in units[first : last + 1])
        free = [
            side
            for side in (last + 1, first - 1)
            if 0 <= side < len(units)
            and side not in taken
            and units[side].path == units[index].path
            and words + units[side].words <= MAX_WORDS
        ]
        best = max(free, key=lambda side: scores[side], default=None)
        if best is None or (words >= SHORT and scores[best] < scores[index] - CLOSE):
            break
        first, last = min(first, best), max(last, best)
    return first, last
