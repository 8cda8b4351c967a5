"""What a review would send and cost, told before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from copilot.judges.model.context import estimate_tokens
from copilot.judges.model.critic import STRONG_SIMILARITY
from copilot.judges.model.prices import Prices
from copilot.judges.model.requests import Answer, Depth, Request
from copilot.judges.model.wire import answer_estimate, estimate_request, marks_cache
from copilot.judges.protocol import Evidence
from copilot.schema import Dimension, Record


class Estimate(Record):
    """Calls, tokens and cost of a review; tokens are estimates, a cost of None is unknown."""

    calls: int
    """That would be sent now; those whose answers are stored are not."""
    stored: int
    further: int
    """Calls at most that depend on the answers: re-asks, critics, the completeness pass."""
    prompt_tokens: int
    shared_tokens: int
    """Prompt tokens of the part that all calls share, after the first call."""
    completion_tokens: int
    cost_usd: float | None
    """With the provider's cache holding the shared part after the first call, which writes it."""
    cost_without_cache_usd: float | None
    """With every call writing it anew, and none finding it."""
    whole_document: bool


def estimate(
    requests: Sequence[Request],
    stored: Callable[[Request], bool],
    dimensions: Sequence[Dimension],
    evidence: Evidence,
    depth: Depth,
    prices: Prices,
) -> Estimate:
    """The estimate for these first requests of one review."""
    fresh = [request for request in requests if not stored(request)]
    prompts = [estimate_request(request) for request in fresh]
    tasks = [estimate_tokens(request.messages[-1].content) for request in fresh]
    shared = sum(p - t for p, t in zip(prompts[1:], tasks[1:], strict=True))
    answers = sum(map(answer_estimate, fresh))
    written = sum(map(_cacheable, fresh))
    costs = {
        cached: _cost(fresh, Answer("", sum(prompts), cached, answers, written - cached), prices)
        for cached in (0, shared)
    }
    whole = bool(requests) and "The document is complete." in requests[0].messages[1].content
    return Estimate(
        calls=len(fresh),
        stored=len(requests) - len(fresh),
        further=_further(dimensions, evidence, depth),
        prompt_tokens=sum(prompts),
        shared_tokens=shared,
        completion_tokens=answers,
        cost_usd=costs[shared],
        cost_without_cache_usd=costs[0],
        whole_document=whole,
    )


def _cacheable(request: Request) -> int:
    """Tokens that the provider writes into its cache unless they are there."""
    prompt = estimate_request(request)
    marked = marks_cache(request.model.partition(":")[0])
    return prompt - estimate_tokens(request.messages[-1].content) if marked else prompt


def _cost(requests: Sequence[Request], total: Answer, prices: Prices) -> float | None:
    return prices.cost(requests[0].model, total) if requests else 0.0


def _further(dimensions: Sequence[Dimension], evidence: Evidence, depth: Depth) -> int:
    if depth == "quick":
        return 0
    asked_again = sum(
        any(
            hit.similarity >= STRONG_SIMILARITY
            for aspect in dimension.aspects
            for hit in evidence.hits.get(aspect.id, ())
        )
        for dimension in dimensions
    )
    return asked_again + (len(dimensions) + 1 if depth == "deep" else 0)
