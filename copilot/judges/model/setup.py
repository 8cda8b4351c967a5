"""The model judge as the settings describe it; nothing is sent before its first call."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from copilot.errors import InputError
from copilot.judges.model.access import Access, resolve
from copilot.judges.model.cache import AnswerCache, CachedAnswers
from copilot.judges.model.client import check_provider
from copilot.judges.model.endpoint import Endpoint, Endpoints
from copilot.judges.model.judge import ModelJudge, ModelOptions
from copilot.judges.model.limits import Budget, Gate
from copilot.judges.model.prices import Prices, load_prices
from copilot.judges.model.requests import Answers
from copilot.knowledge import Knowledge
from copilot.prompts import load_prompts
from copilot.settings import Settings


def make_model_judge(
    settings: Settings,
    knowledge: Knowledge,
    answers: Answers | None = None,
    prices: Prices | None = None,
) -> ModelJudge:
    """The judge; `answers` takes the place of the endpoint and its cache, `prices` of the list's.

    Raises InputError for a model, address, key or budget that cannot be used, KnowledgeError for
    an invalid prompt or price.
    """
    prices = prices or load_prices(settings.knowledge)
    options = model_options(settings)
    return ModelJudge(
        knowledge,
        load_prompts(),
        answers or make_answers(settings, prices),
        options,
        redact=redaction(settings),
        prices=prices,
    )


def model_options(settings: Settings) -> ModelOptions:
    """How the model is asked; raises InputError when the settings name none."""
    if settings.model is None:
        raise InputError(
            "no model is configured",
            todo="give --model provider:name (or ARCHREVIEW_MODEL), or use --judge offline",
        )
    return ModelOptions(
        model=settings.model,
        critic_model=settings.critic_model,
        depth=settings.depth,
        context_tokens=settings.context_tokens,
        parameters=parameters(settings),
    )


def parameters(settings: Settings) -> dict[str, Any]:
    """What is sent beside the messages, part of a request's digest."""
    given: dict[str, Any] = {"max_tokens": settings.answer_tokens}
    if settings.temperature is not None:
        given["temperature"] = settings.temperature
    return given


def redaction(settings: Settings) -> Callable[[str], str]:
    """What texts pass through before they are sent."""
    if not settings.redact:
        return lambda text: text
    from copilot.judges.model.redact import redact

    return lambda text: redact(text).text


def make_answers(
    settings: Settings,
    prices: Prices,
    budget: Budget | None = None,
    make_gate: Callable[[str], Gate] | None = None,
) -> CachedAnswers:
    """The endpoints of the settings' models behind the cache of the workspace; see `endpoints`."""
    return cached(settings, endpoints(settings, prices, budget, make_gate))


def cached(settings: Settings, inner: Answers) -> CachedAnswers:
    """The cache of the workspace before another source of answers; raises InputError."""
    folder = None if settings.ephemeral else settings.workspace / "answers"
    addresses = {access.model: access.address for access in accesses(settings, os.environ)}
    return CachedAnswers(inner, AnswerCache(folder), addresses)


def endpoints(
    settings: Settings,
    prices: Prices,
    budget: Budget | None = None,
    make_gate: Callable[[str], Gate] | None = None,
) -> Endpoints:
    """The endpoints of the settings' models; raises InputError for those that cannot be used.

    `budget` is shared with who made it; `make_gate` makes the gate of an address that other
    processes use too.
    """
    found = accesses(settings, os.environ)
    check_budget(settings, prices, found)
    budget = budget or Budget(settings.max_tokens, settings.max_cost)
    gates: dict[str, Gate] = {}
    return Endpoints(
        {
            access.model: Endpoint(
                access,
                gates.setdefault(
                    access.address, make_gate(access.address) if make_gate else _gate(settings)
                ),
                parameters=parameters(settings),
                timeout=settings.timeout,
                retries=settings.retries,
                budget=budget,
                prices=prices,
            )
            for access in found
        }
    )


def accesses(settings: Settings, environment: Mapping[str, str]) -> list[Access]:
    """How the settings' models are reached, the judge's first; raises InputError.

    The address and key of the settings are for the judge's provider; a critic of another provider
    uses that provider's own.
    """
    key = settings.api_key.get_secret_value() if settings.api_key else None
    judge = resolve(model_options(settings).model, settings.base_url, key, environment)
    found = [judge]
    if settings.critic_model and settings.critic_model != judge.model:
        same = settings.critic_model.partition(":")[0] == judge.provider
        base_url, key = (settings.base_url, key) if same else (None, None)
        found.append(resolve(settings.critic_model, base_url, key, environment))
    for access in found:
        check_provider(access)
    return found


def tracing(environment: Mapping[str, str]) -> bool:
    """True when the user has LangSmith tracing on, which sends every prompt to LangSmith."""
    names = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2")
    return any(environment.get(name, "").lower() in ("true", "1") for name in names)


def _gate(settings: Settings) -> Gate:
    return Gate(settings.concurrency, settings.requests_per_minute, settings.tokens_per_minute)


def check_budget(settings: Settings, prices: Prices, found: list[Access]) -> None:
    """Raise InputError when --max-cost cannot hold because a price is not known."""
    for access in found:
        if settings.max_cost is not None and prices.price(access.model) is None:
            raise InputError(
                f"the price of {access.model} is not known, so --max-cost cannot hold",
                todo="use --max-tokens, or give its price in a prices.yaml (--knowledge FOLDER)",
            )
