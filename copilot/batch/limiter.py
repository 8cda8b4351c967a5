"""One gate for the calls of many processes: it lends slots, and takes back those of the dead.

The limiter lives in a process of its own (an actor of Ray); each worker's `SharedGate` asks it for
a slot before every call. A worker that died and came back first gives up what it held before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Protocol

from copilot.judges.model.limits import Gate


class Limiter:
    """Lends the slots of one gate to workers."""

    def __init__(
        self, concurrency: int, requests_per_minute: int | None, tokens_per_minute: int | None
    ) -> None:
        self._limits = (concurrency, requests_per_minute, tokens_per_minute)
        self._gates: dict[str, Gate] = {}
        self._lives: dict[str, int] = {}
        self._leases: dict[int, tuple[str, AsyncExitStack]] = {}
        self._numbers = count(1)

    async def join(self, worker: str) -> int:
        """A worker starts, perhaps again: what it held is free. Returns the number of its life."""
        self._lives[worker] = self._lives.get(worker, 0) + 1
        for lease in [number for number, (who, _) in self._leases.items() if who == worker]:
            await self.give_back(lease)
        return self._lives[worker]

    async def lend(self, address: str, tokens: int, worker: str, life: int) -> int:
        """Wait for a slot for one call of about so many tokens; returns the lease's number."""
        gate = self._gates.setdefault(address, Gate(*self._limits))
        stack = AsyncExitStack()
        await stack.enter_async_context(gate.slot(tokens))
        lease = next(self._numbers)
        self._leases[lease] = (worker, stack)
        if self._lives.get(worker) != life:  # it died while it waited
            await self.give_back(lease)
        return lease

    async def give_back(self, lease: int) -> None:
        """The call is over."""
        if held := self._leases.pop(lease, None):
            await held[1].aclose()


class Lender(Protocol):
    """A way to a limiter in another process."""

    async def lend(self, address: str, tokens: int) -> int:
        """Wait for a slot; returns the lease."""
        ...

    def give_back(self, lease: int) -> None:
        """Give it back without waiting."""
        ...


class SharedGate(Gate):
    """The gate of one address whose slots a limiter lends; the breaker is this process's own."""

    def __init__(self, address: str, lender: Lender, concurrency: int) -> None:
        super().__init__(concurrency, None, None)
        self._address, self._lender = address, lender

    @asynccontextmanager
    async def slot(self, tokens: int) -> AsyncIterator[None]:
        """The right to one call; raises JudgeError when the endpoint is given up."""
        lease = await self._lease(tokens)
        try:
            yield
        finally:
            self._lender.give_back(lease)

    async def _lease(self, tokens: int) -> int:
        while True:
            await self.breaker.pass_()
            lease = await self._lender.lend(self._address, tokens)
            if self.breaker.closed:
                return lease
            self._lender.give_back(lease)
