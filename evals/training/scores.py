"""Scores of predicted against labelled statuses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, f1_score

from copilot.judges.offline.features import Floats

Scores = dict[str, float]
BINS = 10


def score(
    chances: Floats,
    picked: NDArray[np.int64],
    accept: Sequence[frozenset[int]],
    status: NDArray[np.int64],
) -> Scores:
    """Pooled scores; a contested label counts as whichever accepted status was picked."""
    pairs = zip(picked.tolist(), accept, status.tolist(), strict=True)
    gold = np.array([pick if pick in accepted else label for pick, accepted, label in pairs])
    each = f1_score(gold, picked, average=None, labels=[0, 1, 2])
    return {
        "macro_f1": float(np.mean(each)),
        "addressed_f1": float(each[0]),
        "partial_f1": float(each[1]),
        "missing_f1": float(each[2]),
        "balanced_accuracy": float(balanced_accuracy_score(gold == 0, picked == 0)),
        "ece": calibration_error(1 - chances[:, 0], gold != 0),
    }


def calibration_error(chance: Floats, happened: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((chance * BINS).astype(int), BINS - 1)
    error = 0.0
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            gap = abs(float(chance[inside].mean()) - float(happened[inside].mean()))
            error += float(inside.mean()) * gap
    return error


def hit_rates(ranked: Sequence[tuple[Sequence[int], frozenset[int]]]) -> tuple[float, ...]:
    """Share of cases with a labelled unit among the first 1, 3 and 5 ranked ones."""
    return tuple(
        float(np.mean([bool(labelled & set(order[:depth])) for order, labelled in ranked]))
        for depth in (1, 3, 5)
    )
