"""The examples of the README for CI: their YAML is parsed, their commands run on a real design."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

SAMPLE = ROOT / "evals" / "designs" / "realtime-serving-2.md"
DESIGN = Path("docs/serving.md")


def example(name: str) -> Any:
    """The YAML of the block that follows `<!-- example: NAME -->`."""
    text = (ROOT / "README.md").read_text("utf-8")
    match = re.search(rf"<!-- example: {name} -->\n```yaml\n(.*?)```", text, re.DOTALL)
    assert match, name
    return yaml.safe_load(match.group(1))


def run(command: str, code: int, **env: str) -> str:
    """Run a line of shell with this environment's `archreview` first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", command],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": path} | env,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


@pytest.fixture
def repository() -> str:
    """A repository with the design committed; the revision of that commit."""
    DESIGN.parent.mkdir()
    shutil.copy(SAMPLE, DESIGN)
    run("git init -q . && git add . && git -c user.name=A -c user.email=a@b.org commit -qm 1", 0)
    return run("git rev-parse HEAD", 0).strip()


def worsen() -> None:
    """Take out of the design what it says on security."""
    lines = DESIGN.read_text("utf-8").splitlines()
    words = ("ncrypt", "TLS", "access", "role", "audit", "log", "GDPR", "rights")
    DESIGN.write_text("\n".join(x for x in lines if not any(w in x for w in words)), "utf-8")


def test_the_workflow_fails_for_what_a_pull_request_makes_worse_and_says_so(
    repository: str,
) -> None:
    workflow = example("workflow")
    assert str(DESIGN) in workflow[True]["pull_request"]["paths"]  # YAML reads `on` as true
    steps = workflow["jobs"]["review"]["steps"]
    (compare,) = (s["run"] for s in steps if s.get("run", "").startswith("archreview"))
    (comment,) = (s["run"] for s in steps if s.get("run", "").startswith("gh "))
    worsen()
    run(compare, 1, BASE=repository)
    written = shlex.split(comment)[shlex.split(comment).index("--body-file") + 1]
    assert "## Regressed" in Path(written).read_text("utf-8")


def test_the_pre_commit_hook_passes_an_unchanged_design_and_stops_a_worse_one(
    repository: str,
) -> None:
    (hook,) = example("pre-commit")["repos"][0]["hooks"]
    assert re.search(hook["files"], str(DESIGN))
    readme = (ROOT / "README.md").read_text("utf-8")
    (baseline,) = re.findall(r"^archreview review .*baseline\.json$", readme, re.MULTILINE)
    run(baseline, 0)
    run(f"{hook['entry']} {DESIGN}", 0)
    worsen()
    run(f"{hook['entry']} {DESIGN}", 1)
