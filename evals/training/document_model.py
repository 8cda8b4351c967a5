"""Fits the document-level model: logistic regression and randomised trees on pooled rows.

It learns from whole documents, and with a smaller weight from excerpts: what a document is quoted
for, alone, has the status that the document has, and says nothing of what is missing there. So a
short answer is not taken for a weak one.
"""

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
EXCERPT_WEIGHT = 0.2
"""Weight of an excerpt against 1 of a document."""


@dataclass(frozen=True)
class Rows:
    """Pooled rows of many documents, or of excerpts from them, each about one aspect."""

    pooled: Floats
    status: NDArray[np.int64]
    aspect: NDArray[np.int64]
    document: NDArray[np.int64]
    """Which of the documents a row belongs to."""

    def where(self, mask: NDArray[np.bool_]) -> Rows:
        """The rows for which the mask is true."""
        return Rows(self.pooled[mask], self.status[mask], self.aspect[mask], self.document[mask])

    def __add__(self, other: Rows) -> Rows:
        """These rows and then the others."""
        return Rows(
            np.vstack([self.pooled, other.pooled]),
            np.concatenate([self.status, other.status]),
            np.concatenate([self.aspect, other.aspect]),
            np.concatenate([self.document, other.document]),
        )


def fit_verdicts(rows: Rows, excerpts: Rows) -> VerdictModel:
    """Both models on rows of documents and of excerpts; the leaning is neutral.

    Scales and priors are those of the documents.
    """
    both = rows + excerpts
    weights = np.where(np.arange(len(both.status)) < len(rows.status), 1.0, EXCERPT_WEIGHT)
    linear, trees = _linear(rows, both, weights), _trees(rows, both, weights)
    return VerdictModel(linear, trees, np.ones(3, np.float32))


def _linear(rows: Rows, both: Rows, sample_weight: NDArray[np.float64]) -> Linear:
    mean, spread = rows.pooled.mean(axis=0), rows.pooled.std(axis=0) + np.float32(1e-6)
    shell = Linear(
        mean, spread, np.zeros(0, np.float32), np.zeros(0, np.float32), SLOPED, SLOPE_SCALE
    )
    wide = widen(both.pooled, both.aspect, shell)
    fitted = LogisticRegression(C=0.03, max_iter=3000)
    fitted.fit(wide, both.status, sample_weight)
    weights = fitted.coef_.T.astype(np.float32)
    return Linear(mean, spread, weights, fitted.intercept_.astype(np.float32), SLOPED, SLOPE_SCALE)


def _trees(rows: Rows, both: Rows, sample_weight: NDArray[np.float64]) -> Trees:
    priors = _priors(rows)
    model = ExtraTreesClassifier(
        TREES, min_samples_leaf=SMALLEST_LEAF, max_features=0.4, random_state=0
    )
    wide = with_priors(both.pooled, both.aspect, priors)
    model.fit(wide, both.status, sample_weight)
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
