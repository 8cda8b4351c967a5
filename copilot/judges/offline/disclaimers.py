"""Statements that take back what a document names, and how much they take.

    a disclaimer   "X is out of scope", "we do not use any X": its own sentence, or the whole
                   paragraph where it introduces one ("Rejected, not part of this design: ...")
    a retraction   "Note: contrary to the above, X was dropped": every sentence that says X
    a bare promise "X: TBD": no longer concrete, still a mention

By the annotation guide the first two leave an aspect missing, whatever words they hold, and the
third partial at most. A learned bag of words does not see that, so scores are lowered and cues not
counted, except for the aspects that are about scope and choices, where such a sentence is evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from copilot.documents.phrases import Phrases, said
from copilot.judges.offline.features import Floats, UnitHints
from copilot.judges.offline.signals import Hits
from copilot.judges.offline.tokens import stems
from copilot.judges.offline.units import Unit

PENALTY = np.float32(3.0)
"""Log-odds taken from what was taken back, and from the concreteness of a bare promise."""
ABOUT_SCOPE = frozenset(
    {
        "alignment.stakeholder-understanding",
        "tradeoffs.alternatives",
        "tradeoffs.speed-robustness",
    }
)
"""Aspects for which saying what is left out counts."""
PROMISE_WORDS = 14
"""A sentence with "TBD" and no more words than this promises and states nothing beside."""

_DROPPED = (
    r"(?:dropped|rejected|removed|withdrawn|abandoned|cancell?ed|descoped|cut|discarded|"
    r"ruled out|taken out|left out)"
)
_DROPPED_WORDS = (
    "dropped rejected removed withdrawn abandoned canceled cancelled descoped cut discarded ruled "
    "taken left"
)
"""A word of each."""
_OUT = r"(?:out[ -]of[ -]scope|not in scope|beyond the scope|off the table)"
_THIS = r"(?:this|the|our|the current|the present)"
_THING = r"(?:design|document|proposal|system|platform|project|release|solution|architecture)"
_DISCLAIMER = Phrases(
    rf"\b(?:(?:is|are|stays?|remains?|considered|as) (?:explicitly |currently )?{_OUT}"
    rf"|out of (?:the )?scope (?:of|for) (?:this|the {_THING})|{_OUT} (?:now|here)"
    r"|none (?:is|are|of (?:this|these|them) (?:is|are)) planned"
    rf"|(?:we|{_THIS} {_THING}) (?:do|does) not (?:use|have|offer|provide|include) any"
    r"|(?:was|were|been) (?:considered (?:and|but) )?"
    r"(?:dropped|rejected|abandoned|descoped|ruled out)"
    r"|we (?:have )?decided (?:against|not to)"
    rf"|(?:not|no longer)(?: a)? part of {_THIS} {_THING}"
    r"|there (?:is|are|will be) no\b[^.]{0,200}\b(?:planned|foreseen|intended))\b"
    rf"|^\W*{_DROPPED}\b[^.:]{{0,80}}:"
    r"|^\W*(?:keywords?|tags|index terms)\W*:",
    needs="scope table none any decided part there keyword keywords tags index " + _DROPPED_WORDS,
)
_DISCLAIMING_LEAD = Phrases(
    rf"\b(?:{_OUT}|non-?goals?|decided (?:against|not to)|rejected|dropped|discarded|"
    r"not part of this|will not (?:do|build|support|cover))\b",
    needs="scope table goal goals nongoal nongoals decided rejected dropped discarded part will",
)
_DISCLAIMING_TITLE = re.compile(rf"\W*(?:\d[\d.]*\W*)?(?:non[- ]?goals?|{_OUT})\W*$", re.IGNORECASE)
_INTRODUCES = re.compile(r"^[^.]{0,160}:(?:\s|$)")
_RETRACTION = Phrases(
    r"\b(?:contrary to (?:the above|what (?:is|was|has been) (?:said|stated|written|described))"
    rf"|(?:was|were|is|are|has been|have been) (?:now |since |later |meanwhile )?{_DROPPED}"
    r"|no longer (?:a )?(?:part of|planned|built|implemented|in (?:the )?scope|included|foreseen)"
    r"|(?:is|are) not (?:actually )?(?:a )?(?:part of this|implemented after all)"
    rf"|decided (?:against|not to)|{_OUT})\b",
    needs="contrary longer part implemented decided scope table " + _DROPPED_WORDS,
)
_BACKWARDS = re.compile(
    r"\b(?:(?:the|as) (?:above|foregoing|preceding|previous)|said above|described above|"
    r"(?:the )?(?:previous|preceding|last) (?:section|paragraph)|earlier (?:draft|section|version)|"
    r"above[- ]mentioned|this section)\b",
    re.IGNORECASE,
)
_PROMISE = Phrases(
    r"\b(?:tbd|tbc|todo|to be (?:determined|decided|defined|discussed|done|confirmed)|"
    r"still (?:open|undecided)|look into|not (?:yet )?decided)\b",
    needs="tbd tbc todo be still look decided",
)


def disclaims(unit: Unit) -> bool:
    """Whether the sentence, its lead-in or its title takes back what it names."""
    return (
        _DISCLAIMER.stand_in(said(unit.text))
        or _DISCLAIMING_LEAD.stand_in(said(unit.lead))
        or bool(unit.path and _DISCLAIMING_TITLE.match(unit.path[-1]))
    )


def retracts(unit: Unit) -> bool:
    """Whether the sentence takes back what is said elsewhere: it says so and points there."""
    return _RETRACTION.stand_in(said(unit.text)) and _BACKWARDS.search(unit.text) is not None


def promises(unit: Unit) -> bool:
    """Whether the sentence is a bare promise: short, and left open."""
    return unit.words <= PROMISE_WORDS and _PROMISE.stand_in(said(unit.text))


def discount(
    units: Sequence[Unit], hints: UnitHints, scores: Floats, aspects: Sequence[str]
) -> tuple[UnitHints, Floats]:
    """Hints and scores, shape (units, 2K), with what was taken back and promised lowered."""
    struck = _struck(units, hints, aspects)
    open_rows = [row for row, unit in enumerate(units) if promises(unit)]
    if not struck.any() and not open_rows:
        return hints, scores
    lowered = scores - PENALTY * np.hstack([struck, struck]).astype(np.float32)
    lowered[open_rows, len(aspects) :] -= PENALTY
    rows = set(np.flatnonzero(struck.any(axis=1)).tolist())
    return UnitHints(*(_strike(column, rows, struck) for column in hints)), lowered


def _struck(units: Sequence[Unit], hints: UnitHints, aspects: Sequence[str]) -> NDArray[np.bool_]:
    """Which units are taken back for which aspects, shape (units, K)."""
    struck = np.zeros((len(units), len(aspects)), bool)
    for row, unit in enumerate(units):
        if disclaims(unit):
            struck[row] = True
            if _DISCLAIMER.stand_in(said(unit.text)) and _INTRODUCES.match(unit.text):
                struck[list(_rest_of_paragraph(units, row))] = True
        if retracts(unit):
            struck[row] = True
            for place, aspect in _retracted(units, hints, row, aspects):
                struck[place, aspect] = True
    struck[:, [k for k, aspect in enumerate(aspects) if aspect in ABOUT_SCOPE]] = False
    return struck


def _rest_of_paragraph(units: Sequence[Unit], row: int) -> Iterator[int]:
    for other in range(row + 1, len(units)):
        if units[other].paragraph != units[row].paragraph:
            break
        yield other


def _retracted(
    units: Sequence[Unit], hints: UnitHints, row: int, aspects: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Pairs (unit, aspect) that the retraction takes back: what it names, else what it follows."""
    named = _named(units[row].text, aspects)
    shared = hints.cues[row] | hints.technologies[row]
    for other in range(len(units)):
        hits = (hints.cues[other] | hints.technologies[other]) & shared
        yield from ((other, aspect) for aspect in named | {aspect for aspect, _ in hits})
    if not named and not shared:
        before = [k for k in range(row) if units[k].paragraph == units[row - 1].paragraph]
        yield from ((other, k) for other in before for k in range(len(aspects)))


def _named(text: str, aspects: Sequence[str]) -> set[int]:
    """Aspects of whose name every word stands in the text, such as "access control"."""
    said = set(stems(text))
    names = [stems(aspect.partition(".")[2].replace("-", " ")) for aspect in aspects]
    return {k for k, name in enumerate(names) if said.issuperset(name)}


def _strike(
    column: tuple[Hits, ...], rows: set[int], struck: NDArray[np.bool_]
) -> tuple[Hits, ...]:
    return tuple(
        frozenset(hit for hit in hits if not struck[row, hit[0]]) if row in rows else hits
        for row, hits in enumerate(column)
    )
