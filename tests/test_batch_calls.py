"""Calls for reviews in other processes: a caller that is made anew goes on from what was spent."""

from __future__ import annotations

import asyncio

import pytest
from endpoint import ScriptedEndpoint

from copilot.batch.calls import Caller, Tally
from copilot.errors import JudgeError
from copilot.judges.model.limits import Budget, Spent
from copilot.judges.model.requests import Message, Request
from copilot.judges.model.rows import ROWS_SCHEMA
from copilot.judges.model.wire import answer_estimate, estimate_request
from copilot.settings import Settings, load_settings

REQUEST = Request("judge", (Message("user", "- risk.latency"),), ROWS_SCHEMA, "openai:scripted")


def settings(endpoint: ScriptedEndpoint, max_tokens: int) -> Settings:
    return load_settings(
        model="openai:scripted", base_url=endpoint.url, api_key="none", max_tokens=max_tokens
    )


def test_a_caller_that_is_made_anew_has_no_budget_of_its_own() -> None:
    async def go(endpoint: ScriptedEndpoint, tally: Tally, max_tokens: int) -> str:
        """Make a call with the budget that is left; why there is none, else nothing."""
        caller = Caller(settings(endpoint, max_tokens), tally.spent(), tally.note)
        answered = await caller.answer(REQUEST)
        await caller.close()
        return answered.reason or await caller.refused()

    with ScriptedEndpoint() as endpoint:
        tally = Tally()
        assert asyncio.run(go(endpoint, tally, 1_000_000)) == ""
        once = tally.spent().tokens
        assert asyncio.run(go(endpoint, tally, 1_000_000)) == ""
        assert once > 0 and tally.spent().tokens == 2 * once
        assert "budget" in asyncio.run(go(endpoint, tally, 2 * once))
        assert endpoint.count == 2 and tally.spent().tokens == 2 * once


def test_the_calls_that_were_under_way_when_a_caller_died_count_as_spent() -> None:
    async def go(endpoint: ScriptedEndpoint) -> Spent:
        tally = Tally()
        caller = Caller(settings(endpoint, 1_000_000), tally.spent(), tally.note)
        calls = [asyncio.create_task(caller.answer(REQUEST)) for _ in range(3)]
        async with asyncio.timeout(20):
            while endpoint.count < 3:
                await asyncio.sleep(0.01)
        spent = tally.spent()  # what a killed process leaves behind
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await caller.close()
        return spent

    with ScriptedEndpoint(lambda call: "hang") as endpoint:
        spent = asyncio.run(go(endpoint))
    assert spent.tokens == 3 * (estimate_request(REQUEST) + answer_estimate(REQUEST))


def test_a_budget_goes_on_from_what_was_spent_in_tokens_and_in_money() -> None:
    told: list[Spent] = []
    budget = Budget(max_cost=1.0, tokens=500, cost=0.75, tell=told.append)
    call = budget.reserve(100, 0.125)
    budget.settle(call, 50, 0.25)
    assert told == [Spent(600, 0.875), Spent(550, 1.0)]
    with pytest.raises(JudgeError, match="1 USD"):
        budget.reserve(100, 0.125)
