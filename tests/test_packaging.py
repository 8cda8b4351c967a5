"""What ships: the wheel holds the knowledge, and the README says what the program says."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import ROOT


def test_the_wheel_works_outside_the_checkout(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(site)
    assert "copilot/_data/knowledge/sources.yaml" in names
    assert any(name.startswith("copilot/judges/offline/weights/") for name in names)
    page = {"report.html.j2", "report.css", "report.js"}
    assert {f"copilot/reports/page/{name}" for name in page} <= set(names)
    assert not [name for name in names if name.startswith(("evals/", "tests/"))]
    design = ROOT / "evals" / "designs" / "realtime-serving-2.md"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "copilot.cli.main",
            "review",
            str(design),
            "--ephemeral",
            "--format=html",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert '<article class="finding"' in done.stdout


def test_the_readme_says_what_the_program_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "readme.py"), "--check"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
