from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from openai.types.chat import ChatCompletion

from copilot.errors import KnowledgeError
from copilot.judges.model.prices import Price, Prices, load_prices
from copilot.judges.model.requests import Answer
from copilot.judges.model.wire import from_body, from_completion, from_message
from copilot.knowledge import load_knowledge
from copilot.locations import bundled

MINE = (
    "prices:\n  - {model: 'openai:%s', input: 1, cached_input: 0.5, output: 10, as_of: '2026-01'}\n"
)


def test_the_bundled_prices_tell_where_they_come_from() -> None:
    text = (bundled("knowledge") / "prices.yaml").read_text(encoding="utf-8")
    head, _, _ = text.partition("prices:\n")
    assert re.search(r"Written on 20\d\d-\d\d-\d\d .+ genai-prices \d+\.\d+.*, MIT licence", head)


def test_the_bundled_prices_are_dated_and_sane() -> None:
    prices = load_prices().prices
    assert prices
    for price in prices:
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", price.as_of), price
        assert 0 < price.cached_input <= price.input <= price.output, price
        assert price.cache_write is None or price.input < price.cache_write <= price.output, price


@pytest.mark.parametrize("model", ["anthropic:claude-", "openai:gpt-6"])
def test_what_is_dearer_to_write_into_the_cache_has_its_price(model: str) -> None:
    prices = [p for p in load_prices().prices if p.model.removeprefix("*").startswith(model)]
    assert prices
    assert all(price.cache_write and price.cache_write > price.input for price in prices)


def test_no_bundled_price_stands_before_another() -> None:
    """Each fits its own name and its snapshots, and no other record fits them."""
    prices = load_prices().prices
    for price in prices:
        name = price.model.removeprefix("*").removesuffix("-20*").removesuffix("*")
        own = {f"{name}{date}" for date in ("", "-2026-03-01", "-20260301")}
        own |= {f"azure_{model}" for model in own if model.startswith("openai:")}
        own = {model for model in own if fnmatchcase(model, price.model)}
        assert own, price
        for model in own:
            assert [p.model for p in prices if fnmatchcase(model, p.model)] == [price.model]


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("openai:gpt-4o", "openai:gpt-4o-mini"),
        ("openai:gpt-5", "openai:gpt-5-mini"),
        ("openai:gpt-5-2025-08-07", "openai:gpt-5-nano-2025-08-07"),
        ("openai:gpt-6-sol", "openai:gpt-6-luna"),
        ("azure_openai:gpt-4.1", "azure_openai:gpt-4.1-mini"),
        ("anthropic:claude-fable-5-20260301", "anthropic:claude-fable-5-2-20260301"),
        ("anthropic:claude-opus-5", "anthropic:claude-opus-5-5"),
        ("google_genai:gemini-2.5-flash", "google_genai:gemini-2.5-flash-lite"),
        ("mistralai:mistral-small-latest", "mistralai:mistral-medium-latest"),
    ],
)
def test_models_of_one_family_have_each_their_price(model: str, other: str) -> None:
    prices = load_prices()
    one, two = prices.price(model), prices.price(other)
    assert one is not None
    assert two is not None
    assert (one.input, one.cached_input, one.output) != (two.input, two.cached_input, two.output)


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("openai:gpt-4o-mini", True),
        ("openai:gpt-4o-mini-2024-07-18", True),
        ("azure_openai:gpt-4o", True),
        ("openai:gpt-4o-2024-05-13", False),
        ("openai:gpt-4o-audio-preview", False),
        ("openai:gpt-4o-mini-tts", False),
        ("openai:gpt-5-pro", False),
        ("google_genai:gemini-2.5-pro-tts", False),
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


@pytest.mark.parametrize(("cache_write", "usd"), [("", 2), ("cache_write: 1.25, ", 2.25)])
def test_written_tokens_cost_what_is_taken_for_them_or_as_input(
    tmp_path: Path, cache_write: str, usd: float
) -> None:
    record = (MINE % "mine").replace("as_of", f"{cache_write}as_of")
    (tmp_path / "prices.yaml").write_text(record)
    prices = load_prices([tmp_path])
    answer = Answer("", 3_000_000, 2_000_000, 0, written_tokens=1_000_000)
    assert prices.cost("openai:mine", answer) == usd
    assert prices.times(0.5).cost("openai:mine", answer) == usd / 2
    twice = prices.cost("openai:mine", answer.after(answer))
    assert twice == 2 * usd


@pytest.mark.parametrize(
    "written",
    [
        {"cache_creation": 0, "ephemeral_5m_input_tokens": 8006, "ephemeral_1h_input_tokens": 0},
        {"cache_creation": 0, "ephemeral_5m_input_tokens": 8000, "ephemeral_1h_input_tokens": 6},
        {"cache_creation": 8006},
    ],
)
def test_what_claude_wrote_into_its_cache_is_read_and_paid(written: dict[str, int]) -> None:
    """The usage of a first call as langchain-anthropic reports it; the prompt holds all of it."""
    usage: Any = {
        **{"input_tokens": 9622, "output_tokens": 126, "total_tokens": 9748},
        "input_token_details": {"cache_read": 0, **written},
    }
    answer = from_message(AIMessage("{}", usage_metadata=usage))
    assert (answer.prompt_tokens, answer.cached_tokens, answer.written_tokens) == (9622, 0, 8006)
    mine = Price(
        model="anthropic:x", input=2, cached_input=0.2, output=10, cache_write=2.5, as_of="2026-11"
    )
    cost = Prices(prices=(mine,)).cost("anthropic:x", answer)
    assert cost == pytest.approx((1616 * 2 + 8006 * 2.5 + 126 * 10) / 1_000_000)


@pytest.mark.parametrize(
    "read", [from_body, lambda body: from_completion(ChatCompletion.model_validate(body))]
)
@pytest.mark.parametrize(("told", "written"), [({"cache_write_tokens": 20}, 20), ({}, 0)])
def test_what_openai_wrote_into_its_cache_is_read(
    read: Callable[[Any], Answer], told: dict[str, int], written: int
) -> None:
    usage = {
        **{"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107},
        "prompt_tokens_details": {"cached_tokens": 64, **told},
    }
    choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant"}}
    head = {"id": "x", "object": "chat.completion", "created": 0, "model": "x"}
    answer = read({**head, "choices": [choice], "usage": usage})
    assert answer == Answer("", 100, 64, 7, written_tokens=written, cut=True)


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
        ((MINE % "x").replace("as_of", "cache_write: -1, as_of"), "cache_write"),
    ],
)
def test_an_invalid_price_file_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "prices.yaml").write_text(text)
    with pytest.raises(KnowledgeError, match=says) as error:
        load_prices([tmp_path])
    assert "prices.yaml" in str(error.value)
