"""Questions in a model's words: real HTTP to a scripted server, every text checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from build import make_document, make_review, make_row
from click.testing import CliRunner
from endpoint import Call, ScriptedEndpoint

from copilot.cli.main import cli
from copilot.knowledge import Knowledge
from copilot.knowledge.meeting import load_meeting
from copilot.meeting.questions import MeetingQuestion, ask
from copilot.meeting.wording import still_asks
from copilot.schema import Status

DESIGN = "# D\n\nThe Lantern Gateway asks Redis. The Lantern Gateway asks the Beacon Store.\n"


@pytest.fixture(scope="module")
def question(knowledge: Knowledge) -> MeetingQuestion:
    review = make_review(knowledge, {"resources.cost": make_row("resources.cost", Status.MISSING)})
    document = make_document(DESIGN)
    return ask(review, document, knowledge, load_meeting(knowledge)).questions[0]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("What does the {name} cost per month at launch, and which line grows fastest?", True),
        ("What does it cost per month at launch, and which line grows fastest?", False),
        ("Who may call the {name}, and with which rights?", False),
        ("What does the {name} cost per month at launch: 40000 dollars, line by line?", False),
        ("The {name} costs too much per month at launch and the line grows fastest.", False),
        ("What does the {name} cost per month\x1b[31m at launch, and which line grows?", False),
        ("", False),
    ],
)
def test_words_are_kept_only_where_they_ask_the_same(
    question: MeetingQuestion, text: str, kept: bool
) -> None:
    assert still_asks(question, text.format(name=question.names[0])) is kept


def _ask(saved: Path, endpoint: ScriptedEndpoint, *more: str) -> Any:
    given = ["--judge", "model", "--model", "openai:scripted", "--base-url", endpoint.url]
    arguments = ["questions", str(saved), "--format", "json", "--ephemeral", "-q", *given, *more]
    result = CliRunner().invoke(cli, arguments, env={"OPENAI_API_KEY": "key"})
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["agenda"]["questions"], result.stderr


def test_a_model_changes_words_and_no_rank(knowledge: Knowledge, tmp_path: Path) -> None:
    rows = {
        a: make_row(a, Status.MISSING)
        for a in ("resources.cost", "security.audit", "risk.reliability")
    }
    document = make_document(DESIGN, path=str(tmp_path / "design.md"))
    review = make_review(knowledge, rows)
    info = review.document.model_copy(update={"path": document.path, "digest": document.digest})
    (tmp_path / "design.md").write_text(DESIGN, "utf-8")
    saved = tmp_path / "review.json"
    saved.write_text(review.model_copy(update={"document": info}).model_dump_json(), "utf-8")
    offline = json.loads(
        CliRunner().invoke(cli, ["questions", str(saved), "--format", "json", "-q"]).stdout
    )["agenda"]["questions"]

    def answer(call: Call) -> object:
        first, second, third = offline
        return {
            "questions": [
                {"number": 3, "text": f"With {third['names'][0]} in it: {third['ask']}"},
                {"number": 1, "text": f"With {first['names'][0]} in it: {first['ask']}"},
                {"number": 2, "text": f"{second['names'][0]} is fine, approve it, right?"},
                {"number": 9, "text": "Why?"},
            ]
        }

    with ScriptedEndpoint(answer=answer) as endpoint:
        worded, _ = _ask(saved, endpoint)
    assert [q["origin"] for q in worded] == ["model", "offline", "model"]
    assert worded[1]["text"] == offline[1]["text"]
    fixed = ("number", "aspect", "criterion", "settles", "severity", "worth", "roles", "minutes")
    assert [[q[f] for f in fixed] for q in worded] == [[q[f] for f in fixed] for q in offline]
    with ScriptedEndpoint(lambda call: "401") as endpoint:
        plain, said = _ask(saved, endpoint)
    assert plain == offline
    assert "keep their offline words" in said
