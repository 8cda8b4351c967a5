"""The signs of an attack: the quick way through plain text gives what the whole one gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

from copilot.review import signs

ROOT = Path(__file__).resolve().parents[1]
UNSEEN = "\u00e9"
"""A letter outside ASCII behind a sentence sends it the whole way and matches no sign."""


def test_plain_sentences_score_the_same_on_either_way_and_in_any_case() -> None:
    sentences = {line for path in _texts() for line in _lines(path) if line.isascii()}
    scores = {each: signs.score(f"{each} .") for each in sentences}
    assert sum(score >= 2 for score in scores.values()) > 50
    for sentence, score in scores.items():
        assert signs.score(f"{sentence} .{UNSEEN}") == score, sentence
        assert (signs.score(f"{sentence} .".swapcase()) >= 2) == (
            signs.score(f"{sentence} .{UNSEEN}".swapcase()) >= 2
        ), sentence


def _texts() -> list[Path]:
    return [
        ROOT / "evals/attacks/attacks.jsonl",
        *sorted((ROOT / "evals/designs").glob("*.md"))[:3],
    ]


def _lines(path: Path) -> list[str]:
    text = path.read_text("utf-8")
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in text.splitlines()]
        text = "\n".join(v for row in rows for v in row.values() if isinstance(v, str))
    return [" ".join(line.split()) for line in re.split(r"\n|(?<=[.!?]) ", text) if line.strip()]
