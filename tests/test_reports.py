"""Reports: complete, readable at 80 columns, and deaf to what a document tries to inject."""

from __future__ import annotations

import io
import json
import re

import jsonschema
import pytest
from build import make_citation, make_review, make_row
from markdown_it import MarkdownIt
from rich.console import Console

from copilot.knowledge import Knowledge
from copilot.reports.formats import FORMS, review_schema
from copilot.reports.safe import markdown, one_line, printable
from copilot.reports.terminal import print_review
from copilot.schema import Review, Status

HOSTILE = (
    "\x1b[31mred\x1b]8;;http://evil\x07 [bold]markup[/bold] \u202egnp\u200b "
    "<script>alert(1)</script> ![x](http://evil/x.png) "
    "| cell | `code` # head [link](javascript:1) www.evil.example"
)


@pytest.fixture
def review(knowledge: Knowledge) -> Review:
    rows = {
        "security.encryption": make_row("security.encryption", Status.MISSING),
        "resources.cost": make_row(
            "resources.cost",
            Status.PARTIAL,
            make_citation(HOSTILE),
            make_citation("made up", verified=False),
        ),
        "risk.reliability": make_row("risk.reliability", Status.UNJUDGED, rationale="it timed out"),
        "risk.scalability": make_row("risk.scalability", Status.MISSING, confidence=0.41),
    }
    return make_review(knowledge, rows, title=HOSTILE)


@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_every_form_names_every_finding(form: str, review: Review, knowledge: Knowledge) -> None:
    text = FORMS[form].render(review, knowledge, None).decode()
    assert all(finding.aspect in text for finding in review.findings)
    assert "it timed out" in text or "Unjudged (1)" in text
    assert "0.41" in text


@pytest.mark.parametrize("form", ["text", "md"])
def test_a_rejected_quote_is_shown_as_rejected(
    form: str, review: Review, knowledge: Knowledge
) -> None:
    text = FORMS[form].render(review, knowledge, None).decode()
    assert re.search(r"made up.*?rejected", text, re.S | re.I)


@pytest.mark.parametrize("form", ["text", "md"])
def test_no_control_character_of_the_document_survives(
    form: str, review: Review, knowledge: Knowledge
) -> None:
    text = FORMS[form].render(review, knowledge, None).decode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "<U+001B>" in text or "&lt;U+001B&gt;" in text


def test_markdown_of_the_document_is_inert(review: Review, knowledge: Knowledge) -> None:
    text = FORMS["md"].render(review, knowledge, None).decode()
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert not re.search("<(script|img|a) ?", page)
    assert "http://" not in text
    assert page.count("<h1>") == 1
    assert all(line.count(" | ") == 3 for line in text.splitlines() if line.startswith("| Cost"))


def test_rich_markup_of_the_document_is_shown_literally(
    review: Review, knowledge: Knowledge
) -> None:
    assert "[bold]markup[/bold]" in " ".join(
        FORMS["text"].render(review, knowledge, None).decode().split()
    )


@pytest.mark.parametrize("width", [40, 80, 140])
def test_the_terminal_report_keeps_to_its_width(
    width: int, review: Review, knowledge: Knowledge
) -> None:
    buffer = io.StringIO()
    print_review(Console(file=buffer, width=width, color_system=None), review, knowledge)
    assert max(len(line) for line in buffer.getvalue().splitlines()) <= width


def test_json_is_valid_against_the_published_schema(review: Review, knowledge: Knowledge) -> None:
    data = json.loads(FORMS["json"].render(review, knowledge, None).decode())
    jsonschema.Draft202012Validator(review_schema()).validate(data)
    assert len(data["coverage"]) == 30
    assert Review.model_validate(data) == review


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[0mb", "a<U+001B>[0mb"),
        ("a\u202eb", "a<U+202E>b"),
        ("a\tb\nc", "a\tb\nc"),
        ("\ud83d", "<U+D83D>"),
    ],
)
def test_printable_writes_control_characters_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_one_line_cuts_and_markdown_escapes() -> None:
    assert one_line("a  b\nc" * 10, 8) == "a b ca…"
    assert markdown("- item *x*") == r"\- item \*x\*"
    assert markdown("1. item") == r"\1. item"
