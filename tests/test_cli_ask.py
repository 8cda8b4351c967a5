"""`archreview ask`: offline by the document's own sentences, with a model by verified quotes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from endpoint import Call, ScriptedEndpoint
from test_cli_review import archreview

DESIGN = ROOT / "evals" / "designs" / "realtime-serving-2.md"
QUOTE = "Scores themselves with inputs and model number are stored for 8 years"
LIE = "the zebra committee certified forty purple clusters on the moon"


def on_this_machine(url: str, *args: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command with a model that is served at `url`; its exit code must be `code`."""
    command = [sys.executable, "-m", "copilot.cli.main", *map(str, args)]
    command += ["--model", "openai:scripted", "--base-url", url]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def ask(url: str, *args: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Ask a model that is served at `url`."""
    return on_this_machine(url, "ask", *args, code=code)


def says(*sentences: tuple[str, str], told: bool = True) -> Any:
    """An endpoint's answer: (sentence, quote) pairs."""
    given = [{"text": t, "quotes": [{"passage": "p0001", "text": q}]} for t, q in sentences]
    return lambda call: {"told": told, "sentences": given}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Is data encrypted at rest?", "AES-256"),
        ("Where are scores stored and for how long?", "8 years"),
    ],
)
def test_offline_the_documents_own_sentences_answer(question: str, words: str) -> None:
    data = json.loads(archreview("ask", DESIGN, question, "--format", "json").stdout)
    text = DESIGN.read_text("utf-8")
    assert data["told"]
    assert data["origin"] == "offline"
    assert words in " ".join(sentence["text"] for sentence in data["sentences"])
    for sentence in data["sentences"]:
        (citation,) = sentence["citations"]
        assert citation["verified"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "Which quantum computer is used?",
        "What colour is the logo?",
    ],
)
def test_offline_it_says_when_the_document_does_not_tell(question: str) -> None:
    done = archreview("ask", DESIGN, question)
    assert done.stdout.startswith("The document does not tell.\n")
    assert "Nearest: " in done.stdout


def test_a_models_sentence_is_shown_with_its_verified_quote() -> None:
    with ScriptedEndpoint(answer=says(("Scores are kept for 8 years.", QUOTE))) as endpoint:
        done = ask(endpoint.url, DESIGN, "How long are scores kept?")
    assert "Scores are kept for 8 years. [1]" in done.stdout
    assert QUOTE in done.stdout
    assert "left out" not in done.stdout.lower()


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Scores are kept for 8 years.", LIE),
        ("Scores are kept for 12 years.", QUOTE),
        ("Scores are kept for 8 years.", ""),
    ],
    ids=["invented quote", "number not in the quote", "no quote"],
)
def test_a_sentence_that_no_quote_carries_is_thrown_away(sentence: str, quote: str) -> None:
    with ScriptedEndpoint(answer=says((sentence, quote))) as endpoint:
        done = ask(endpoint.url, DESIGN, "How long are scores kept?", "--format", "json")
    data = json.loads(done.stdout)
    assert not data["told"]
    assert data["sentences"] == []
    assert data["rejected"] == [sentence]
    assert data["nearest"]


def test_a_model_may_say_that_the_document_does_not_tell() -> None:
    with ScriptedEndpoint(answer=says(told=False)) as endpoint:
        done = ask(endpoint.url, DESIGN, "What is the budget of the team?")
    assert done.stdout.startswith("The document does not tell.")


def test_the_same_question_is_answered_from_the_workspace() -> None:
    with ScriptedEndpoint(answer=says(("Scores are kept for 8 years.", QUOTE))) as endpoint:
        first = ask(endpoint.url, DESIGN, "How long are scores kept?")
        second = ask(endpoint.url, DESIGN, "How long are scores kept?")
        assert len(endpoint.calls) == 1
    assert first.stdout == second.stdout


def test_a_secret_is_not_sent_and_its_sentence_still_cites_the_original() -> None:
    line = "Alerts of the scoring service go to jane.doe@corp-ml.io within five minutes."
    Path("design.md").write_text(f"# Alerts\n\n{line}\n", encoding="utf-8")

    def answer(call: Call) -> object:
        sent = next(s for s in call.prompt.splitlines() if s.startswith("Alerts of"))
        return says(("Alerts go to a person.", sent))(call)

    with ScriptedEndpoint(answer=answer) as endpoint:
        done = ask(
            endpoint.url, "design.md", "Who gets alerts, j.doe@corp-ml.io?", "--format", "json"
        )
        assert "corp-ml.io" not in endpoint.calls[0].prompt
    (sentence,) = json.loads(done.stdout)["sentences"]
    assert sentence["citations"][0]["quote"] == line


@pytest.mark.parametrize("fault", ["truncated", "refusal", "empty", "html", "401"])
def test_an_endpoint_that_fails_is_one_line_and_exit_code_3(fault: str) -> None:
    with ScriptedEndpoint(lambda call: fault, answer=says(("Kept.", QUOTE))) as endpoint:
        done = ask(endpoint.url, DESIGN, "How long are scores kept?", "--timeout", "5", code=3)
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_an_answer_in_prose_is_read() -> None:
    with ScriptedEndpoint(
        lambda call: "prose", answer=says(("Kept for 8 years.", QUOTE))
    ) as endpoint:
        assert "Kept for 8 years. [1]" in ask(endpoint.url, DESIGN, "How long?").stdout


@pytest.mark.parametrize("question", ["", "   ", "x" * 3_000])
def test_an_empty_or_endless_question_is_bad_input(question: str) -> None:
    assert "question" in archreview("ask", DESIGN, question, code=2).stderr
