from __future__ import annotations

from pathlib import Path

import pytest

from copilot.errors import KnowledgeError
from copilot.judges.model.prices import load_prices
from copilot.judges.model.requests import Answer
from copilot.knowledge import load_knowledge

MINE = (
    "prices:\n  - {model: 'openai:%s', input: 1, cached_input: 0.5, output: 10, as_of: '2026-01'}\n"
)


def test_the_bundled_prices_are_dated_and_sane() -> None:
    prices = load_prices().prices
    assert prices
    for price in prices:
        assert price.as_of[:3] == "202"
        assert price.cached_input <= price.input <= price.output


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("openai:gpt-4o-mini", True),
        ("openai:gpt-4o-mini-2024-07-18", True),
        ("openai:gpt-4o-audio-preview", False),
        ("openai:qwen", False),
    ],
)
def test_an_unknown_price_is_none(model: str, known: bool) -> None:
    cost = load_prices().cost(model, Answer("", 1_000_000, 0, 0))
    assert (cost is not None) is known


def test_cached_tokens_cost_what_the_provider_takes_for_them(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text(MINE % "mine")
    prices = load_prices([tmp_path])
    assert prices.cost("openai:mine", Answer("", 3_000_000, 2_000_000, 100_000)) == 1 + 1 + 1


def test_a_pack_may_hold_prices_alone_and_the_later_record_counts(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text(MINE % "gpt-4o")
    load_knowledge([tmp_path])
    price = load_prices([tmp_path]).price("openai:gpt-4o")
    assert price is not None
    assert price.output == 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prices: [", "not YAML"),
        ("costs: []", "no list"),
        ("- a", "no list"),
        ((MINE % "x").replace("input: 1", "input: -1"), "input"),
        ((MINE % "x").replace("as_of", "when"), "as_of"),
    ],
)
def test_an_invalid_price_file_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "prices.yaml").write_text(text)
    with pytest.raises(KnowledgeError, match=says) as error:
        load_prices([tmp_path])
    assert "prices.yaml" in str(error.value)
