"""95% intervals by a percentile bootstrap over documents.

Documents are resampled, never single rows: the thirty verdicts on one document go together.
"""

from __future__ import annotations

import numpy as np

from copilot.evaluation.metrics import Floats, Table, scores
from copilot.schema import Record

RESAMPLES = 2_000
SEED = 20_240_501


class Score(Record):
    """A score with its interval; None where the cases allow none."""

    value: float | None
    low: float | None = None
    high: float | None = None


def resamples(documents: int, count: int = RESAMPLES, seed: int = SEED) -> Floats:
    """How often each document counts in each resample: (count, documents), rows sum to documents.

    The same arguments give the same resamples, which makes two judges comparable in pairs.
    """
    if not documents:
        return np.zeros((count, 0))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(documents, np.full(documents, 1 / documents), size=count)
    return drawn.astype(float)


def with_intervals(table: Table, weights: Floats) -> dict[str, Score]:
    """Every score of the table with the interval that the resamples give."""
    plain = scores(table, table.ones())
    spread = scores(table, weights)
    return {name: score(plain[name][0], spread[name]) for name in plain}


def differences(table: Table, baseline: Table, weights: Floats) -> dict[str, Score]:
    """Scores minus those of the baseline, each pair on the same resample of documents."""
    mine, theirs = scores(table, table.ones()), scores(baseline, baseline.ones())
    spread, their_spread = scores(table, weights), scores(baseline, weights)
    return {
        name: score(mine[name][0] - theirs[name][0], spread[name] - their_spread[name])
        for name in mine
    }


def ratio(parts: Floats, wholes: Floats, weights: Floats) -> Score:
    """Pooled share sum(parts) / sum(wholes) over documents, with its interval."""
    with np.errstate(invalid="ignore", divide="ignore"):
        plain = parts.sum() / wholes.sum() if wholes.sum() else np.nan
        spread = (weights @ parts) / (weights @ wholes)
    return score(plain, np.where(np.isfinite(spread), spread, np.nan))


def score(value: float, spread: Floats) -> Score:
    """The score with the 2.5% and 97.5% percentiles of its resampled values."""
    known = spread[~np.isnan(spread)]
    if np.isnan(value) or not len(known):
        return Score(value=None)
    low, high = np.percentile(known, (2.5, 97.5))
    return Score(value=_rounded(value), low=_rounded(low), high=_rounded(high))


def _rounded(value: float) -> float:
    return round(float(value), 6)
