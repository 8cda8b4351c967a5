"""The questions benchmark still runs on what the product makes today."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.bench import questions

CASES = Path(__file__).parent.parent / "evals"


def test_it_measures_a_design_and_prints_every_measure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["questions", str(CASES), "--limit", "1"])
    questions.main()
    page = capsys.readouterr().out
    assert "1 designs, judge" in page
    for measure in ("answered already", "duplicates", "recovered, first 15", "judged missing"):
        assert measure in page
