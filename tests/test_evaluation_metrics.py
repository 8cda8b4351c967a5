"""Metrics: the same numbers as by hand and as scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from copilot.evaluation.metrics import Table, accuracy_at, bins, evidence, scores

NAMES = ("addressed", "partial", "missing")


def make_table(rng: np.random.Generator, documents: int = 12, aspects: int = 30) -> Table:
    """Random verdicts that are right more often than not."""
    n = documents * aspects
    primary = rng.integers(0, 3, n)
    predicted = np.where(rng.random(n) < 0.6, primary, rng.integers(0, 3, n))
    return Table(
        documents=tuple(f"d{i}" for i in range(documents)),
        document=np.repeat(np.arange(documents), aspects),
        aspect=np.tile(np.arange(aspects), documents),
        primary=primary,
        accept=np.eye(3, dtype=bool)[primary],
        predicted=predicted,
        confidence=rng.random(n),
        gap=rng.random(n),
        hit=np.full((n, 2), -1),
        quotes=np.ones((documents, 2)),
    )


def rows(truth: list[int], predicted: list[int], **columns: object) -> Table:
    """A table of one document with these labels and verdicts."""
    n = len(truth)
    fields: dict[str, object] = {
        "documents": ("d",),
        "document": np.zeros(n, int),
        "aspect": np.arange(n),
        "primary": np.array(truth),
        "accept": np.eye(3, dtype=bool)[truth],
        "predicted": np.array(predicted),
        "confidence": np.full(n, 0.5),
        "gap": np.full(n, 0.5),
        "hit": np.full((n, 2), -1),
        "quotes": np.array([[4.0, 3.0]]),
    }
    return Table(**(fields | columns))  # type: ignore[arg-type]


def value(table: Table, name: str) -> float:
    return float(scores(table, table.ones())[name][0])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scores_agree_with_scikit_learn(seed: int) -> None:
    table = make_table(np.random.default_rng(seed))
    y, p = table.primary, table.predicted
    got = {name: float(v[0]) for name, v in scores(table, table.ones()).items()}
    precision, recall, f1, _ = sk.precision_recall_fscore_support(y, p, labels=[0, 1, 2])
    for place, name in enumerate(NAMES):
        assert got[f"{name}_precision"] == pytest.approx(precision[place])
        assert got[f"{name}_recall"] == pytest.approx(recall[place])
        assert got[f"{name}_f1"] == pytest.approx(f1[place])
    expected = {
        "macro_f1": sk.f1_score(y, p, average="macro"),
        "accuracy": sk.accuracy_score(y, p),
        "gap_f1": sk.f1_score(y > 0, p > 0),
        "gap_precision": sk.precision_score(y > 0, p > 0),
        "gap_recall": sk.recall_score(y > 0, p > 0),
        "addressed_or_not": sk.balanced_accuracy_score(y == 0, p == 0),
        "missing_or_not": sk.balanced_accuracy_score(y == 2, p == 2),
        "kappa": sk.cohen_kappa_score(y, p, weights="quadratic"),
        "brier": sk.brier_score_loss(y > 0, table.gap),
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected)


def test_weights_count_documents_as_often_as_they_were_drawn() -> None:
    table = make_table(np.random.default_rng(7))
    weights = np.random.default_rng(8).integers(0, 4, (5, 12)).astype(float)
    got = scores(table, weights)
    for place, drawn in enumerate(weights):
        of_rows = drawn[table.document]
        by_sklearn = sk.f1_score(
            table.primary, table.predicted, average="macro", sample_weight=of_rows
        )
        assert got["macro_f1"][place] == pytest.approx(by_sklearn)
        repeated = np.repeat(np.arange(len(of_rows)), of_rows.astype(int))
        plain = rows(
            list(table.primary[repeated]),
            list(table.predicted[repeated]),
            gap=table.gap[repeated],
            confidence=table.confidence[repeated],
        )
        for name in ("ece", "brier", "ece_confidence", "kappa"):
            assert got[name][place] == pytest.approx(value(plain, name)), name


def test_a_contested_label_counts_either_way() -> None:
    accept = np.array([[False, True, True], [True, False, False]])
    for said, right in ((1, 1.0), (2, 1.0), (0, 0.5)):
        table = rows([2, 0], [said, 0], accept=accept)
        assert value(table, "accuracy") == right
        assert table.truth[0] == (said if said else 2)


def test_no_verdict_is_wrong_for_every_class() -> None:
    table = rows([0, 1, 2, 2], [0, 1, 2, 3])
    assert value(table, "unjudged") == 0.25
    assert value(table, "accuracy") == 0.75
    assert value(table, "missing_recall") == 0.5
    assert value(table, "missing_precision") == 1.0


def test_calibration_by_hand() -> None:
    # Two bins: .15 said and 0 of 2 gaps, .85 said and 1 of 2 gaps.
    table = rows([0, 0, 2, 0], [0, 0, 2, 2], gap=np.array([0.15, 0.15, 0.85, 0.85]))
    assert value(table, "ece") == pytest.approx((2 * 0.15 + 2 * 0.35) / 4)
    assert value(table, "brier") == pytest.approx((2 * 0.15**2 + 0.15**2 + 0.85**2) / 4)
    assert bins(table) == [(pytest.approx(0.15), 0.0, 2), (pytest.approx(0.85), 0.5, 2)]


def test_accuracy_of_the_surest_rows() -> None:
    table = rows([0] * 4, [0, 0, 1, 1], confidence=np.array([0.9, 0.8, 0.7, 0.1]))
    assert accuracy_at(table, table.ones(), 0.5)[0] == 1.0
    assert accuracy_at(table, table.ones(), 1.0)[0] == 0.5
    assert accuracy_at(table, table.ones(), 0.625)[0] == pytest.approx(2 / 2.5)


def test_hits_count_over_rows_with_labelled_evidence() -> None:
    hit = np.array([[1, 1], [0, 1], [0, 0], [-1, -1], [1, 1]])
    table = rows([0, 1, 1, 0, 2], [0, 1, 2, 0, 2], hit=hit)  # the last one is labelled missing
    got = {name: float(v[0]) for name, v in evidence(table, table.ones()).items()}
    assert got == pytest.approx(
        {
            "quote_exactness": 0.75,
            "hit_1": 1 / 3,
            "hit_1_given": 1 / 2,
            "hit_3": 2 / 3,
            "hit_3_given": 1.0,
        }
    )


def test_a_score_without_any_rows_is_not_a_number() -> None:
    table = rows([2, 2], [2, 2])
    assert np.isnan(value(table, "addressed_f1"))
    assert np.isnan(value(table, "hit_1"))
    assert value(table, "macro_f1") == 1.0
