"""One chat model behind LangChain: asks for structured output in the way that it is able to.

The ways are tried from the strictest down: a JSON schema that the server enforces, a tool whose
arguments are the answer, a request in words. The first that the endpoint accepts is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from copilot.errors import JudgeError
from copilot.judges.model.access import Access
from copilot.judges.model.client import bind, chat_model, http_client
from copilot.judges.model.faults import CallFailed, Fault, classify
from copilot.judges.model.limits import MAX_RETRY_AFTER, Budget, Gate, backoff
from copilot.judges.model.prices import Prices
from copilot.judges.model.requests import Answer, Request
from copilot.judges.model.rows import ROWS_SCHEMA
from copilot.judges.model.wire import (
    Mode,
    call_estimate,
    from_completion,
    from_message,
    to_langchain,
)

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

MODES: tuple[Mode, ...] = ("json_schema", "tools", "text")

_ATTEMPTS_BUSY = 8
"""Retries of a call that meets 429 only: the endpoint is well, it is just full."""
_ATTEMPTS = {"timeout": 1, "useless": 2, "refused": 1, "request": 0, "key": 0}
"""Retries for each kind of fault, where fewer than the setting make sense."""


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
                spent = (fault.spent or Answer("")).after(spent)
                if not self._again(fault, attempt):
                    raise CallFailed(_reason(fault, attempt), spent=spent) from None
                await asyncio.sleep(backoff(attempt, fault.retry_after))
            except CallFailed:
                raise
            except JudgeError as error:
                raise CallFailed(error.what, spent=spent) from None
            else:
                return answer.after(spent)

    async def keep(self, request: Request, answer: Answer) -> None:
        """An endpoint keeps nothing."""

    async def prepare(self) -> None:
        """Import and make what the first call needs; what is wrong with it, the call will tell."""
        with suppress(CallFailed, Fault):
            self._runnable(self.mode, ROWS_SCHEMA)

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
        estimate = call_estimate(request)
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
        except (JudgeError, Fault):
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
            http = http_client(self.access, self._timeout)
            self._loop, self._client, self._runnables = loop, http, {}
        key = (mode, str(schema.get("title")))
        if key not in self._runnables:
            model = chat_model(self.access, self._parameters, self._client)
            self._runnables[key] = bind(model, mode, schema)
        return self._runnables[key]


def _checked(answer: Answer) -> Answer:
    if not answer.text.strip():
        raise Fault("useless", "the model's answer was empty", spent=answer)
    return answer


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

    async def prepare(self) -> None:
        """Import and make what the first calls need."""
        for endpoint in self.by_model.values():
            await endpoint.prepare()

    async def close(self) -> None:
        """Give all connections back."""
        for endpoint in self.by_model.values():
            await endpoint.close()
