"""The executor on Ray, on a cluster of this machine; skipped where Ray does not start."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from endpoint import ScriptedEndpoint
from library import write_designs

from copilot.batch.executor import Job, Outcome, Reviewed, Task
from copilot.errors import InputError
from copilot.judges.model.limits import Spent
from copilot.settings import load_settings


@pytest.mark.timeout(600)
def test_killed_actors_of_ray_cost_no_design_none_comes_twice_and_the_limits_hold() -> None:
    ray = pytest.importorskip("ray")
    from copilot.batch.cluster import RayExecutor

    tasks = [Task(str(n), path, f"s{n}") for n, path in enumerate(write_designs(Path("d"), 4))]

    async def go(url: str) -> list[Outcome]:
        settings = load_settings(
            model="openai:scripted", base_url=url, api_key="none", concurrency=3, ephemeral=True,
            max_tokens=10_000_000,
        )  # fmt: skip
        try:
            executor = RayExecutor(Job(settings, "model", (), index=False), True, 2, None, None)
        except InputError as error:  # its parts must start within 15 s, which a busy machine misses
            pytest.skip(str(error))
        found = []
        try:
            pids = executor.pids
            async for outcome in executor.run(tasks):
                found.append(outcome)
                if len(found) == 1:
                    os.kill(pids[0], signal.SIGKILL)
                if len(found) == 2:
                    ray.kill(executor._caller, no_restart=False)
            spent.append(await executor._tally.spent.remote())
        finally:
            await executor.close()
        return found

    spent: list[Spent] = []
    with ScriptedEndpoint(latency=0.05) as endpoint:
        outcomes = asyncio.run(go(endpoint.url))
    assert sorted(outcome.key for outcome in outcomes) == ["0", "1", "2", "3"]
    assert all(isinstance(outcome, Reviewed) and outcome.complete for outcome in outcomes)
    assert spent[0].tokens >= sum(len(call.prompt) // 4 for call in endpoint.calls)
    assert endpoint.peak <= 3  # one actor makes the calls of both workers
