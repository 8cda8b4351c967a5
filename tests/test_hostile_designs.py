"""Large and strange documents are reviewed or refused, never a crash; see evals/bench for times."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli_review import archreview, review_json

BIG = {
    "one-line.md": "word " * 2_100_000,
    "headings.md": "".join(f"# heading {n}\n\ntext {n}\n\n" for n in range(100_000)),
}
STRANGE = {
    "nested-lists.md": "".join(" " * (2 * (n % 200)) + "- gpu item\n" for n in range(3_000)),
    "invisible.md": "\u202eabc\u200b def\u2066ghi\u200d replicas. " * 2_000,
    "unclosed-fence.md": "# t\n\n```mermaid\n" + "a --> b\n" * 2_000,
    "wide-table.md": "|" + " cell |" * 3_000 + "\n|" + "---|" * 3_000 + "\n" + "| x " * 3_000,
    "markup.md": "# [bold red]x[/]\n\n\x1b]0;title\x07[link=http://evil]three replicas[/link] fail",
    "one-word.md": "a" * 300_000,
}


@pytest.mark.parametrize("name", BIG)
def test_a_text_over_the_cap_is_refused_with_the_setting_to_change(name: str) -> None:
    Path(name).write_text(BIG[name], encoding="utf-8")
    done = archreview("review", name, "--ephemeral", code=2)
    assert done.stderr.startswith(f"archreview: {name}: ")
    assert "max_chars" in done.stderr


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_text_is_reviewed_with_sound_citations(name: str) -> None:
    Path(name).write_text(STRANGE[name], encoding="utf-8")
    data = review_json(name, "--ephemeral")
    assert len(data["coverage"]) == 30
    text = STRANGE[name]
    for citation in (c for row in data["coverage"] for c in row["citations"]):
        assert citation["quote"] == text[citation["start"] : citation["end"]]


def test_a_document_cannot_write_to_the_terminal() -> None:
    Path("markup.md").write_text(STRANGE["markup.md"], encoding="utf-8")
    for form in ("text", "md", "json"):
        done = archreview("review", "markup.md", "--ephemeral", "--format", form)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\x07" not in done.stdout + done.stderr


def test_a_hostile_file_name_is_written_out() -> None:
    name = "a\x1b[31mb\n.md"
    Path(name).write_text("# Design\n\nThree replicas run behind a load balancer.\n")
    done = archreview("review", name, "--ephemeral")
    assert "\x1b" not in done.stdout + done.stderr
    assert json.loads(archreview("review", name, "--ephemeral", "--format", "json").stdout)
