"""`archreview doctor`: what works, what is broken, what is sent where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from endpoint import ScriptedEndpoint
from test_cli_review import archreview

KEY = "sk-live-abcdefghijklmnop1234"


def doctor(*args: object, code: int = 0, **env: str) -> tuple[dict[str, list[Any]], str]:
    """The checks by name, and everything that was printed."""
    command = [sys.executable, "-m", "copilot.cli.main", "doctor", "--format", "json"]
    done = subprocess.run(
        [*command, *map(str, args)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | env,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    checks: dict[str, list[Any]] = {}
    for check in json.loads(done.stdout):
        checks.setdefault(check["name"], []).append(check)
    return checks, done.stdout + done.stderr


def test_without_a_model_all_is_well_and_no_socket_is_opened() -> None:
    done = archreview("doctor")
    for name in ("python", "packages", "knowledge", "prompts", "offline judge", "workspace"):
        assert f"ok    {name}" in done.stdout
    assert "nothing leaves this machine" in done.stdout
    assert not Path(".archreview").exists()


@pytest.mark.parametrize(
    ("modes", "way", "state"),
    [
        (("json_schema", "tools", "text"), "JSON schema", "ok"),
        (("tools", "text"), "by tools", "ok"),
        (("text",), "in words", "note"),
    ],
)
def test_the_endpoints_way_of_structured_output_is_found_out(
    modes: tuple[str, ...], way: str, state: str
) -> None:
    with ScriptedEndpoint(answer=lambda call: {"answer": 5}, modes=modes) as endpoint:
        checks, _ = doctor("--model", "openai:scripted", "--base-url", endpoint.url)
        assert all("2 + 3" in call.prompt for call in endpoint.calls)
    (check,) = checks["endpoint"]
    assert way in check["says"]
    assert check["state"] == state


@pytest.mark.parametrize("fault", ["401", "500", "html", "empty", "refusal"])
def test_a_broken_endpoint_is_told_with_its_exit_code(fault: str) -> None:
    with ScriptedEndpoint(lambda call: fault) as endpoint:
        checks, _ = doctor("--model", "openai:scripted", "--base-url", endpoint.url, code=2)
    assert checks["endpoint"][0]["state"] == "broken"


def test_no_call_sends_nothing() -> None:
    with ScriptedEndpoint() as endpoint:
        checks, _ = doctor("--model", "openai:x", "--base-url", endpoint.url, "--no-call")
        assert endpoint.calls == []
    assert "endpoint" not in checks
    assert "blanked" in checks["sent"][0]["says"]


def test_no_key_is_shown_and_none_goes_to_another_host() -> None:
    with ScriptedEndpoint(answer=lambda call: {"answer": 5}) as endpoint:
        checks, printed = doctor(
            "--model", "openai:scripted", "--base-url", endpoint.url, OPENAI_API_KEY=KEY
        )
        assert not any(KEY in str(call.headers) for call in endpoint.calls)
    assert KEY not in printed
    assert "without a key" in checks["model"][0]["says"]
    assert "OPENAI_API_KEY" in checks["variables"][0]["says"]


def test_tracing_and_proxies_are_told_without_their_secrets() -> None:
    checks, printed = doctor(
        "--model",
        "openai:x",
        "--base-url",
        "http://127.0.0.1:9/v1",
        "--no-call",
        LANGSMITH_TRACING="true",
        LANGSMITH_API_KEY="lsv2_secret_abc",
        HTTPS_PROXY="http://user:hidden-pw@proxy.invalid:3128",
    )
    assert checks["tracing"][0]["state"] == "note"
    assert "LANGSMITH_API_KEY" in checks["tracing"][0]["says"]
    assert "http://proxy.invalid:3128" in checks["proxy"][0]["says"]
    assert any("LangSmith" in check["says"] for check in checks["sent"])
    assert "lsv2_secret_abc" not in printed
    assert "hidden-pw" not in printed


def test_no_redact_and_a_remote_embedder_are_said() -> None:
    checks, _ = doctor(
        *("--model", "openai:x", "--base-url", "http://127.0.0.1:9/v1", "--no-call"),
        *("--no-redact", "--embedder", "openai:small"),
    )
    said = " ".join(check["says"] for check in checks["sent"])
    assert "--no-redact" in said
    assert "embedder" in said


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("--knowledge", "absent"), "knowledge"),
        (("--workspace", "file.txt/index"), "workspace"),
        (("--model", "gpt"), "model"),
    ],
)
def test_what_is_broken_is_named(args: tuple[str, ...], name: str) -> None:
    Path("file.txt").write_text("in the way")
    checks, _ = doctor(*args, code=2)
    assert [check["state"] for check in checks[name]] == ["broken"]
