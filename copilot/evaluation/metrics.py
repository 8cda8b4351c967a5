"""Scores of verdicts against labels, computed for many resamples of the documents at once.

Every function takes `weights` of shape (resamples, documents), how often each document counts in
each resample, and returns arrays of shape (resamples,). All ones in one row gives the plain score.
A contested label is resolved to the verdict where the verdict is among the accepted statuses, else
to the primary status. A missing verdict on an aspect (unjudged) is wrong for every class.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from copilot.evaluation.cases import STATUSES, Case
from copilot.evaluation.verdicts import Verdicts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ADDRESSED, PARTIAL, MISSING, NONE = 0, 1, 2, 3
BINS = 10
"""Equal-width bins of probability for the expected calibration error."""
COVERAGE = 0.7


@dataclass(frozen=True)
class Table:
    """One row for each aspect of each document, in columns of length n."""

    documents: tuple[str, ...]
    document: Ints
    """Position in `documents`."""
    aspect: Ints
    """Position among the aspects."""
    primary: Ints
    """The labelled status, 0..2."""
    accept: Bools
    """(n, 3): which statuses count as right."""
    predicted: Ints
    """0..2, or 3 without a verdict."""
    confidence: Floats
    gap: Floats
    hit: Ints
    """(n, 2): hit at 1 and at 3: 1, 0, or -1 without labelled evidence."""
    quotes: Floats
    """(documents, 2): quotes given, and how many of them are exact."""

    @cached_property
    def truth(self) -> Ints:
        """The label to score against, contested ones resolved."""
        known = np.minimum(self.predicted, MISSING)
        accepted = self.accept[np.arange(len(known)), known] & (self.predicted != NONE)
        return np.where(accepted, self.predicted, self.primary)

    @cached_property
    def right(self) -> Floats:
        """1.0 where the verdict is right."""
        return np.asarray(self.predicted == self.truth, float)

    def where(self, rows: Bools) -> Table:
        """The table with these rows only, over the same documents."""
        return Table(
            self.documents,
            self.document[rows],
            self.aspect[rows],
            self.primary[rows],
            self.accept[rows],
            self.predicted[rows],
            self.confidence[rows],
            self.gap[rows],
            self.hit[rows],
            self.quotes,
        )

    def ones(self) -> Floats:
        """Weights of the sample itself, shape (1, documents)."""
        return np.ones((1, len(self.documents)))


def make_table(cases: tuple[Case, ...], verdicts: Verdicts) -> Table:
    """Join labels and verdicts; both must be about the same cases in the same order."""
    aspects, width = verdicts.aspects, len(verdicts.aspects)
    labels = [case.labels[aspect] for case in cases for aspect in aspects]
    said = verdicts.cases
    hits = ["".join(v.hit1 for v in said), "".join(v.hit3 for v in said)]
    return Table(
        documents=tuple(case.id for case in cases),
        document=np.repeat(np.arange(len(cases)), width),
        aspect=np.tile(np.arange(width), len(cases)),
        primary=np.array([STATUSES.index(label.status) for label in labels], np.int64),
        accept=np.array([[s in label.accept for s in STATUSES] for label in labels], np.bool_),
        predicted=np.array(["apm-".index(code) for v in said for code in v.status], np.int64),
        confidence=np.array([c for v in said for c in v.confidence], float),
        gap=np.array([g for v in said for g in v.gap], float),
        hit=np.array([["01".find(code) for code in row] for row in hits], np.int64).T,
        quotes=np.array([[v.quotes, v.exact] for v in said], float),
    )


def scores(table: Table, weights: Floats) -> dict[str, Floats]:
    """Every score by name."""
    return (
        classification(confusion(table, weights))
        | calibration(table, weights)
        | {"accuracy_at_70": accuracy_at(table, weights, COVERAGE)}
        | evidence(table, weights)
    )


def confusion(table: Table, weights: Floats) -> Floats:
    """Counts (resamples, 3 labels, 4 verdicts); the fourth verdict is none."""
    cells = np.zeros((len(table.documents), 3, 4))
    np.add.at(cells, (table.document, table.truth, table.predicted), 1.0)
    counts: Floats = np.einsum("bd,dij->bij", weights, cells)
    return counts


def classification(counts: Floats) -> dict[str, Floats]:
    """Scores that follow from the confusion matrix (resamples, 3, 4).

    `addressed_or_not` is the balanced accuracy of addressed against partial and missing together;
    `missing_or_not` that of missing against the other two. `kappa` is quadratically weighted, over
    the rows that have a verdict.
    """
    total = counts.sum((1, 2))
    result = {"macro_f1": np.zeros(len(counts))}
    per_class = []
    for name, index in (("addressed", [0]), ("partial", [1]), ("missing", [2]), ("gap", [1, 2])):
        precision, recall, f1 = _precision_recall_f1(counts, index)
        result |= {f"{name}_precision": precision, f"{name}_recall": recall, f"{name}_f1": f1}
        per_class.append(f1)
    result["macro_f1"] = _mean_of_known(np.stack(per_class[:3]))
    result["accuracy"] = _ratio(np.einsum("bii->b", counts[:, :, :3]), total)
    result["addressed_or_not"] = _balanced(counts, [ADDRESSED])
    result["missing_or_not"] = _balanced(counts, [MISSING])
    result["kappa"] = _kappa(counts[:, :, :3])
    result["unjudged"] = _ratio(counts[:, :, NONE].sum(1), total)
    return result


def _precision_recall_f1(counts: Floats, index: list[int]) -> tuple[Floats, Floats, Floats]:
    hit = counts[:, index][:, :, index].sum((1, 2))
    labelled = counts[:, index].sum((1, 2))
    said = counts[:, :, index].sum((1, 2))
    return _ratio(hit, said), _ratio(hit, labelled), _ratio(2 * hit, labelled + said)


def _balanced(counts: Floats, positive: list[int]) -> Floats:
    negative = [index for index in range(3) if index not in positive]
    rates = [
        _ratio(counts[:, side][:, :, side].sum((1, 2)), counts[:, side].sum((1, 2)))
        for side in (positive, negative)
    ]
    return _mean_of_known(np.stack(rates))


def _kappa(counts: Floats) -> Floats:
    distance = np.subtract.outer(np.arange(3), np.arange(3)) ** 2 / 4.0
    total = counts.sum((1, 2))
    chance = (
        np.einsum("bi,bj->bij", counts.sum(2), counts.sum(1))
        / np.maximum(total, 1e-12)[:, None, None]
    )
    return 1 - _ratio((counts * distance).sum((1, 2)), (chance * distance).sum((1, 2)))


def calibration(table: Table, weights: Floats) -> dict[str, Floats]:
    """Brier score and expected calibration error (10 equal bins) of P(gap), and of confidence."""
    gap = (table.truth != ADDRESSED).astype(float)
    rows = weights[:, table.document]
    squared = rows @ (table.gap - gap) ** 2
    return {
        "brier": _ratio(squared, rows.sum(1)),
        "ece": _ece(table.document, table.gap, gap, weights),
        "ece_confidence": _ece(table.document, table.confidence, table.right, weights),
    }


def bins(table: Table) -> list[tuple[float, float, int]]:
    """For each bin of P(gap) that is not empty: mean probability, share of gaps, rows."""
    place = _bin(table.gap)
    gap = table.truth != ADDRESSED
    return [
        (
            float(table.gap[place == b].mean()),
            float(gap[place == b].mean()),
            int((place == b).sum()),
        )
        for b in range(BINS)
        if (place == b).any()
    ]


def _bin(probability: Floats) -> Ints:
    return np.minimum((probability * BINS).astype(np.int64), BINS - 1)


def _ece(document: Ints, probability: Floats, outcome: Floats, weights: Floats) -> Floats:
    sums = np.zeros((weights.shape[1], BINS, 2))
    place = _bin(probability)
    off_and_rows = np.stack([probability - outcome, np.ones_like(probability)], axis=1)
    np.add.at(sums, (document, place), off_and_rows)
    off = np.einsum("bd,dkc->bkc", weights, sums)
    return _ratio(np.abs(off[:, :, 0]).sum(1), off[:, :, 1].sum(1))


def accuracy_at(table: Table, weights: Floats, coverage: float) -> Floats:
    """Accuracy over the `coverage` share of rows with the highest confidence."""
    order = np.argsort(-table.confidence, kind="stable")
    rows = weights[:, table.document[order]]
    budget = coverage * rows.sum(1, keepdims=True)
    before = np.cumsum(rows, axis=1) - rows
    kept = np.clip(budget - before, 0, rows)
    return _ratio(kept @ table.right[order], kept.sum(1))


def evidence(table: Table, weights: Floats) -> dict[str, Floats]:
    """Exactness of the quotes, and hits among rows labelled addressed or partial with evidence.

    `hit_1` and `hit_3` count a missing verdict as no hit; `..._given` leave those rows out.
    """
    quotes = weights @ table.quotes
    result = {"quote_exactness": _ratio(quotes[:, 1], quotes[:, 0])}
    rows = weights[:, table.document]
    for column, name in enumerate(("hit_1", "hit_3")):
        hit = table.hit[:, column]
        asked = (hit >= 0) & (table.primary != MISSING)
        given = asked & (table.predicted < MISSING)
        result[name] = _ratio(rows @ (asked & (hit == 1)), rows @ asked)
        result[f"{name}_given"] = _ratio(rows @ (given & (hit == 1)), rows @ given)
    return result


def _ratio(part: Floats, whole: Floats) -> Floats:
    """`part / whole`, NaN where there is nothing to divide by."""
    shares: Floats = np.full(len(whole), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _mean_of_known(values: Floats) -> Floats:
    """Mean over the first axis, leaving NaN out; NaN where all are."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0).sum(0), known.sum(0).astype(float))
