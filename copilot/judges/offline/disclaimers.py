"""Sentences that take back what they name: "X is out of scope", "we do not use any X".

By the annotation guide they leave an aspect missing, whatever words they hold. A learned bag of
words does not see that, so their scores are lowered and their cues are not counted, except for
the aspects that are about scope and choices, where such a sentence is evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from copilot.judges.offline.features import Floats, UnitHints
from copilot.judges.offline.signals import Hits
from copilot.judges.offline.units import Unit

PENALTY = np.float32(3.0)
"""Log-odds taken from a disclaiming sentence."""
ABOUT_SCOPE = frozenset(
    {
        "alignment.stakeholder-understanding",
        "tradeoffs.alternatives",
        "tradeoffs.speed-robustness",
    }
)
"""Aspects for which saying what is left out counts."""

_DISCLAIMER = re.compile(
    r"\b(?:(?:is|are|stays?|remains?|considered|as) (?:explicitly |currently )?"
    r"(?:out[ -]of[ -]scope|not in scope|beyond the scope)"
    r"|out of (?:the )?scope (?:of|for) (?:this|the (?:design|document|project|proposal))"
    r"|none (?:is|are|of (?:this|these|them) (?:is|are)) planned"
    r"|(?:we|the (?:system|platform|design)) (?:do|does) not (?:use|have|offer) any"
    r"|(?:was|were) (?:considered and )?(?:dropped|rejected)"
    r"|we (?:have )?decided against|not part of this (?:design|document|proposal|system)"
    r"|there (?:is|are) no\b[^.]{0,200}\bplanned)\b"
    r"|^\W*(?:keywords?|tags|index terms)\W*:",
    re.IGNORECASE,
)
_DISCLAIMING_LEAD = re.compile(
    r"\b(?:out[ -]of[ -]scope|not in scope|non-?goals?|decided against|rejected|dropped|"
    r"not part of this|will not (?:do|build|support|cover))\b",
    re.IGNORECASE,
)
_DISCLAIMING_TITLE = re.compile(
    r"\W*(?:\d[\d.]*\W*)?(?:non[- ]?goals?|out[ -]of[ -]scope|not in scope)\W*$", re.IGNORECASE
)


def disclaims(unit: Unit) -> bool:
    """Whether the sentence, its lead-in or its title takes back what it names."""
    return (
        _DISCLAIMER.search(unit.text) is not None
        or _DISCLAIMING_LEAD.search(unit.lead) is not None
        or bool(unit.path and _DISCLAIMING_TITLE.match(unit.path[-1]))
    )


def discount(
    units: Sequence[Unit], hints: UnitHints, scores: Floats, aspects: Sequence[str]
) -> tuple[UnitHints, Floats]:
    """Hints and scores, shape (units, 2K), with disclaiming units taken back."""
    rows = [row for row, unit in enumerate(units) if disclaims(unit)]
    if not rows:
        return hints, scores
    struck = [k for k, aspect in enumerate(aspects) if aspect not in ABOUT_SCOPE]
    lowered = scores.copy()
    columns = np.array([*struck, *(k + len(aspects) for k in struck)])
    lowered[np.ix_(np.array(rows), columns)] -= PENALTY
    kept = UnitHints(*(_strike(column, set(rows), set(struck)) for column in hints))
    return kept, lowered


def _strike(column: tuple[Hits, ...], rows: set[int], struck: set[int]) -> tuple[Hits, ...]:
    return tuple(
        frozenset(hit for hit in hits if hit[0] not in struck) if row in rows else hits
        for row, hits in enumerate(column)
    )
