"""Two annotators' labels laid side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copilot.evaluation.cases import Label
from evals.agreement import agreement, kappa, merge, pairs


def test_kappa_is_agreement_beyond_chance() -> None:
    found = [("addressed", "addressed")] * 4 + [("missing", "missing")] * 4
    found += [("partial", "addressed"), ("missing", "partial")]
    assert agreement(found) == pytest.approx(0.8)
    assert kappa(found) == pytest.approx((0.8 - 0.41) / (1 - 0.41))


def test_a_merge_keeps_the_first_status_and_accepts_both(tmp_path: Path) -> None:
    first = {"annotators": 1, "aspects": {"a": {"status": "partial", "evidence": ["x"]}}}
    second = {"aspects": {"a": {"status": "addressed", "evidence": ["y"], "confidence": 0.5}}}
    for name, content in (("first.json", first), ("second.json", second)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    merge(tmp_path / "first.json", tmp_path / "second.json")
    merged = json.loads((tmp_path / "first.json").read_text(encoding="utf-8"))
    label = Label.model_validate(merged["aspects"]["a"])
    assert (merged["annotators"], label.status, label.contested) == (2, "partial", True)
    assert label.evidence == ("x",)
    assert pairs(merged) == [("partial", "addressed")]
