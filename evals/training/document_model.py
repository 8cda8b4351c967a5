"""Fits the document-level model: a logistic regression and boosted trees on pooled rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score

from copilot.judges.offline.features import Floats
from copilot.judges.offline.verdicts import Linear, Trees, VerdictModel, widen, with_priors

SLOPED = (0, 3, 5, 7, 10, 32)
"""Pooled columns with a slope per aspect: best, mean of 4 and firm scores, and distinct cues."""
SLOPE_SCALE = 0.5
PRIOR_STRENGTH = 3.0


@dataclass(frozen=True)
class Rows:
    """Pooled rows of many documents, one per (document, aspect)."""

    pooled: Floats
    status: NDArray[np.int64]
    aspect: NDArray[np.int64]
    weight: NDArray[np.float64]

    def where(self, mask: NDArray[np.bool_]) -> Rows:
        """The rows for which the mask is true."""
        return Rows(self.pooled[mask], self.status[mask], self.aspect[mask], self.weight[mask])


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
    fitted.fit(wide, rows.status, sample_weight=rows.weight)
    weights = fitted.coef_.T.astype(np.float32)
    return Linear(mean, spread, weights, fitted.intercept_.astype(np.float32), SLOPED, SLOPE_SCALE)


def _trees(rows: Rows) -> Trees:
    priors = _priors(rows)
    model = HistGradientBoostingClassifier(
        max_iter=80,
        learning_rate=0.05,
        max_leaf_nodes=12,
        min_samples_leaf=20,
        l2_regularization=5.0,
        max_features=0.5,
        early_stopping=False,
        random_state=0,
    )
    wide = with_priors(rows.pooled, rows.aspect, priors)
    model.fit(wide, rows.status, sample_weight=rows.weight)
    trees = [tree.nodes for step in model._predictors for tree in step]
    baseline = np.asarray(model._baseline_prediction, np.float32).reshape(3)
    return _flatten(trees, priors, baseline)


def _priors(rows: Rows) -> Floats:
    """How often each status occurs for each aspect, drawn towards its overall share."""
    overall = np.bincount(rows.status, rows.weight, minlength=3) / rows.weight.sum()
    table = []
    for aspect in range(int(rows.aspect.max()) + 1):
        of_aspect = rows.where(rows.aspect == aspect)
        counts = np.bincount(of_aspect.status, of_aspect.weight, minlength=3)
        strength = counts.sum() + PRIOR_STRENGTH
        table.append((counts + PRIOR_STRENGTH * overall) / strength)
    return np.array(table, np.float32)


def _flatten(trees: Sequence[NDArray[np.void]], priors: Floats, baseline: Floats) -> Trees:
    """All nodes in one list; a leaf points at itself, so that walking on does no harm."""
    roots = np.cumsum([0, *(len(nodes) for nodes in trees[:-1])])
    every = np.concatenate(trees)
    base = np.repeat(roots, [len(nodes) for nodes in trees])
    leaf = every["is_leaf"].astype(bool)
    itself = np.arange(len(every))
    return Trees(
        priors=priors,
        baseline=baseline,
        feature=np.where(leaf, 0, every["feature_idx"]).astype(np.int32),
        threshold=np.where(leaf, np.inf, every["num_threshold"]).astype(np.float64),
        left=np.where(leaf, itself, base + every["left"]).astype(np.int32),
        right=np.where(leaf, itself, base + every["right"]).astype(np.int32),
        value=np.where(leaf, every["value"], 0.0).astype(np.float64),
        roots=roots.astype(np.int32),
        depth=int(every["depth"].max()),
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
