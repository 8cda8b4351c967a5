"""The executor on Ray, on a cluster of this machine; skipped where Ray does not start."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from library import offline_job, write_designs

from copilot.batch.executor import Outcome, Reviewed, Task
from copilot.errors import InputError


@pytest.mark.timeout(600)
def test_a_killed_worker_of_ray_costs_no_design_and_none_comes_twice() -> None:
    pytest.importorskip("ray")
    from copilot.batch.cluster import RayExecutor

    tasks = [Task(str(n), path, f"s{n}") for n, path in enumerate(write_designs(Path("d"), 4))]

    async def go() -> list[Outcome]:
        try:
            executor = RayExecutor(offline_job(ephemeral=True), False, 2, None, None)
        except InputError as error:  # its parts must start within 15 s, which a busy machine misses
            pytest.skip(str(error))
        found = []
        try:
            pids = executor.pids
            async for outcome in executor.run(tasks):
                found.append(outcome)
                if len(found) == 1:
                    os.kill(pids[0], signal.SIGKILL)
        finally:
            await executor.close()
        return found

    outcomes = asyncio.run(go())
    assert sorted(outcome.key for outcome in outcomes) == ["0", "1", "2", "3"]
    assert all(isinstance(outcome, Reviewed) for outcome in outcomes)
