"""The commands for a meeting, from the shell to the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build import make_review, make_row
from click.testing import CliRunner, Result

from copilot.cli.main import cli
from copilot.knowledge import Knowledge
from copilot.schema import Status

DESIGN = """# Lantern

## Serving

The Lantern Gateway asks the Model Cluster. We chose Redis over Postgres because it is faster.
Two replicas of the Model Cluster run; failed pods are restarted.
"""


@pytest.fixture
def saved(knowledge: Knowledge, tmp_path: Path) -> Path:
    """A saved review with two critical gaps; its document is not at hand."""
    rows = {a: make_row(a, Status.MISSING) for a in ("security.compliance", "lifecycle.monitoring")}
    path = tmp_path / "review.json"
    path.write_text(make_review(knowledge, rows).model_dump_json(), "utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=True)


def test_questions_come_from_a_design(tmp_path: Path) -> None:
    (tmp_path / "design.md").write_text(DESIGN, "utf-8")
    result = run("questions", "design.md", "--ephemeral", "--format", "json", "--minutes", "30")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["agenda"]["planned"] <= 30
    assert any("Model Cluster" in q["text"] for q in report["agenda"]["questions"])


@pytest.mark.parametrize("command", ["questions", "brief", "decide"])
def test_a_saved_review_is_enough(saved: Path, command: str, tmp_path: Path) -> None:
    result = run(command, saved, "--out", tmp_path / "out.txt")
    assert result.exit_code == 0, result.output
    assert "not there as it was reviewed" in result.stderr
    assert (tmp_path / "out.txt").stat().st_size > 500


def test_a_decision_can_fail_a_build_and_drafts_a_record(saved: Path, tmp_path: Path) -> None:
    arguments = ["decide", str(saved), "-q", "--adr", "adr.md", "--date", "2026-03-01"]
    for limit, code in (("conditions", 1), ("rework", 0)):
        given = [*arguments, "--fail-on", limit, "--out", "decision.txt"]
        assert cli.main(given, standalone_mode=False) == code
    assert "APPROVE WITH CONDITIONS" in (tmp_path / "decision.txt").read_text("utf-8")
    assert "date: 2026-03-01" in (tmp_path / "adr.md").read_text("utf-8")


def test_triage_from_a_file_counts(saved: Path, tmp_path: Path, knowledge: Knowledge) -> None:
    review = json.loads(saved.read_text("utf-8"))
    blocks = [
        {
            "design": "docs/design.md",
            "fingerprint": f["fingerprint"],
            "state": "false_positive",
            "who": "Ann",
            "at": "2026-02-01T12:00:00+00:00",
            "finding": {k: f[k] for k in ("kind", "aspect", "severity", "title")},
        }
        for f in review["findings"]
    ]
    file = tmp_path / "triage.json"
    file.write_text(json.dumps({"format": "archreview-triage/1", "decisions": blocks}))
    assert "APPROVE\n" in run("decide", saved, "-q", "--triage", file).stdout
    blocks[0]["design"] = blocks[1]["design"] = "docs/another.md"
    file.write_text(json.dumps({"format": "archreview-triage/1", "decisions": blocks}))
    other = run("decide", saved, "-q", "--triage", file)
    assert "not about design.md" in str(other.exception)


def test_the_ledger_reads_the_design(tmp_path: Path) -> None:
    (tmp_path / "design.md").write_text(DESIGN, "utf-8")
    result = run("ledger", "design.md", "--format", "json")
    (entry,) = json.loads(result.stdout)["entries"]
    assert (entry["taken"], entry["rejected"]) == ("Redis", ["Postgres"])


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("questions", "none.md"), "none.md"),
        (("questions", "review.json", "--role", "king"), "use one of: architect"),
        (("questions", "review.json", "--out", "no/such/folder/x.md"), "no/such/folder"),
        (("questions", "cut.json"), "cut.json"),
        (("questions", "review.json", "--out", "review.json"), "would be replaced"),
        (("brief", "review.json", "--format", "pptx"), "pptx"),
        (("decide", "review.json", "--policy", "policy.yaml"), "policy.yaml:2"),
        (("decide", "review.json", "--answers", "policy.yaml"), "no list `answers`"),
        (("decide", "review.json", "--triage", "policy.yaml"), "policy.yaml"),
        (("decide", "review.json", "--date", "tomorrow"), "YYYY-MM-DD"),
        (("ledger", "none.md"), "none.md"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(
    saved: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    what: str,
) -> None:
    from copilot.cli.main import main

    (tmp_path / "cut.json").write_bytes(saved.read_bytes()[:4000])
    (tmp_path / "policy.yaml").write_text("id: ours\nrework: {critical: none}\n")
    quiet = () if arguments[0] == "ledger" else ("-q",)
    monkeypatch.setattr("sys.argv", ["archreview", *arguments, *quiet])
    with pytest.raises(SystemExit) as caught:
        main()
    captured = capsys.readouterr()
    assert caught.value.code == 2
    assert what in captured.err
    assert captured.out == ""
    lines = [line for line in captured.err.splitlines() if line.startswith("archreview:")]
    assert len(lines) == 1 or "Usage:" in captured.err
