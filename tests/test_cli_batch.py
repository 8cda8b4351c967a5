"""The commands batch, portfolio and search as a user runs them, killed and resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from library import write_designs

from copilot.cli.main import cli

BATCH = [sys.executable, "-m", "copilot.cli.main", "batch", "designs", "--processes", "1"]
SLOW = 300.0


def start(out: str, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*BATCH, "--out", out, "--workspace", f"{out}-work", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def journal(out: str) -> list[dict[str, object]]:
    path = Path(out, "journal.jsonl")
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def reports(out: str) -> dict[str, object]:
    """What the reports say, without the time that they were made and took."""
    said: dict[str, object] = {"batch.json": json.loads(Path(out, "batch.json").read_text())}
    for path in sorted(Path(out, "reports").iterdir()):
        said[path.name] = path.stat().st_size > 0
        if path.suffix == ".json":
            review = json.loads(path.read_text("utf-8"))
            del review["usage"]["seconds"], review["manifest"]["created"]
            said[path.name] = review
    return said


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with a batch that was killed and resumed (out) and an undisturbed one (whole)."""
    home = tmp_path_factory.mktemp("killed")
    before = Path.cwd()
    os.chdir(home)
    write_designs(Path("designs"), 3)
    Path("designs/broken.docx").write_bytes(b"no archive")
    process = start("out")
    deadline = time.monotonic() + SLOW
    while not journal("out") and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    yield home, start("out").communicate(timeout=SLOW)[0]
    os.chdir(before)


def invoke(home: Path, monkeypatch: pytest.MonkeyPatch, *args: str) -> Result:
    monkeypatch.chdir(home)
    return CliRunner().invoke(cli, list(args), catch_exceptions=False, standalone_mode=False)


def test_a_killed_batch_goes_on_and_ends_as_if_undisturbed(
    killed: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, told = killed
    monkeypatch.chdir(home)
    keys = [entry["key"] for entry in journal("out")]
    assert len(keys) == len(set(keys)) == 4  # nothing was reviewed twice
    assert "4 found = " in told and "+ 1 failed" in told
    assert "designs/broken.docx: is a broken .docx" in told
    assert start("whole").communicate(timeout=SLOW)[0].startswith("4 found = 3 reviewed + 0 cached")
    assert reports("out") == reports("whole")


def test_the_portfolio_is_built_anew_from_the_reports(
    killed: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _ = killed
    page = (home / "out/index.html").read_bytes()
    (home / "out/index.html").unlink()
    result = invoke(home, monkeypatch, "portfolio", "out")
    assert "3 designs, median score" in result.output
    assert (home / "out/index.html").read_bytes() == page


def test_a_search_answers_with_verified_quotes_and_tells_what_changed(
    killed: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _ = killed
    question = "How long is the audit log kept?"
    args = ("search", question, "--workspace", "out-work", "--format", "json")
    found = json.loads(invoke(home, monkeypatch, *args).output)
    assert {match["path"] for match in found["matches"]} == {
        f"designs/design-{number}.md" for number in range(3)
    }
    citation = found["matches"][0]["citations"][0]
    assert citation["verified"] and "audit log that is kept for 400 days" in citation["quote"]
    text = (home / citation["file"]).read_text()
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    path = home / "designs/design-0.md"
    whole = path.read_text()
    path.write_text(whole + "\nMore.\n")
    told = invoke(home, monkeypatch, "search", question, "--workspace", "out-work").output
    path.write_text(whole)
    assert "Changed or gone since it was indexed: " in told
    assert "designs/design-1.md:11" in told or "designs/design-1.md:10" in told
