"""`archreview review` with a model: a real process, real HTTP to a scripted server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command import hear_ctrl_c
from conftest import ROOT
from endpoint import ScriptedEndpoint, statuses

DESIGN = ROOT / "evals" / "designs" / "rag-1.md"
COMMAND = [sys.executable, "-m", "copilot.cli.main", "review", str(DESIGN)]
KEY = "a-key-that-nobody-may-see-4711"


def archreview(
    endpoint: ScriptedEndpoint, *args: str, code: int = 0, **env: str
) -> subprocess.CompletedProcess[str]:
    given = ["--model", "openai:scripted", "--base-url", endpoint.url, *args]
    done = subprocess.run(
        [*COMMAND, *given],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | env,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def review_json(endpoint: ScriptedEndpoint, *args: str, code: int = 0, **env: str) -> Any:
    return json.loads(archreview(endpoint, *args, "--format", "json", code=code, **env).stdout)


def test_a_review_with_a_model_is_verified_cached_and_shows_what_it_used() -> None:
    text = DESIGN.read_text(encoding="utf-8")
    with ScriptedEndpoint() as endpoint:
        first = review_json(endpoint)
        asked = len(endpoint.calls)
        second = review_json(endpoint)
        assert asked == len(endpoint.calls) == 9
    assert len(first["coverage"]) == 30
    for row in first["coverage"]:
        for citation in row["citations"]:
            assert citation["verified"]
            assert citation["quote"] == text[citation["start"] : citation["end"]]
    assert first["manifest"]["judge"] == "openai:scripted"
    assert {f["origin"] for f in first["findings"]} <= {"model", "rule"}
    usage = first["usage"]
    assert usage["calls"] == 9
    assert usage["cached_tokens"] > 0
    assert usage["cost_usd"] is None
    assert len(usage["by_dimension"]) == 9
    assert (second["usage"]["calls"], second["usage"]["prompt_tokens"]) == (0, 0)
    for part in ("coverage", "findings", "questions", "notes"):
        assert first[part] == second[part]


def test_lies_count_for_nothing_and_are_shown_as_rejected() -> None:
    with ScriptedEndpoint(lambda call: "lies") as endpoint:
        data = review_json(endpoint, code=3)
        report = archreview(endpoint, "--format", "md", code=3).stdout
    assert {row["status"] for row in data["coverage"]} == {"unjudged"}
    assert data["findings"] == [] or {f["kind"] for f in data["findings"]} == {"injection"}
    assert data["strengths"] == []
    citations = [c for row in data["coverage"] for c in row["citations"]]
    assert len(citations) == 30
    assert not any(citation["verified"] for citation in citations)
    assert report.count("rejected: not in the document") == 30
    assert "30 of the model's 30 quotes" in report


def test_a_model_without_any_gap_is_not_trusted() -> None:
    def all_fine(call: Any) -> object:
        answer = statuses("addressed")(call)
        quote = DESIGN.read_text(encoding="utf-8").split("\n\n")[1].strip()[:200]
        for row in answer["rows"]:
            row["quotes"] = [{"passage": "p0001", "text": quote}]
        return answer

    with ScriptedEndpoint(answer=all_fine) as endpoint:
        data = review_json(endpoint)
    assert any(note.startswith("Suspicious: the model reports no gap") for note in data["notes"])
    assert any(note.startswith("The offline judge is sure") for note in data["notes"])
    assert any("The offline judge says missing" in row["rationale"] for row in data["coverage"])


def test_a_dry_run_sends_nothing_and_tells_the_price() -> None:
    with ScriptedEndpoint() as endpoint:
        said = archreview(endpoint, "--dry-run").stdout
        assert endpoint.calls == []
        assert "9 calls" in said
        assert "cost unknown" in said
        priced = archreview(endpoint, "--dry-run", "--model", "openai:gpt-4o-mini").stdout
        assert "USD" in priced
        archreview(endpoint)
        assert "0 calls" in archreview(endpoint, "--dry-run").stdout
        assert "(9 answers stored)" in archreview(endpoint, "--dry-run").stdout


def test_a_failing_endpoint_makes_rows_unjudged_and_the_next_run_asks_only_for_those() -> None:
    with ScriptedEndpoint() as endpoint:
        endpoint.script = lambda call: "400" if "security.audit" in call.aspects else "ok"
        data = review_json(endpoint, code=3)
        without = [row for row in data["coverage"] if row["status"] == "unjudged"]
        assert {row["dimension"] for row in without} == {"security"}
        assert all("HTTP 400" in row["rationale"] for row in without)
        endpoint.script = lambda call: "ok"
        before = len(endpoint.calls)
        review_json(endpoint)
        assert len(endpoint.calls) == before + 1


def test_the_key_appears_nowhere(tmp_path: Path) -> None:
    with ScriptedEndpoint(lambda call: "ok" if call.index < 4 else "500") as endpoint:
        done = archreview(
            endpoint, "--format", "json", code=3, ARCHREVIEW_API_KEY=KEY, ARCHREVIEW_RETRIES="0"
        )
    assert endpoint.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in done.stdout + done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any("answers" in path.parts for path in written)
    assert not any(KEY.encode() in path.read_bytes() for path in written)


def test_ctrl_c_keeps_what_is_finished() -> None:
    with ScriptedEndpoint(latency=0.4) as endpoint:
        args = ["--model", "openai:scripted", "--base-url", endpoint.url, "--concurrency", "1"]
        process = subprocess.Popen(
            [*COMMAND, *args],
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_ctrl_c,
        )
        deadline = time.monotonic() + 60
        while len(endpoint.calls) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "cancelled" in said
        assert "Traceback" not in said
        before = len(endpoint.calls)
        endpoint.latency = 0
        review_json(endpoint)
        assert len(endpoint.calls) - before <= 9 - 3


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--judge", "offline"), ""),
        (("--model", "scripted"), "provider"),
        (("--base-url", "nonsense"), "base URL"),
        (("--max-cost", "1"), "price"),
        (("--max-tokens", "0"), "max_tokens"),
        (("--model", "nosuchprovider:x"), "package"),
        (("--base-url", "https://api.openai.com/v1"), "no key"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_is_sent(
    args: tuple[str, ...], says: str
) -> None:
    with ScriptedEndpoint() as endpoint:
        done = archreview(endpoint, "--ephemeral", *args, code=2 if says else 0)
    assert says in done.stderr
    assert endpoint.calls == []
