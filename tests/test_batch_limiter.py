"""The limiter that many workers share: slots in flight, the rate, and the slots of the dead."""

from __future__ import annotations

import asyncio
import time

from copilot.batch.limiter import Limiter, SharedGate


class Direct:
    """Reaches a limiter in this process."""

    def __init__(self, limiter: Limiter, worker: str, life: int) -> None:
        self.limiter, self.worker, self.life = limiter, worker, life
        self.leases: list[int] = []

    async def lend(self, address: str, tokens: int) -> int:
        lease = await self.limiter.lend(address, tokens, self.worker, self.life)
        self.leases.append(lease)
        return lease

    def give_back(self, lease: int) -> None:
        self.task = asyncio.ensure_future(self.limiter.give_back(lease))


def test_two_workers_together_have_no_more_calls_in_flight_than_the_limit() -> None:
    async def go() -> int:
        limiter, flying, peak = Limiter(3, None, None), 0, 0
        gates = [
            SharedGate("http://x", Direct(limiter, name, await limiter.join(name)), 3)
            for name in ("a", "b")
        ]

        async def call(gate: SharedGate) -> None:
            nonlocal flying, peak
            async with gate.slot(10):
                flying += 1
                peak = max(peak, flying)
                await asyncio.sleep(0.01)
                flying -= 1

        await asyncio.gather(*(call(gate) for gate in gates * 10))
        return peak

    assert asyncio.run(go()) == 3


def test_the_rate_is_that_of_one_worker_however_many_there_are() -> None:
    async def go() -> float:
        limiter = Limiter(100, 1200, None)  # one every 50 ms
        lives = [await limiter.join(name) for name in "abcd"]
        started = time.monotonic()
        await asyncio.gather(
            *(limiter.lend("x", 1, name, life) for name, life in zip("abcd", lives, strict=True)),
            *(limiter.lend("x", 1, name, life) for name, life in zip("abcd", lives, strict=True)),
        )
        return time.monotonic() - started

    assert asyncio.run(go()) >= 7 * 0.05


def test_the_slots_of_a_worker_that_died_are_free_when_it_comes_back() -> None:
    async def go() -> None:
        limiter = Limiter(2, None, None)
        life = await limiter.join("a")
        await limiter.lend("x", 1, "a", life)
        await limiter.lend("x", 1, "a", life)
        waiting = asyncio.ensure_future(limiter.lend("x", 1, "a", life))  # it dies meanwhile
        await asyncio.sleep(0)
        again = await limiter.join("a")
        await waiting
        async with asyncio.timeout(5):
            await limiter.lend("x", 1, "a", again)
            await limiter.lend("x", 1, "a", again)

    asyncio.run(go())
