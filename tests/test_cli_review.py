"""`archreview review` as its users call it: a real process on real files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

DESIGN = ROOT / "evals" / "designs" / "realtime-serving-2.md"

NO_SOCKETS = """
import socket, sys
def refuse(*args, **kwargs):
    raise SystemExit(f"a socket was opened: {args}")
socket.socket.connect = refuse
socket.socket.bind = refuse
socket.getaddrinfo = refuse
from copilot.cli.main import main
main()
"""


def archreview(*args: object, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command with sockets refused; its exit code must be `code`."""
    done = subprocess.run(
        [sys.executable, "-c", NO_SOCKETS, *map(str, args)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | env,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def review_json(*args: object, code: int = 0) -> Any:
    """The parsed report of a review."""
    return json.loads(archreview("review", *args, "--format", "json", code=code).stdout)


def test_a_review_has_thirty_rows_and_every_verified_quote_stands_in_the_text() -> None:
    data = review_json(DESIGN)
    text = DESIGN.read_text(encoding="utf-8")
    rows = data["coverage"]
    assert len({row["aspect"] for row in rows}) == len(rows) == 30
    for row in rows:
        cited = [c for c in row["citations"] if c["verified"]]
        assert all(c["quote"] == text[c["start"] : c["end"]] for c in cited)
        assert all(len(c["quote"].split()) <= 60 for c in cited)
        if row["status"] in ("addressed", "partial"):
            assert cited
        if row["status"] == "missing":
            assert row["searched"]["queries"]
            assert row["searched"]["nearest"]
            assert row["searched"]["share_read"] == 1.0
    assert data["findings"]
    assert [q["priority"] for q in data["questions"]] == list(range(1, len(data["questions"]) + 1))


def test_line_numbers_lead_to_the_quote() -> None:
    lines = DESIGN.read_text(encoding="utf-8").splitlines()
    for row in review_json(DESIGN, "--ephemeral")["coverage"]:
        for citation in row["citations"]:
            cited = "\n".join(lines[citation["line_start"] - 1 : citation["line_end"]])
            assert citation["quote"] in cited


def test_the_second_run_embeds_nothing_and_says_the_same() -> None:
    first, second = review_json(DESIGN), review_json(DESIGN)
    assert first["usage"]["embedded"] == first["usage"]["passages"] > 0
    assert second["usage"]["embedded"] == 0
    for part in ("coverage", "findings", "questions", "strengths", "document"):
        assert first[part] == second[part]
    assert Path(".archreview").is_dir()


def test_ephemeral_leaves_nothing_behind() -> None:
    archreview("review", DESIGN, "--ephemeral")
    assert not Path(".archreview").exists()


def test_the_report_is_on_stdout_and_the_talk_on_stderr() -> None:
    done = archreview("review", DESIGN, "--ephemeral")
    assert "Findings (" in done.stdout
    assert "\x1b" not in done.stdout
    assert "passages" in done.stderr
    assert archreview("review", DESIGN, "--ephemeral", "--quiet").stderr == ""


def test_eighty_columns_are_enough() -> None:
    done = archreview("review", DESIGN, "--ephemeral", COLUMNS="80", NO_COLOR="1")
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_fail_on_sets_the_exit_code() -> None:
    findings = review_json(DESIGN)["findings"]
    worst = findings[0]["severity"]
    archreview("review", DESIGN, "--fail-on", worst, code=1)
    if worst != "critical":
        archreview("review", DESIGN, "--fail-on", "critical", code=0)


def test_only_the_dimensions_asked_for_are_judged() -> None:
    data = review_json(DESIGN, "--dimension", "security", "--dimension", "risk")
    judged = {r["dimension"] for r in data["coverage"] if r["status"] != "unjudged"}
    assert judged == {"security", "risk"}
    assert len(data["coverage"]) == 30


def test_a_bad_design_is_one_line_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "binary.md").write_bytes(b"\x00\x01\x02" * 100)
    done = archreview(
        "review", "absent.md", "empty.md", DESIGN, "binary.md", "--format", "json", "-q", code=2
    )
    assert json.loads(done.stdout)["document"]["path"].endswith(DESIGN.name)
    complaints = done.stderr.strip().splitlines()
    assert len(complaints) == 3
    for name, complaint in zip(("absent.md", "empty.md", "binary.md"), complaints, strict=True):
        assert complaint.startswith(f"archreview: {name}: ")
        assert " — " in complaint


def test_several_designs_become_an_array_or_a_file_each(tmp_path: Path) -> None:
    other = ROOT / "evals" / "designs" / "batch-scoring-1.md"
    out = tmp_path / "all.json"
    archreview("review", DESIGN, other, "--format", "json", "--out", out)
    assert [r["document"]["path"] for r in json.loads(out.read_text())] == [str(DESIGN), str(other)]
    folder = tmp_path / "reports"
    folder.mkdir()
    archreview("review", DESIGN, other, DESIGN, "--format", "md", "--out", folder)
    assert sorted(p.name for p in folder.iterdir()) == [
        "batch-scoring-1.md",
        "realtime-serving-2.md",
        "realtime-serving-2~2.md",
    ]


def test_a_folder_is_one_design(tmp_path: Path) -> None:
    folder = tmp_path / "design"
    folder.mkdir()
    text = DESIGN.read_text(encoding="utf-8")
    half = text.index("\n## ", len(text) // 2)
    (folder / "README.md").write_text(text[:half], encoding="utf-8")
    (folder / "more.md").write_text(text[half:], encoding="utf-8")
    data = review_json(folder)
    assert data["document"]["files"] == ["README.md", "more.md"]
    cited = [c for r in data["coverage"] for c in r["citations"] if c["verified"]]
    assert {c["file"] for c in cited} == {"README.md", "more.md"}
    for citation in cited:
        lines = (folder / citation["file"]).read_text(encoding="utf-8").splitlines()
        assert citation["quote"] in "\n".join(
            lines[citation["line_start"] - 1 : citation["line_end"]]
        )


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--format", "pdf"), "'pdf' is not one of"),
        (("--dimension", "speed"), "unknown dimension 'speed'"),
        (("--judge", "model"), "model"),
        (("--max-chars", "0"), "max_chars"),
        (("--max-chars", "50"), "max_chars"),
        (("--out", "absent/report.md"), "no such folder"),
        (("--knowledge", "absent"), "no such folder"),
        (("--embedder", "nonsense"), "nonsense"),
        (("--fail-on", "terrible"), "'terrible' is not one of"),
    ],
)
def test_wrong_usage_is_told_in_one_breath(args: tuple[str, ...], says: str) -> None:
    done = archreview("review", DESIGN, "--ephemeral", *args, code=2)
    assert says in done.stderr
    assert done.stdout == ""


def test_a_failing_write_leaves_the_old_report(tmp_path: Path) -> None:
    out = tmp_path / "report.md"
    out.write_text("old")
    archreview("review", "absent.md", "--format", "md", "--out", out, code=2)
    assert out.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".report")] == []


def test_an_organisations_pack_changes_the_review(tmp_path: Path) -> None:
    pack = tmp_path / "pack" / "dimensions"
    pack.mkdir(parents=True)
    (pack / "risk.yaml").write_text(
        "id: risk\naspects:\n  - id: risk.reliability\n    disable: true\n"
    )
    rows = review_json(DESIGN, "--knowledge", tmp_path / "pack")["coverage"]
    (row,) = [row for row in rows if row["aspect"] == "risk.reliability"]
    assert row["status"] == "not_applicable"


def test_help_imports_no_heavy_library() -> None:
    heavy = (
        "chromadb langchain openai textual markitdown numpy wordllama bm25s pydantic yaml rich "
        "jinja2 xlsxwriter"
    )
    program = (
        "import sys\nfrom copilot.cli.main import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        f"print([m for m in {heavy.split()!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_all_real_dev_designs_in_one_command(benchmark: Path) -> None:
    designs = sorted((benchmark / "dev" / "designs").iterdir())
    reviews = review_json(*designs, "--ephemeral")
    assert len(reviews) == len(designs) == 13
    from copilot.documents.load import load_document

    for path, data in zip(designs, reviews, strict=True):
        text = load_document(path).text
        assert len(data["coverage"]) == 30
        for citation in (c for row in data["coverage"] for c in row["citations"]):
            assert citation["verified"]
            assert citation["quote"] == text[citation["start"] : citation["end"]]
