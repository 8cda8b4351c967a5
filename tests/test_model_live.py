"""A real model at OPENAI_BASE_URL: `pytest -m live`, slow.

    OPENAI_BASE_URL=http://127.0.0.1:8091/v1 OPENAI_API_KEY=local ARCHREVIEW_LIVE_MODEL=any \\
        pytest -m live --timeout 7200 tests/test_model_live.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LIVE = {name: os.environ.get(name, "") for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY")}
MODEL = os.environ.get("ARCHREVIEW_LIVE_MODEL", "any")
DESIGNS = ("17-caraml-merlin-serving-architecture.md", "25-amundsen-ml-feature-discovery-rfc.md")


@pytest.mark.live
@pytest.mark.skipif(not LIVE["OPENAI_BASE_URL"], reason="needs a model at OPENAI_BASE_URL")
@pytest.mark.parametrize("name", DESIGNS)
def test_a_real_models_review_is_whole_and_every_counted_quote_stands(
    name: str, benchmark: Path
) -> None:
    design = benchmark / "dev" / "designs" / name
    command = [sys.executable, "-m", "copilot.cli.main", "review", str(design)]
    command += ["--model", f"openai:{MODEL}", "--timeout", "1200", "--format", "json"]
    command += ["--concurrency", "1", "--context-tokens", "16000"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | LIVE)
    assert done.returncode in (0, 3), done.stderr
    data = json.loads(done.stdout)
    text = design.read_text(encoding="utf-8")
    rows = data["coverage"]
    assert len({row["aspect"] for row in rows}) == len(rows) == 30
    assert any(row["status"] != "unjudged" for row in rows)
    for row in rows:
        verified = [c for c in row["citations"] if c["verified"]]
        assert all(c["quote"] == text[c["start"] : c["end"]] for c in verified)
        assert verified or row["status"] not in ("addressed", "partial")
