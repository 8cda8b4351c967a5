"""`archreview eval` as a user runs it: tables, files, exit codes, one-line errors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from labelled import BrokenJudge, QuoteJudge, write_cases

from copilot.cli import evaluate as cli
from copilot.errors import ExitCode, InputError
from copilot.evaluation import page
from copilot.judges import offline
from copilot.knowledge import Knowledge
from copilot.locations import bundled

WEIGHTS = Path(offline.__file__).parent / "weights"


@pytest.fixture
def cases(tmp_path: Path, knowledge: Knowledge) -> Path:
    write_cases(tmp_path / "cases", knowledge)
    return tmp_path / "cases"


def invoke(*arguments: str | Path) -> Result:
    """Run the command; its exit code is the value it returns, errors are raised."""
    return CliRunner().invoke(
        cli.command, [*map(str, arguments)], standalone_mode=False, catch_exceptions=False
    )


def test_the_table_has_the_judge_beside_the_baselines(cases: Path) -> None:
    result = invoke("--cases", cases, "--judge", "keyword", "--no-mutants")
    assert result.return_value is ExitCode.OK
    for said in ("macro-F1", "always-missing", "similarity", "most-frequent", "[", "designs"):
        assert said in result.stdout
    assert "keyword: designs: 3" in result.stderr


def test_quiet_says_nothing_on_standard_error(cases: Path) -> None:
    assert invoke("--cases", cases, "--judge", "keyword", "--no-mutants", "-q").stderr == ""


def test_the_gate_has_its_own_exit_code_and_flips_with_a_broken_judge(
    cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, junit = tmp_path / "gate.json", tmp_path / "out.xml"
    gate.write_text('{"floor": {"accuracy": 0.99, "delete_both_right": 0.9}}')
    options = ("--cases", cases, "--gate", gate, "--junit", junit)
    codes = {}
    for judge in (QuoteJudge, BrokenJudge):
        monkeypatch.setattr(cli, "make_judge", lambda name, knowledge, judge=judge: judge())
        codes[judge.name] = invoke(*options).return_value
    assert codes == {"quote": ExitCode.OK, "broken": ExitCode.GATE}
    assert ExitCode.GATE == 4
    assert 'failures="2"' in junit.read_text("utf-8")


def test_a_written_baseline_is_what_the_next_run_compares_with(cases: Path, tmp_path: Path) -> None:
    stored = tmp_path / "baseline.json"
    options = ("--cases", cases, "--judge", "keyword", "--no-mutants")
    invoke(*options, "--write-baseline", stored)
    report = tmp_path / "report.json"
    result = invoke(*options, "--baseline", stored, "--json", report)
    assert "against the baseline" in result.stdout
    comparison = json.loads(report.read_text("utf-8"))["comparison"]
    assert comparison["documents"] == 3
    assert comparison["differences"]["macro_f1"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_the_page_holds_its_charts_and_reaches_for_nothing(cases: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "page.html"
    invoke("--cases", cases, "--judge", "keyword", "--no-mutants", "--html", file)
    text = file.read_text("utf-8")
    assert text.count("<svg") == 3
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "default-src 'none'" in text
    assert not re.search(r"url\((?!#)", text)


def test_the_page_without_matplotlib_names_the_extra(
    cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"archreview\[eval\]"):
        invoke("--cases", cases, "--html", "page.html")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cases", "absent"), "no such folder of cases"),
        (("--json", "absent/out.json"), "change --json"),
        (("--baseline", "absent.json", "--judge", "keyword"), "cannot be read as a baseline"),
        (("--gate", "absent.json", "--judge", "keyword"), "cannot be read as a gate"),
    ],
)
def test_errors_are_one_line_with_what_to_do(
    options: tuple[str, ...], said: str, cases: Path
) -> None:
    with pytest.raises(InputError) as caught:
        invoke("--cases", cases, *options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_drop_needs_a_baseline(cases: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate.json"
    gate.write_text('{"drop": {"macro_f1": 0.02}}')
    with pytest.raises(InputError, match="--baseline"):
        invoke("--cases", cases, "--judge", "keyword", "--gate", gate)


def test_without_the_sample_designs_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "bundled", lambda name: tmp_path / "absent")
    with pytest.raises(InputError, match="not installed with the package"):
        invoke("--judge", "always-missing")


@pytest.mark.skipif(not any(WEIGHTS.glob("*.npz")), reason="needs the learned files: make train")
def test_the_offline_judge_is_scored_from_the_command_line(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    code = "import sys; sys.argv[0] = 'archreview'; from copilot.cli.main import main; main()"
    command = [sys.executable, "-c", code, "eval", "--cases", str(bundled("evals")), "--limit", "2"]
    done = subprocess.run(
        [*command, "--split", "train", "--json", str(report)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(report.read_text("utf-8"))
    assert made["judge"] == "offline"
    assert made["documents"] == 2
    assert made["scores"]["quote_exactness"]["value"] == 1.0
    assert made["scores"]["rerun_identical"]["value"] == 1.0
    assert made["scores"]["unjudged"]["value"] == 0.0
