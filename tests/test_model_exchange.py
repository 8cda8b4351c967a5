"""Requests out, answers in: a review by a model that is never called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from endpoint import row
from test_cli_review import NO_SOCKETS

from copilot.judges.model.requests import Message, Request

DESIGN = ROOT / "evals" / "designs" / "realtime-serving-2.md"
QUOTE = "Scores themselves with inputs and model number are stored for 8 years"


NO_CALLS = NO_SOCKETS.replace("socket.socket.bind = refuse\n", "")
"""Calls are refused; urllib3, which detect-secrets imports, binds ::1 to see if IPv6 is there."""


def archreview(*args: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command without a network; its exit code must be `code`."""
    done = subprocess.run(
        [sys.executable, "-c", NO_CALLS, *map(str, args)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def export(folder: str = "requests", *args: object) -> dict[str, dict[str, Any]]:
    """The exported requests by id."""
    archreview("prompts", "export", DESIGN, "--out", folder, *args)
    return {path.stem: json.loads(path.read_text("utf-8")) for path in Path(folder).iterdir()}


def answer(identifier: str, aspects: list[str], status: str = "partial", quote: str = QUOTE) -> str:
    rows = [row(aspect, status, ("p0001", quote)) for aspect in aspects]
    Path("answers").mkdir(exist_ok=True)
    text = json.dumps({"rows": rows})
    Path("answers", f"{identifier}.json").write_text(text, encoding="utf-8")
    return text


def aspects_of(request: dict[str, Any]) -> list[str]:
    tail = request["messages"][-1]["content"].rstrip().rsplit("\n\n", 1)[-1]
    return [line[2:] for line in tail.splitlines() if line.startswith("- ")]


def imported(*args: object, code: int = 0) -> tuple[Any, str]:
    done = archreview("prompts", "import", "answers", DESIGN, "--format", "json", *args, code=code)
    return json.loads(done.stdout), done.stderr


def test_an_exported_request_is_what_would_be_sent() -> None:
    requests = export()
    assert len(requests) == 9
    assert len({json.dumps(r["messages"][:2]) for r in requests.values()}) == 1
    for identifier, record in requests.items():
        assert record["id"] == identifier
        messages = tuple(
            Message(m["role"], m["content"], cache_breakpoint=n == 1)
            for n, m in enumerate(record["messages"])
        )
        again = Request(
            identifier, messages, record["schema"], record["model"], record["parameters"]
        )
        assert again.digest == record["digest"]


def test_answers_for_all_requests_make_a_whole_review() -> None:
    for identifier, request in export().items():
        answer(identifier, aspects_of(request))
    data, talk = imported()
    assert {row["status"] for row in data["coverage"]} == {"partial"}
    text = DESIGN.read_text("utf-8")
    for line in data["coverage"]:
        (citation,) = line["citations"]
        assert citation["verified"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert data["usage"]["calls"] == 0
    assert "no answer" not in talk


def test_a_lie_in_an_answer_file_is_rejected_as_any_models() -> None:
    request = export("requests", "--dimension", "risk")["judge-risk"]
    answer("judge-risk", aspects_of(request), "addressed", "the zebra committee certified it all")
    data, _ = imported("--dimension", "risk", code=3)
    rows = [line for line in data["coverage"] if line["dimension"] == "risk"]
    assert not any(c["verified"] for line in rows for c in line["citations"])
    assert all(line["status"] in ("unjudged", "partial") for line in rows)


def test_a_missing_answer_is_unjudged_with_its_reason() -> None:
    request = export("requests", "--dimension", "risk", "--dimension", "security")["judge-risk"]
    answer("judge-risk", aspects_of(request))
    Path("answers/notes.txt").write_text("mine")
    data, talk = imported("--dimension", "risk", "--dimension", "security", code=3)
    security = [line for line in data["coverage"] if line["dimension"] == "security"]
    assert all(line["status"] == "unjudged" for line in security)
    assert all("judge-security" in line["rationale"] for line in security)
    assert "no answer for judge-security" in talk
    assert "notes.txt" in talk


def test_the_answer_may_come_as_a_chat_window_or_a_batch_gives_it() -> None:
    aspects = aspects_of(export("requests", "--dimension", "risk")["judge-risk"])
    text = answer("judge-risk", aspects)
    for wrapped in (
        f"Here you go:\n```json\n{text}\n```\nAnything else?",
        json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}),
        json.dumps({"answer": json.loads(text)}),
    ):
        Path("answers/judge-risk.json").write_text(wrapped, encoding="utf-8")
        data, _ = imported("--dimension", "risk")
        rows = [line for line in data["coverage"] if line["dimension"] == "risk"]
        assert {line["status"] for line in rows} == {"partial"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"digest": "0000", "answer": {"rows": []}}', "another request"),
        ('{"id": "judge-risk", "messages": [], "schema": {}}', "the request itself"),
        ("", "empty"),
        ("I would rather not.", "no JSON"),
    ],
)
def test_an_unusable_answer_file_says_why(content: str, says: str) -> None:
    Path("answers").mkdir()
    Path("answers/judge-risk.json").write_text(content)
    data, _ = imported("--dimension", "risk", code=3)
    rows = [line for line in data["coverage"] if line["dimension"] == "risk"]
    assert all(says in line["rationale"] for line in rows), rows[0]["rationale"]


def test_what_the_answers_give_rise_to_is_written_for_another_round() -> None:
    aspects = aspects_of(export("requests", "--dimension", "risk")["judge-risk"])
    answer("judge-risk", aspects[1:])
    _, talk = imported("--dimension", "risk", "--further", "more", code=3)
    (path,) = Path("more").iterdir()
    record = json.loads(path.read_text("utf-8"))
    assert aspects[0] in record["messages"][-1]["content"]
    assert path.stem in talk
    answers = {path.stem: answer(path.stem, aspects[:1])}
    data, _ = imported("--dimension", "risk")
    assert answers
    assert not [r for r in data["coverage"] if r["aspect"] in aspects and r["status"] == "unjudged"]


def test_secrets_do_not_leave_in_exported_files() -> None:
    text = DESIGN.read_text("utf-8") + '\n\npassword = "hunter2-blue-42"\n\nMail j.doe@corp-ml.io\n'
    Path("design.md").write_text(text, encoding="utf-8")
    archreview("prompts", "export", "design.md", "--out", "out", "--dimension", "risk")
    sent = Path("out/judge-risk.json").read_text("utf-8")
    assert "hunter2-blue-42" not in sent
    assert "j.doe@corp-ml.io" not in sent
    archreview(
        "prompts", "export", "design.md", "--out", "raw", "--dimension", "risk", "--no-redact"
    )
    assert "hunter2-blue-42" in Path("raw/judge-risk.json").read_text("utf-8")


@pytest.mark.parametrize("folder", ["absent", "empty"])
def test_a_folder_without_answers_is_told(folder: str) -> None:
    Path("empty").mkdir()
    done = archreview("prompts", "import", folder, DESIGN, code=2)
    assert done.stderr.startswith(f"archreview: {folder}: ")


def test_the_prompts_are_listed_with_versions() -> None:
    listed = archreview("prompts", "list").stdout
    assert "system: version " in listed
    assert "ask: version " in listed


def test_an_export_needs_no_heavy_client() -> None:
    program = (
        "import sys\nfrom copilot.cli.main import cli\n"
        f"cli.main(['prompts', 'export', {str(DESIGN)!r}, '--out', 'o', '--ephemeral'],"
        " standalone_mode=False)\n"
        "print([m for m in ('openai', 'langchain_openai') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
