from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from langchain_core.language_models import FakeListChatModel

from copilot.errors import JudgeError
from copilot.judges.model import limits
from copilot.judges.model.client import bind
from copilot.judges.model.faults import Fault, classify, retry_after
from copilot.judges.model.limits import Breaker, Budget, Gate, Pace, backoff
from copilot.judges.model.rows import ROWS_SCHEMA


def test_a_pace_spreads_its_units_evenly() -> None:
    async def take() -> float:
        pace = Pace(1200)  # one every 50 ms
        started = time.monotonic()
        await asyncio.gather(*(pace.take() for _ in range(5)))
        return time.monotonic() - started

    assert asyncio.run(take()) >= 0.2


def test_a_gate_lets_no_more_in_than_its_limit_over_all_its_users() -> None:
    gate, inside, peak = Gate(3, None, None), 0, 0

    async def user() -> None:
        nonlocal inside, peak
        async with gate.slot(100):
            inside += 1
            peak = max(peak, inside)
            await asyncio.sleep(0.005)
            inside -= 1

    async def users() -> None:
        await asyncio.gather(*(user() for _ in range(20)))

    asyncio.run(users())
    asyncio.run(users())  # a gate outlives an event loop
    assert peak == 3


def test_calls_that_were_held_up_do_not_come_in_a_burst_afterwards() -> None:
    gate, came = Gate(8, 1200, None), list[float]()  # one every 50 ms

    async def user(seconds: float) -> None:
        async with gate.slot(1):
            came.append(time.monotonic())
            await asyncio.sleep(seconds)

    async def users() -> None:
        held = [asyncio.create_task(user(0.6)) for _ in range(8)]  # all slots, for a while
        await asyncio.sleep(0.5)
        await asyncio.gather(*held, *(user(0.0) for _ in range(8)))

    asyncio.run(users())
    came.sort()
    assert len(came) == 16 and came[-1] - came[-8] >= 5 * 0.05


def test_a_process_that_was_busy_does_not_make_up_for_it_in_a_burst() -> None:
    async def take() -> float:
        pace = Pace(1200)
        waiting = [asyncio.create_task(pace.take()) for _ in range(6)]
        await asyncio.sleep(0)
        time.sleep(0.5)  # ten turns go by
        started = time.monotonic()
        await asyncio.gather(*waiting)
        return time.monotonic() - started

    assert asyncio.run(take()) >= 3 * 0.05


def test_the_breaker_opens_after_failures_in_a_row_and_gives_up_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "COOL_DOWN", (0.02, 0.02))
    breaker, fault = Breaker(), Fault("server", "HTTP 500")

    async def steps() -> None:
        for _ in range(limits.FAILURES_TO_OPEN - 1):
            breaker.failed(fault)
        breaker.succeeded()
        for _ in range(2):
            for _ in range(limits.FAILURES_TO_OPEN):
                breaker.failed(fault)
            await breaker.pass_()  # waits, then lets a call try
        for _ in range(limits.FAILURES_TO_OPEN):
            breaker.failed(fault)
        with pytest.raises(JudgeError, match="HTTP 500"):
            await breaker.pass_()

    asyncio.run(steps())


@pytest.mark.parametrize("kind", ["busy", "refused", "useless", "request"])
def test_answers_of_a_living_endpoint_do_not_open_the_breaker(kind: str) -> None:
    breaker = Breaker()
    for _ in range(100):
        breaker.failed(Fault(kind, "x"))
    started = time.monotonic()
    asyncio.run(breaker.pass_())
    assert time.monotonic() - started < min(limits.COOL_DOWN)


def test_a_refused_key_ends_it_at_once() -> None:
    breaker = Breaker()
    breaker.failed(Fault("key", "HTTP 401"))
    with pytest.raises(JudgeError, match="401"):
        asyncio.run(breaker.pass_())


def test_a_budget_counts_what_is_under_way() -> None:
    budget = Budget(max_tokens=1_000, max_cost=1.0)
    first = budget.reserve(600, 0.1)
    with pytest.raises(JudgeError, match="1,000 tokens"):
        budget.reserve(600, 0.1)
    budget.settle(first, 300, 0.95)
    with pytest.raises(JudgeError, match="1 USD"):
        budget.reserve(600, 0.1)
    budget.reserve(600, 0.01)


def test_what_the_server_asks_to_wait_is_waited_in_full() -> None:
    assert all(7.0 <= backoff(1, 7.0) <= 7.7 for _ in range(50))
    for attempt in range(1, 10):
        assert all(0 < backoff(attempt, None) <= limits.MAX_DELAY for _ in range(20))
    assert backoff(4, None) > backoff(1, None)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date() -> None:
    when = datetime.now(UTC) + timedelta(seconds=60)
    seconds = retry_after({"retry-after": format_datetime(when, usegmt=True)})
    assert seconds is not None
    assert 50 < seconds <= 60


class StatusError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status_code, self.body = status, {"message": message}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StatusError(429, "slow down"), "busy"),
        (StatusError(503, "later"), "server"),
        (StatusError(529, "overloaded"), "server"),
        (StatusError(408, "late"), "timeout"),
        (StatusError(401, "no"), "key"),
        (StatusError(403, "no"), "key"),
        (StatusError(404, "no such model"), "request"),
        (TimeoutError(), "timeout"),
        (ConnectionResetError(), "connection"),
        (ConnectionRefusedError(), "unreachable"),
        (AttributeError("x"), "useless"),
    ],
)
def test_faults_are_told_apart_without_knowing_the_library(error: Exception, kind: str) -> None:
    assert classify(error).kind == kind


def test_a_servers_words_are_repeated_without_keys() -> None:
    echo = "Incorrect key sk-proj-abc123DEF, header Bearer topsecretvalue, or my-own-secret"
    reason = classify(StatusError(404, echo), "my-own-secret").reason
    assert "Incorrect key" in reason
    for secret in ("abc123DEF", "topsecretvalue", "my-own-secret"):
        assert secret not in reason


@pytest.mark.parametrize("mode", ["json_schema", "tools"])
def test_a_library_without_structured_output_makes_way_for_plain_text(mode: str) -> None:
    model = FakeListChatModel(responses=["{}"])
    with pytest.raises(Fault) as fault:
        bind(model, mode, ROWS_SCHEMA)
    assert fault.value.kind == "request"
    assert bind(model, "text", ROWS_SCHEMA) is model
