"""What a dry run tells: who writes how much into the provider's cache."""

from __future__ import annotations

import pytest
from conftest import ROOT

from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.judges.model.estimate import Estimate, estimate
from copilot.judges.model.prices import Price, Prices
from copilot.judges.model.requests import judge_requests
from copilot.judges.protocol import Evidence
from copilot.knowledge import Knowledge
from copilot.prompts import load_prompts

DESIGN = ROOT / "evals" / "designs" / "rag-1.md"
MILLION = 1_000_000


def told(knowledge: Knowledge, model: str, stored: int = 0, **prices: float) -> Estimate:
    """The estimate of a review of which the first answers are stored; a price not given is 0."""
    document = load_document(DESIGN)
    evidence = Evidence(document, split(document), {})
    made = judge_requests(
        knowledge.dimensions,
        evidence,
        knowledge,
        load_prompts(),
        model,
        "standard",
        lambda text: text,
    )
    given = {"input": 0.0, "cached_input": 0.0, "output": 0.0} | prices
    known = Prices(prices=(Price(model=model, as_of="2026-11", **given),))
    return estimate(
        made, made[:stored].__contains__, knowledge.dimensions, evidence, "standard", known
    )


@pytest.mark.parametrize("stored", [0, 3])
def test_claude_writes_the_shared_part_with_the_first_call_that_is_sent(
    knowledge: Knowledge, stored: int
) -> None:
    found = told(knowledge, "anthropic:x", stored, cache_write=MILLION)
    assert found.calls == 9 - stored
    prefix = found.shared_tokens / (found.calls - 1)
    assert found.cost_usd == prefix > 0
    assert found.cost_without_cache_usd == prefix * found.calls


def test_elsewhere_every_call_writes_what_the_cache_does_not_hold(knowledge: Knowledge) -> None:
    found = told(knowledge, "openai:x", cache_write=MILLION)
    assert found.cost_usd == found.prompt_tokens - found.shared_tokens
    assert found.cost_without_cache_usd == found.prompt_tokens


@pytest.mark.parametrize("model", ["anthropic:x", "openai:x"])
def test_writing_costs_as_input_where_nothing_else_is_known(
    knowledge: Knowledge, model: str
) -> None:
    found = told(knowledge, model, input=MILLION)
    assert found.cost_usd == found.prompt_tokens - found.shared_tokens
    assert found.cost_without_cache_usd == found.prompt_tokens
