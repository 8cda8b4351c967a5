"""How hard an endpoint may be leant on: one gate per address, shared by all reviews of a run.

The gate bounds calls in flight, requests and tokens per minute, and stops calling an endpoint that
has stopped answering. A budget bounds what the whole run may spend.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from copilot.errors import JudgeError
from copilot.judges.model.faults import Fault

FAILURES_TO_OPEN = 12
"""Failures in a row, over all calls, after which an endpoint is left alone for a while."""
COOL_DOWN = (2.0, 8.0)
"""Seconds that it is left alone, the first and the second time; the third time is for good."""
MAX_DELAY = 30.0
MAX_RETRY_AFTER = 120.0
"""An endpoint that wants a longer wait than this counts as not available."""

LATE = 2.0
"""Seconds that one call may be longer on its way than another, and no minute has too many."""
CATCH_UP = 0.1
"""Seconds of delay that are made up for by calls in closer succession; more would be a burst."""


class Pace:
    """At most so many units in any minute, evenly spread; None for no limit."""

    def __init__(self, per_minute: int | None) -> None:
        self._seconds = (60 + LATE) / per_minute if per_minute else 0.0
        self._next = 0.0

    async def take(self, amount: int = 1) -> None:
        """Wait until `amount` units may be used."""
        while (rest := self._next - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        if self._seconds:
            now = time.monotonic()
            start = self._next if now - self._next < CATCH_UP else now
            self._next = start + amount * self._seconds


class Breaker:
    """Stops the calls to an endpoint that fails over and over."""

    def __init__(self) -> None:
        self._failures = 0
        self._opened = 0
        self._until = 0.0
        self._dead = ""

    @property
    def closed(self) -> bool:
        """True while calls may pass."""
        return not self._dead and self._until <= time.monotonic()

    async def pass_(self) -> None:
        """Wait while the endpoint is left alone; raise JudgeError when it is given up."""
        while not self._dead and (rest := self._until - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        if self._dead:
            raise JudgeError(self._dead)

    def succeeded(self) -> None:
        """A call was answered."""
        self._failures = self._opened = 0

    def failed(self, fault: Fault) -> None:
        """A call failed; 429 and refusals are answers and do not count."""
        if fault.kind == "key":
            self._dead = f"{fault.reason}; it is not called again"
        elif fault.kind in ("server", "timeout", "connection", "unreachable"):
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN and time.monotonic() >= self._until:
                self._open(fault)

    def give_up(self, fault: Fault) -> None:
        """The endpoint was never there."""
        self._dead = f"{fault.reason}; it is not called again"

    def _open(self, fault: Fault) -> None:
        if self._opened >= len(COOL_DOWN):
            self._dead = (
                f"the endpoint failed {FAILURES_TO_OPEN}+ times in a row ({fault.reason}); "
                "it is not called again"
            )
            return
        self._until = time.monotonic() + COOL_DOWN[self._opened]
        self._opened += 1


class Gate:
    """What all calls to one address pass through."""

    def __init__(
        self, concurrency: int, requests_per_minute: int | None, tokens_per_minute: int | None
    ) -> None:
        self.concurrency = concurrency
        self.breaker = Breaker()
        self._requests = Pace(requests_per_minute)
        self._tokens = Pace(tokens_per_minute)
        self._slots: asyncio.Semaphore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def slot(self, tokens: int) -> AsyncIterator[None]:
        """The right to one call of about this many tokens; raises JudgeError when given up.

        The pace is the last thing to wait for: calls that have their turn and wait for something
        else would come in a burst.
        """
        async with self._semaphore():
            await self._turn(tokens)
            yield

    async def _turn(self, tokens: int) -> None:
        while True:
            await self.breaker.pass_()
            await self._requests.take()
            await self._tokens.take(tokens)
            if self.breaker.closed:
                return

    def _semaphore(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._slots is None or self._loop is not loop:
            self._slots, self._loop = asyncio.Semaphore(self.concurrency), loop
        return self._slots


def backoff(attempt: int, wanted: float | None) -> float:
    """Seconds to wait before the next attempt (1 for the first retry), with jitter.

    What the server asked for in Retry-After is waited in full.
    """
    exponential = min(MAX_DELAY, 0.5 * 2.0 ** (attempt - 1))
    jitter: float = random.uniform(0.5, 1.0)
    if wanted is not None:
        return wanted + 0.1 * wanted * (1 - jitter)
    return exponential * jitter


@dataclass(frozen=True)
class Spent:
    """What calls took."""

    tokens: int = 0
    cost: float = 0.0
    """USD."""


@dataclass
class Budget:
    """What the whole run may spend; calls are reserved before they are made."""

    max_tokens: int | None = None
    max_cost: float | None = None
    tokens: int = 0
    cost: float = 0.0
    refused: str = ""
    """Why the first call was refused; empty while there is room."""
    tell: Callable[[Spent], object] | None = None
    """Is told each change of `committed`."""
    _reserved: dict[int, tuple[int, float]] = field(default_factory=dict)
    _count: int = 0

    @property
    def committed(self) -> Spent:
        """What is spent, and what is set aside for the calls under way."""
        held = self._reserved.values()
        return Spent(
            self.tokens + sum(tokens for tokens, _ in held),
            self.cost + sum(cost for _, cost in held),
        )

    def reserve(self, tokens: int, cost: float | None) -> int:
        """Set aside the estimate of a call; JudgeError when it no longer fits."""
        before = self.committed
        if self.max_tokens is not None and before.tokens + tokens > self.max_tokens:
            raise self._refusal(f"the budget of {self.max_tokens:,} tokens does not allow the call")
        if self.max_cost is not None and before.cost + (cost or 0.0) > self.max_cost:
            raise self._refusal(f"the budget of {self.max_cost:g} USD does not allow the call")
        return self.hold(tokens, cost)

    def hold(self, tokens: int, cost: float | None) -> int:
        """Set aside what is being spent already, whether it fits or not."""
        self._count += 1
        self._reserved[self._count] = (tokens, cost or 0.0)
        self._tell()
        return self._count

    def _refusal(self, why: str) -> JudgeError:
        self.refused = self.refused or why
        return JudgeError(why)

    def settle(self, reservation: int, tokens: int, cost: float | None) -> None:
        """Replace a reservation by what the call really took."""
        del self._reserved[reservation]
        self.tokens += tokens
        self.cost += cost or 0.0
        self._tell()

    def _tell(self) -> None:
        if self.tell is not None:
            self.tell(self.committed)
