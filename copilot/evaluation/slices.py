"""The scores of parts: by dimension, aspect, archetype, style, strength, length and format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from copilot.evaluation.cases import Case
from copilot.evaluation.intervals import score
from copilot.evaluation.metrics import Bools, Floats, Table, classification, confusion
from copilot.evaluation.report import Slice
from copilot.evaluation.verdicts import CaseVerdicts, Verdicts

LENGTHS = ((1_000, "under 1,000 words"), (3_000, "1,000 to 3,000 words"))
LONG = "over 3,000 words"


def slices(
    table: Table, cases: Sequence[Case], verdicts: Verdicts, weights: Floats
) -> tuple[Slice, ...]:
    """A slice for each value that occurs, with intervals from the resamples."""
    return tuple(
        _slice(kind, value, table.where(rows), weights)
        for kind, value, rows in _parts(table, cases, verdicts)
    )


def _parts(
    table: Table, cases: Sequence[Case], verdicts: Verdicts
) -> Iterator[tuple[str, str, Bools]]:
    by_row = {
        "dimension": [aspect.split(".")[0] for aspect in verdicts.aspects],
        "aspect": list(verdicts.aspects),
    }
    for kind, values in by_row.items():
        for value in dict.fromkeys(values):
            yield kind, value, np.array(values)[table.aspect] == value
    said = verdicts.cases
    by_document = {
        "archetype": [case.archetype for case in cases],
        "style": [case.style for case in cases],
        "strength": [case.strength for case in cases],
        "length": [_length(one) for one in said],
        "format": [one.format for one in said],
    }
    for kind, values in by_document.items():
        for value in sorted({value for value in values if value}):
            yield kind, value, np.array(values)[table.document] == value


def _length(one: CaseVerdicts) -> str:
    return next((name for below, name in LENGTHS if one.words < below), LONG)


def _slice(kind: str, value: str, table: Table, weights: Floats) -> Slice:
    plain = classification(confusion(table, table.ones()))
    spread = classification(confusion(table, weights))
    names = ("accuracy", "macro_f1", "missing_f1", "addressed_or_not")
    measured = {name: score(plain[name][0], spread[name]) for name in names}
    return Slice(kind=kind, value=value, rows=len(table.primary), **measured)
