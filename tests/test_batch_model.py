"""A batch with a model judge: one gate for all designs, budgets, an endpoint that is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from endpoint import ScriptedEndpoint
from library import write_designs

from copilot.batch.executor import Failed, Job, Outcome, Reviewed, Task
from copilot.batch.model_pool import ModelExecutor
from copilot.batch.place import Place, make_executor
from copilot.review.engine import make_engine
from copilot.settings import load_settings


def outcomes(
    url: str,
    designs: int,
    *others: Path,
    timeout: float | None = None,
    kills: bool = False,
    **options: object,
) -> list[Outcome]:
    """What becomes of some designs; `kills` ends a worker process after the first outcome."""
    given = {"model": "openai:scripted", "base_url": url, "ephemeral": True, "api_key": "none"}
    settings = load_settings(**(given | options))
    job = Job(settings, "model", (), index=False)
    paths = [*write_designs(Path("d"), designs), *others]
    tasks = [Task(str(n), path, f"s{n}") for n, path in enumerate(paths)]

    async def go() -> list[Outcome]:
        place = Place(processes=2, timeout=timeout)
        executor = make_executor(job, make_engine(settings, "model"), place)
        assert isinstance(executor, ModelExecutor)
        found = []
        try:
            async for outcome in executor.run(tasks):
                found.append(outcome)
                if kills and len(found) == 1:
                    os.kill(executor.pids[0], signal.SIGKILL)
            return found
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


def test_a_killed_worker_costs_no_review_and_repeats_no_more_than_its_own() -> None:
    with ScriptedEndpoint(latency=0.01) as endpoint:
        found = outcomes(endpoint.url, 6, concurrency=1, kills=True, ephemeral=False)
        calls = endpoint.count
        again = outcomes(endpoint.url, 6, ephemeral=False)
    assert sorted(outcome.key for outcome in found) == list("012345")
    assert all(isinstance(outcome, Reviewed) and outcome.complete for outcome in found)
    assert calls <= 6 * 9 + 9  # it had one review under way
    assert endpoint.count == calls and all(isinstance(outcome, Reviewed) for outcome in again)


def test_a_design_that_waits_too_long_fails_and_its_calls_are_given_up() -> None:
    with ScriptedEndpoint(lambda call: "hang") as endpoint:
        started = time.monotonic()
        found = outcomes(endpoint.url, 2, timeout=3.0)
        assert time.monotonic() - started < 25
    assert ["took longer than 3 s" in getattr(o, "reason", "") for o in found] == [True, True]
    assert endpoint.count == 2


def test_a_design_without_end_takes_no_other_with_it() -> None:
    slow = Path("slow.md")
    slow.write_text("word " * 390_000)
    with ScriptedEndpoint() as endpoint:
        found = outcomes(endpoint.url, 2, slow, timeout=5.0)
    assert sorted(outcome.key for outcome in found) == list("012")
    reasons = {outcome.key: getattr(outcome, "reason", "") for outcome in found}
    assert "took longer than 5 s" in reasons["2"] and not reasons["0"] + reasons["1"]
