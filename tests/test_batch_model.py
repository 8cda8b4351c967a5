"""A batch with a model judge: one gate for all designs, budgets, an endpoint that is gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from endpoint import ScriptedEndpoint
from library import write_designs

from copilot.batch.executor import Failed, Job, Outcome, Reviewed, Task
from copilot.batch.place import Place, make_executor
from copilot.review.engine import make_engine
from copilot.settings import load_settings


def outcomes(url: str, designs: int, **options: object) -> list[Outcome]:
    given = {"model": "openai:scripted", "base_url": url, "ephemeral": True, "api_key": "none"}
    settings = load_settings(**(given | options))
    job = Job(settings, "model", (), index=False)
    tasks = [
        Task(str(n), path, f"s{n}") for n, path in enumerate(write_designs(Path("d"), designs))
    ]

    async def go() -> list[Outcome]:
        executor = make_executor(job, make_engine(settings, "model"), Place())
        try:
            return [outcome async for outcome in executor.run(tasks)]
        finally:
            await executor.close()

    return asyncio.run(go())


def test_all_designs_share_one_limit_of_calls_in_flight() -> None:
    with ScriptedEndpoint(latency=0.02) as endpoint:
        found = outcomes(endpoint.url, 3, concurrency=4)
    assert sorted(outcome.key for outcome in found) == ["0", "1", "2"]
    assert all(isinstance(outcome, Reviewed) and outcome.complete for outcome in found)
    assert 2 <= endpoint.peak <= 4
    assert sum(o.calls for o in found if isinstance(o, Reviewed)) == endpoint.count


def test_a_used_up_budget_leaves_the_rest_for_the_next_run_and_writes_nothing_half() -> None:
    with ScriptedEndpoint() as endpoint:
        found = outcomes(endpoint.url, 4, concurrency=1, max_tokens=130_000)
    reviewed = [outcome for outcome in found if isinstance(outcome, Reviewed)]
    left = [outcome for outcome in found if isinstance(outcome, Failed)]
    assert len(reviewed) + len(left) == 4 and left
    assert all(outcome.complete for outcome in reviewed)
    assert all("budget of 130,000 tokens" in o.reason and not o.keep for o in left)


def test_a_key_that_is_refused_fails_every_design_for_now_with_the_reason() -> None:
    with ScriptedEndpoint(lambda call: "401") as endpoint:
        found = outcomes(endpoint.url, 2, retries=0)
    assert all(isinstance(outcome, Failed) and not outcome.keep for outcome in found)
    assert "does not accept the key" in getattr(found[0], "reason", "")
