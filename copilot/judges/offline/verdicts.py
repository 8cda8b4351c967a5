"""The document-level model: pooled rows to calibrated chances of the three statuses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.judges.offline.features import Floats

STATUSES = 3
"""Addressed, partial, missing, in this order everywhere."""


@dataclass(frozen=True)
class Linear:
    """A multinomial logistic regression with offsets and some slopes for each aspect."""

    mean: Floats
    spread: Floats
    weights: Floats
    """Shape (columns, 3)."""
    bias: Floats
    sloped: tuple[int, ...]
    """Pooled columns that have a slope of their own for each aspect."""
    slope_scale: float

    def chances(self, rows: Floats) -> Floats:
        """Probabilities of shape (K, 3) for the K aspects of one document."""
        wide = widen(rows, np.arange(len(rows)), self)
        return _softmax(wide @ self.weights + self.bias)


def widen(rows: Floats, aspects: NDArray[np.int64], model: Linear) -> Floats:
    """Standardised rows followed by aspect indicators and aspect-specific copies of columns."""
    scaled = (rows - model.mean) / model.spread
    which = np.eye(int(aspects.max()) + 1, dtype=np.float32)[aspects]
    slopes = [which * scaled[:, [column]] * model.slope_scale for column in model.sloped]
    return np.hstack([scaled, which, *slopes]).astype(np.float32)


@dataclass(frozen=True)
class Trees:
    """Randomised trees, flattened: node i goes left where feature <= threshold."""

    priors: Floats
    """Shape (K, 3): how often each status occurred for the aspect in training."""
    feature: NDArray[np.int16]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float16]
    """Shape (nodes, 3): share of the three statuses at each leaf."""
    roots: NDArray[np.int32]
    """Root node of each tree."""
    depth: int

    def chances(self, rows: Floats) -> Floats:
        """Probabilities of shape (K, 3) for the K aspects of one document."""
        wide = with_priors(rows, np.arange(len(rows)), self.priors)
        node = np.tile(self.roots, (len(rows), 1))
        at = (np.arange(len(rows)) * wide.shape[1])[:, None]
        for _ in range(self.depth):
            values = wide.take(at + self.feature.take(node))
            goes_left = values <= self.threshold.take(node)
            node = np.where(goes_left, self.left.take(node), self.right.take(node))
        chances: Floats = self.value[node].astype(np.float32).mean(axis=1)
        return chances


def with_priors(rows: Floats, aspects: NDArray[np.int64], priors: Floats) -> Floats:
    """Rows followed by the aspect's priors and its number."""
    number = aspects[:, None].astype(np.float32)
    return np.hstack([rows, priors[aspects], number]).astype(np.float32)


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances: Floats = raised / raised.sum(axis=1, keepdims=True)
    return chances


@dataclass(frozen=True)
class VerdictModel:
    """The mean of the linear model and the trees, and the rule that picks a status."""

    linear: Linear
    trees: Trees
    leaning: Floats
    """Factors on the three chances before the highest one is picked: they favour the rarer
    statuses so that the three are recognised evenly; the chances themselves stay calibrated."""

    def chances(self, rows: Floats) -> Floats:
        """Calibrated probabilities of shape (K, 3)."""
        both = self.linear.chances(rows) + self.trees.chances(rows)
        return both / np.float32(2)

    def pick(self, chances: Floats) -> NDArray[np.int64]:
        """Index of the status for each row of chances."""
        picked: NDArray[np.int64] = np.argmax(chances * self.leaning, axis=1)
        return picked
