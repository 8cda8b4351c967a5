"""Fits the document-level model: logistic regression and randomised trees on pooled rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score

from copilot.judges.offline.features import Floats
from copilot.judges.offline.verdicts import Linear, Trees, VerdictModel, widen, with_priors

SLOPED = (0, 3, 5, 7, 10, 32)
"""Pooled columns with a slope per aspect: best, mean of 4 and firm scores, and cues of titles."""
SLOPE_SCALE = 0.5
PRIOR_STRENGTH = 3.0
TREES = 100
SMALLEST_LEAF = 8


@dataclass(frozen=True)
class Rows:
    """Pooled rows of many documents, one per (document, aspect)."""

    pooled: Floats
    status: NDArray[np.int64]
    aspect: NDArray[np.int64]

    def where(self, mask: NDArray[np.bool_]) -> Rows:
        """The rows for which the mask is true."""
        return Rows(self.pooled[mask], self.status[mask], self.aspect[mask])


def fit_verdicts(rows: Rows) -> VerdictModel:
    """Both models on these rows; the leaning is neutral."""
    return VerdictModel(_linear(rows), _trees(rows), np.ones(3, np.float32))


def _linear(rows: Rows) -> Linear:
    mean, spread = rows.pooled.mean(axis=0), rows.pooled.std(axis=0) + np.float32(1e-6)
    shell = Linear(
        mean, spread, np.zeros(0, np.float32), np.zeros(0, np.float32), SLOPED, SLOPE_SCALE
    )
    wide = widen(rows.pooled, rows.aspect, shell)
    fitted = LogisticRegression(C=0.03, max_iter=3000)
    fitted.fit(wide, rows.status)
    weights = fitted.coef_.T.astype(np.float32)
    return Linear(mean, spread, weights, fitted.intercept_.astype(np.float32), SLOPED, SLOPE_SCALE)


def _trees(rows: Rows) -> Trees:
    priors = _priors(rows)
    model = ExtraTreesClassifier(
        TREES, min_samples_leaf=SMALLEST_LEAF, max_features=0.4, random_state=0
    )
    wide = with_priors(rows.pooled, rows.aspect, priors)
    model.fit(wide, rows.status)
    return _flatten([tree.tree_ for tree in model.estimators_], priors)


def _priors(rows: Rows) -> Floats:
    """How often each status occurs for each aspect, drawn towards its overall share."""
    overall = np.bincount(rows.status, minlength=3) / len(rows.status)
    table = []
    for aspect in range(int(rows.aspect.max()) + 1):
        of_aspect = rows.where(rows.aspect == aspect)
        counts = np.bincount(of_aspect.status, minlength=3)
        strength = counts.sum() + PRIOR_STRENGTH
        table.append((counts + PRIOR_STRENGTH * overall) / strength)
    return np.array(table, np.float32)


def _flatten(trees: Sequence[Any], priors: Floats) -> Trees:
    """All nodes in one list; a leaf points at itself, so that walking on does no harm."""
    sizes = [tree.node_count for tree in trees]
    roots = np.cumsum([0, *sizes[:-1]])
    base = np.repeat(roots, sizes)
    left = np.concatenate([tree.children_left for tree in trees])
    right = np.concatenate([tree.children_right for tree in trees])
    leaf, itself = left < 0, np.arange(len(left))
    shares = np.concatenate([tree.value[:, 0, :] for tree in trees])
    return Trees(
        priors=priors,
        feature=np.where(leaf, 0, np.concatenate([tree.feature for tree in trees])).astype(
            np.int16
        ),
        threshold=np.where(leaf, np.inf, np.concatenate([tree.threshold for tree in trees])),
        left=np.where(leaf, itself, base + left).astype(np.int32),
        right=np.where(leaf, itself, base + right).astype(np.int32),
        value=(shares / shares.sum(axis=1, keepdims=True)).astype(np.float16),
        roots=roots.astype(np.int32),
        depth=max(int(tree.max_depth) for tree in trees),
    )


def predict_rows(model: VerdictModel, rows: Rows, aspects: int) -> Floats:
    """Chances for whole documents laid one after another, `aspects` rows each."""
    blocks = rows.pooled.reshape(-1, aspects, rows.pooled.shape[1])
    return np.vstack([model.chances(block) for block in blocks])


def best_leaning(chances: Floats, status: NDArray[np.int64]) -> Floats:
    """Factors on the chances, on a grid, that serve macro-F1 and addressed-or-not together.

    The goal is macro-F1 plus the balanced accuracy of addressed-or-not; ties go to the first.
    """
    grid = [
        np.array([addressed, partial, 1.0], np.float32)
        for addressed in np.arange(0.8, 1.65, 0.05)
        for partial in np.arange(0.9, 1.65, 0.05)
    ]
    goals = [_goal(np.argmax(chances * factors, axis=1), status) for factors in grid]
    return grid[int(np.argmax(np.round(goals, 6)))]


def _goal(picked: NDArray[np.int64], status: NDArray[np.int64]) -> float:
    each = f1_score(status, picked, average="macro")
    return float(each + balanced_accuracy_score(status == 0, picked == 0))
