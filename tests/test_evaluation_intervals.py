"""Intervals: repeatable, over documents, and paired."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from test_evaluation_metrics import make_table

from copilot.evaluation.intervals import differences, ratio, resamples, score, with_intervals


def test_resamples_are_the_same_every_time_and_draw_as_many_documents() -> None:
    first, second = resamples(9, 50), resamples(9, 50)
    assert (first == second).all()
    assert (first.sum(1) == 9).all()
    assert (first != resamples(9, 50, seed=1)).any()


def test_an_interval_holds_its_score_and_shrinks_with_documents() -> None:
    widths = []
    for documents in (6, 60):
        table = make_table(np.random.default_rng(3), documents)
        measured = with_intervals(table, resamples(documents, 500))
        for name in ("macro_f1", "missing_f1", "kappa", "accuracy_at_70"):
            one = measured[name]
            assert one.value is not None and one.low is not None and one.high is not None
            assert one.low < one.value < one.high, name
        macro = measured["macro_f1"]
        widths.append((macro.high or 0.0) - (macro.low or 0.0))
    assert widths[1] < widths[0]


def test_a_judge_does_not_differ_from_itself() -> None:
    table = make_table(np.random.default_rng(5))
    same = differences(table, table, resamples(12, 200))
    assert all(one.low == one.high == 0 for one in same.values() if one.value is not None)


def test_pairing_sees_a_small_steady_gain_that_lies_within_both_intervals() -> None:
    better = make_table(np.random.default_rng(5))
    predicted = better.predicted.copy()
    for document in range(12):
        right = np.flatnonzero((better.document == document) & (better.right == 1))
        predicted[right[0]] = (predicted[right[0]] + 1) % 3
    worse = replace(better, predicted=predicted)
    weights = resamples(12, 500)
    gain = differences(better, worse, weights)["accuracy"]
    of_worse = with_intervals(worse, weights)["accuracy"]
    of_better = with_intervals(better, weights)["accuracy"]
    assert gain.low is not None and gain.low > 0
    assert of_worse.high is not None and of_better.low is not None
    assert of_worse.high > of_better.low


def test_ratios_are_pooled_over_documents_and_none_without_any() -> None:
    weights = resamples(3, 100)
    pooled = ratio(np.array([1.0, 0, 2]), np.array([2.0, 0, 2]), weights)
    assert pooled.value == 0.75
    assert ratio(np.zeros(3), np.zeros(3), weights).value is None
    assert score(float("nan"), np.array([1.0])).value is None
