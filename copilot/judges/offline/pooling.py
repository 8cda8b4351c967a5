"""What a document's unit scores say about each aspect: one row of numbers per aspect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from copilot.judges.offline.features import Floats, UnitHints
from copilot.judges.offline.signals import Hits
from copilot.judges.offline.units import SHAPE, Unit

_LOW = -9.0
"""Log-odds that stand in for units that a short document does not have."""
_POOLED_SHAPE = [
    *(SHAPE.index(name) for name in ("words", "digits", "future", "open", "negation")),
    *(SHAPE.index(name) for name in ("out_of_scope", "code", "names", "table_row", "bullet")),
]
_POOLED_SURROUNDINGS = [
    SHAPE.index(name)
    for name in ("defines", "in_future", "in_background", "in_usage", "in_goals", "in_choices")
]
_DOCUMENT_SHAPE = [
    (SHAPE.index(name), factor)
    for name, factor in (
        ("measures", 5.0),
        ("future", 2.0),
        ("code", 1.0),
        ("table_row", 1.0),
        ("bullet", 1.0),
        ("link", 3.0),
    )
]


def pool(units: Sequence[Unit], features: UnitHints, scores: Floats) -> Floats:
    """Rows of shape (K, F) for the K aspects, from the heads' scores of shape (units, 2K)."""
    aspects = scores.shape[1] // 2
    evidence, concrete = scores[:, :aspects], scores[:, aspects:]
    chance = (1 / (1 + np.exp(-evidence))).astype(np.float32)
    order = np.argsort(-evidence, axis=0, kind="stable")[:4]
    columns = [
        *_score_columns(evidence, concrete, chance, order),
        *_shape_columns(units, chance, order, _POOLED_SHAPE),
        *_cue_columns(units, features, order, aspects),
        *_shape_columns(units, chance, order, _POOLED_SURROUNDINGS),
    ]
    whole = np.tile(_document_row(units), (aspects, 1))
    return np.hstack([np.array(columns, np.float32).T, whole]).astype(np.float32)


def _score_columns(
    evidence: Floats, concrete: Floats, chance: Floats, order: NDArray[np.int64]
) -> list[Floats]:
    top, firm = _top(evidence), _top(concrete)
    best = top[0]
    any_unit = -np.log(np.prod(1 - np.minimum(chance, 0.999), axis=0) + 1e-6)
    above = [np.log1p((evidence > level).sum(axis=0)) for level in (-2, -1, 0)]
    firm_above = [np.log1p((concrete > level).sum(axis=0)) for level in (-2, -1)]
    at_best = np.take_along_axis(concrete, order[:1], axis=0)[0]
    return [
        *(top[0], top[1], top[2], top[:4].mean(axis=0), top.mean(axis=0)),
        *(firm[0], firm[1], firm[:3].mean(axis=0), firm.mean(axis=0), at_best),
        np.log(any_unit + 1e-2),
        *above,
        *firm_above,
        firm[0] - best,
        best - np.median(evidence, axis=0),
        np.array([(best > value).mean() for value in best]),
        np.full_like(best, best.mean()),
        np.full_like(best, firm[0].mean()),
    ]


def _top(scores: Floats, count: int = 8) -> Floats:
    """The highest scores of each column, best first, padded to `count` rows."""
    best = -np.sort(-scores, axis=0)[:count]
    padding = np.full((count - len(best), scores.shape[1]), _LOW, np.float32)
    return np.vstack([best, padding])


def _shape_columns(
    units: Sequence[Unit], chance: Floats, order: NDArray[np.int64], columns: Sequence[int]
) -> list[Floats]:
    """Shape of the best units of each aspect, weighted by their scores."""
    shape = np.array([unit.shape for unit in units], np.float32)[:, list(columns)]
    weights = np.take_along_axis(chance, order, axis=0)
    weights = weights / weights.sum(axis=0)
    return list(np.einsum("uk,ukf->fk", weights, shape[order]))


def _cue_columns(
    units: Sequence[Unit], features: UnitHints, order: NDArray[np.int64], aspects: int
) -> list[Floats]:
    counts = np.zeros((len(units), aspects), np.float32)
    for row, hits in enumerate(features.cues):
        for aspect, _ in hits:
            counts[row, aspect] += 1
    distinct = _distinct(features.cues, aspects)
    length = np.log(sum(unit.words for unit in units) / 1000 + 0.3)
    return [
        distinct,
        _distinct(features.heading_cues, aspects),
        _distinct(features.technologies, aspects),
        np.take_along_axis(np.minimum(counts, 3), order, axis=0).mean(axis=0),
        np.log1p((counts > 0).sum(axis=0)),
        counts.max(axis=0),
        distinct - length,
        np.full(aspects, distinct.mean()),
    ]


def _distinct(rows: Sequence[Hits], aspects: int) -> Floats:
    """Square root of how many different cues or names of each aspect stand in the document."""
    counts = np.zeros(aspects, np.float32)
    for aspect, _ in set().union(*rows):
        counts[aspect] += 1
    return np.sqrt(counts)


def _document_row(units: Sequence[Unit]) -> Floats:
    """Length and form of the document."""
    shape = np.array([unit.shape for unit in units], np.float32).mean(axis=0)
    words = sum(unit.words for unit in units)
    titled = float(np.mean([bool(unit.path) for unit in units]))
    sections = len({unit.path for unit in units})
    form = [shape[column] * factor for column, factor in _DOCUMENT_SHAPE]
    return np.array([np.log(words + 1), np.log(len(units)), np.log1p(sections), titled, *form])
