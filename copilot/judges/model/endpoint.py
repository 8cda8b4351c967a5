"""One chat model behind LangChain: asks for structured output in the way that it is able to.

The ways are tried from the strictest down: a JSON schema that the server enforces, a tool whose
arguments are the answer, a request in words. The first that the endpoint accepts is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from copilot.errors import InputError, JudgeError
from copilot.judges.model.access import Access
from copilot.judges.model.faults import CallFailed, Fault, classify
from copilot.judges.model.limits import MAX_RETRY_AFTER, Budget, Gate, backoff
from copilot.judges.model.prices import Prices
from copilot.judges.model.requests import Answer, Request
from copilot.judges.model.wire import (
    Mode,
    answer_estimate,
    estimate_request,
    from_completion,
    from_message,
    to_langchain,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

MODES: tuple[Mode, ...] = ("json_schema", "tools", "text")

_ATTEMPTS_BUSY = 8
"""Retries of a call that meets 429 only: the endpoint is well, it is just full."""
_ATTEMPTS = {"timeout": 1, "useless": 2, "refused": 1, "request": 0, "key": 0}
"""Retries for each kind of fault, where fewer than the setting make sense."""
_HEADERS = frozenset(
    {
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "host"),
        *("user-agent", "authorization", "api-key", "x-stainless-raw-response"),
    }
)
"""What other servers than OpenAI get to see: no organisation, project or custom headers."""


class Endpoint:
    """Sends requests for one model; retries what may pass, and says why when nothing helps."""

    def __init__(
        self,
        access: Access,
        gate: Gate,
        *,
        parameters: Mapping[str, Any],
        timeout: float = 300.0,
        retries: int = 4,
        modes: tuple[Mode, ...] = MODES,
        budget: Budget | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Nothing is imported or sent before the first request."""
        self.access = access
        self._gate, self._parameters = gate, dict(parameters)
        self._timeout, self._retries = timeout, retries
        self._modes = list(modes)
        self._proven = False
        self._answered = False
        self._budget, self._prices = budget or Budget(), prices or Prices(prices=())
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Any = None
        self._runnables: dict[tuple[Mode, str], Runnable[Any, Any]] = {}

    @property
    def mode(self) -> Mode:
        """The way of structured output in use."""
        return self._modes[0]

    async def answer(self, request: Request) -> Answer:
        """The model's answer; raises CallFailed with the reason when there is none."""
        spent = Answer("", calls=0)
        attempt = 0
        while True:
            try:
                answer = await self._attempt(request)
            except Fault as fault:
                attempt += 1
                spent = _sum(spent, fault.spent or Answer(""))
                if not self._again(fault, attempt):
                    raise CallFailed(_reason(fault, attempt), spent=spent) from None
                await asyncio.sleep(backoff(attempt, fault.retry_after))
            except CallFailed:
                raise
            except JudgeError as error:
                raise CallFailed(error.what, spent=spent) from None
            else:
                return _sum(spent, answer)

    async def keep(self, request: Request, answer: Answer) -> None:
        """An endpoint keeps nothing."""

    async def close(self) -> None:
        """Give the connections back."""
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.aclose()
        self._client, self._runnables, self._loop = None, {}, None

    def _again(self, fault: Fault, attempt: int) -> bool:
        if (fault.retry_after or 0) > MAX_RETRY_AFTER:
            return False
        if fault.kind == "busy":
            return attempt <= max(self._retries, _ATTEMPTS_BUSY)
        again = attempt <= min(self._retries, _ATTEMPTS.get(fault.kind, self._retries))
        if not again and fault.kind == "unreachable" and not self._answered:
            self._gate.breaker.give_up(fault)
        return again

    async def _attempt(self, request: Request) -> Answer:
        """One call, with every way of structured output that is left; raises Fault."""
        while True:
            mode = self.mode
            try:
                answer = await self._call(request, mode)
            except Fault as fault:
                if fault.kind == "request" and self._step_down(mode, fault):
                    continue
                raise
            self._proven = True
            return answer

    def _step_down(self, mode: Mode, fault: Fault) -> bool:
        """Leave a way of structured output that the endpoint does not know; False at the end."""
        if "temperature" in fault.reason and self._parameters.pop("temperature", None) is not None:
            self._runnables = {}  # some models take no temperature
            return True
        if mode != self.mode:
            return True  # another call has found out before
        if self._proven or len(self._modes) == 1 or "too long" in fault.reason:
            return False
        del self._modes[0]
        return True

    async def _call(self, request: Request, mode: Mode) -> Answer:
        messages = to_langchain(request, mode, self.access.provider)
        estimate = Answer("", estimate_request(request), 0, answer_estimate(request))
        async with self._gate.slot(_tokens(estimate)):
            reservation = self._reserve(estimate)
            spent = Answer("")
            try:
                spent = await self._send(messages, request, mode)
                return _checked(spent)
            except Fault as fault:
                spent = fault.spent or spent
                self._gate.breaker.failed(fault)
                raise
            finally:
                cost = self._prices.cost(self.access.model, spent)
                self._budget.settle(reservation, _tokens(spent), cost)

    def _reserve(self, estimate: Answer) -> int:
        cost = self._prices.cost(self.access.model, estimate)
        return self._budget.reserve(_tokens(estimate), cost)

    async def _send(self, messages: list[BaseMessage], request: Request, mode: Mode) -> Answer:
        try:
            runnable = self._runnable(mode, request.schema)
            async with asyncio.timeout(self._timeout):
                result = await runnable.ainvoke(messages)
        except JudgeError:
            raise
        except Exception as error:  # every provider's library raises errors of its own
            completion = getattr(error, "completion", None)
            if completion is not None:  # cut off at the limit of tokens
                return from_completion(completion)
            raise classify(error, self.access.key or "") from None
        self._gate.breaker.succeeded()
        self._answered = True
        raw: AIMessage = result["raw"] if isinstance(result, dict) else result
        return from_message(raw)

    def _runnable(self, mode: Mode, schema: dict[str, Any]) -> Runnable[Any, Any]:
        """The model bound to a schema, made once for each event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._client, self._runnables = loop, None, {}
        key = (mode, str(schema.get("title")))
        if key not in self._runnables:
            self._runnables[key] = _bind(self._chat_model(), mode, schema)
        return self._runnables[key]

    def _chat_model(self) -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        options: dict[str, Any] = {**self._parameters, "max_retries": 0}
        if self.access.base_url:
            name = "azure_endpoint" if self.access.provider == "azure_openai" else "base_url"
            options[name] = self.access.base_url
        if self.access.key:
            options["api_key"] = self.access.key
        if self.access.provider in ("openai", "azure_openai"):
            self._client = self._client or _http_client(self.access, self._timeout)
            options |= {"http_async_client": self._client, "openai_proxy": None}
        try:
            model: BaseChatModel = init_chat_model(
                self.access.name, model_provider=self.access.provider, **options
            )
        except (ImportError, ValueError, TypeError) as error:
            said = str(error).split("\n")[0].replace(self.access.key or "\0", "***")[:200]
            raise CallFailed(f"the model {self.access.model} cannot be set up: {said}") from None
        return model


def check_provider(access: Access) -> None:
    """Raise InputError when the package of a provider is not installed, before anything runs."""
    if access.provider in ("openai", "azure_openai"):
        return
    import importlib.util

    package = f"langchain_{access.provider.split('_')[0]}"
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f"the provider {access.provider!r} needs a package that is not installed",
            todo=f"pip install {package.replace('_', '-')}, or use openai: with --base-url",
        )


def _bind(model: BaseChatModel, mode: Mode, schema: dict[str, Any]) -> Runnable[Any, Any]:
    if mode == "text":
        return model
    method = "json_schema" if mode == "json_schema" else "function_calling"
    try:
        return _unparsed(model.with_structured_output(schema, method=method, include_raw=True))
    except (NotImplementedError, ValueError, TypeError) as error:
        said = str(error).split("\n")[0][:200]
        raise Fault("request", f"{mode} is not offered by the model's library: {said}") from None


def _unparsed(structured: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """The bound model without the library's parser after it, which took as long as all the rest.

    The answer is read by `rows`, which makes something of broken JSON too. A structure that is not
    the usual {raw: model} | parser is kept whole.
    """
    steps = getattr(getattr(structured, "first", None), "steps__", None) or {}
    model: Runnable[Any, Any] = steps.get("raw", structured)
    return model


def _http_client(access: Access, timeout: float) -> Any:
    """An HTTP client that follows no redirect and tells other servers nothing about OpenAI."""
    from openai import DefaultAsyncHttpxClient

    async def strip(request: Any) -> None:
        for name in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[name]

    hooks = {} if access.is_openai else {"request": [strip]}
    return DefaultAsyncHttpxClient(
        timeout=timeout, follow_redirects=False, trust_env=not access.local, event_hooks=hooks
    )


def _checked(answer: Answer) -> Answer:
    if not answer.text.strip():
        raise Fault("useless", "the model's answer was empty", spent=answer)
    return answer


def _sum(before: Answer, last: Answer) -> Answer:
    """The last answer with the cost of all attempts."""
    return replace(
        last,
        prompt_tokens=before.prompt_tokens + last.prompt_tokens,
        cached_tokens=before.cached_tokens + last.cached_tokens,
        completion_tokens=before.completion_tokens + last.completion_tokens,
        calls=before.calls + last.calls,
    )


def _tokens(answer: Answer) -> int:
    return answer.prompt_tokens + answer.completion_tokens


def _reason(fault: Fault, attempts: int) -> str:
    tries = f" ({attempts} attempts)" if attempts > 1 else ""
    return f"The call failed: {fault.reason}{tries}."


class Endpoints:
    """Several endpoints as one: each request goes to the one of its model."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        """`endpoints` by `provider:name`."""
        self.by_model = dict(endpoints)

    async def answer(self, request: Request) -> Answer:
        """The answer of the request's model; raises CallFailed."""
        return await self.by_model[request.model].answer(request)

    async def keep(self, request: Request, answer: Answer) -> None:
        """Endpoints keep nothing."""

    async def close(self) -> None:
        """Give all connections back."""
        for endpoint in self.by_model.values():
            await endpoint.close()
