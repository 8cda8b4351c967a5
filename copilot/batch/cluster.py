"""The executor on Ray: the same reviews in actors on one machine or many.

Ray restarts an actor that dies and repeats the reviews that it had; the driver alone writes reports
and journal, so every design ends in one outcome however often it was begun. One actor makes all
calls of a model, so that more workers do not mean more requests; another keeps what they took, so
that a budget holds when the first is made anew. Workers read the designs by their
paths: on several machines these must lie on a shared file system.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copilot.batch.calls import Caller, Tally, reviews_at_once
from copilot.batch.executor import Failed, Job, Outcome, Task, is_half, left
from copilot.batch.pool import DIED, too_long
from copilot.batch.processes import ONE_THREAD
from copilot.documents.formats import shown
from copilot.errors import CopilotError, InputError
from copilot.judges.model.faults import CallFailed

if TYPE_CHECKING:
    from copilot.batch.calls import Answered
    from copilot.judges.model.requests import Answer, Request
    from copilot.settings import Settings

RESTARTS = 5
"""How often a worker may come back."""
REPEATS = 2
"""How often a review is repeated because its worker died."""
SIDE_BY_SIDE = 16
"""Reviews that one worker has under way at most when a model judges: they share its threads."""
STORE_BYTES = 150_000_000
"""Shared memory of a local cluster."""


class RayExecutor:
    """Reviews designs in actors of a Ray cluster."""

    def __init__(
        self, job: Job, model: bool, workers: int, address: str | None, timeout: float | None
    ) -> None:
        """`address` None starts a cluster on this machine for the time of the batch.

        Raises InputError where Ray is not installed or the address does not answer.
        """
        self._ray = _connect(address, workers)
        self._own = address is None
        self._caller: Any = None
        self._tally: Any = None
        lanes = 1
        if model:
            lanes = min(SIDE_BY_SIDE, -(-reviews_at_once(job.settings, workers) // workers))
            self._make_caller(job.settings)
        worker = _actor_class(self._ray, Worker, num_cpus=1, max_concurrency=lanes + 1)
        here = str(Path.cwd())
        self._actors = [worker.remote(job, self._caller, timeout, here) for _ in range(workers)]
        self._lanes = [actor for _ in range(lanes) for actor in self._actors]

    def _make_caller(self, settings: Settings) -> None:
        if settings.max_tokens is not None or settings.max_cost is not None:
            self._tally = _actor_class(self._ray, Tally).remote()
        caller = _actor_class(self._ray, RayCaller, max_concurrency=1000)
        self._caller = caller.remote(settings, self._tally)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return list(self._ray.get([actor.pid.remote() for actor in self._actors]))

    async def run(self, tasks: Sequence[Task]) -> AsyncGenerator[Outcome, None]:
        """One outcome for each task, as they are done."""
        waiting, free, refused = list(reversed(tasks)), list(self._lanes), ""
        running: dict[asyncio.Future[Outcome], tuple[Task, Any]] = {}
        while waiting or running:
            while refused and waiting:
                yield left(waiting.pop(), refused)
            while waiting and free:
                task, actor = waiting.pop(), free.pop(0)
                future = asyncio.wrap_future(actor.review.remote(task).future())
                running[future] = (task, actor)
            if not running:
                break
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            refused = await self._caller.refused.remote() if self._caller else ""
            for future in done:
                task, actor = running.pop(future)
                free.append(actor)
                outcome = self._outcome(task, future)
                yield left(task, refused) if refused and is_half(outcome) else outcome

    async def close(self) -> None:
        """Stop the workers; a cluster that was started for the batch ends with it."""
        if self._own:
            await asyncio.to_thread(self._ray.shutdown)
            return
        for actor in (*self._actors, self._caller, self._tally):
            if actor is not None:
                self._ray.kill(actor)
        self._ray.shutdown()

    def _outcome(self, task: Task, future: asyncio.Future[Outcome]) -> Outcome:
        try:
            return future.result()
        except self._ray.exceptions.RayActorError:
            return Failed(task.key, f"{shown(task.path)}: {DIED}")
        except self._ray.exceptions.RayError as error:
            why = " ".join(str(error).split())[:300]
            return Failed(task.key, f"{shown(task.path)}: Ray could not run it ({why})", keep=False)


def _connect(address: str | None, workers: int) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray takes `uv run` for the way to start its workers, which then lack the extras.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        import ray
    except ImportError as error:
        todo = "pip install 'archreview[ray]'"
        raise InputError("Ray is not installed", todo=todo) from error
    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    try:
        if address is None:
            quiet |= {"include_dashboard": False, "object_store_memory": STORE_BYTES}
            ray.init("local", num_cpus=workers, **quiet)
        else:
            ray.init(address, runtime_env={"env_vars": ONE_THREAD}, **quiet)
    except Exception as error:  # Ray raises bare exceptions where a part of it does not start
        why = " ".join(str(error).split())[:200]
        todo = "check --ray-address (host:port, or ray://host:port) and that the cluster runs"
        raise InputError(f"Ray cannot be reached ({why})", where=address, todo=todo) from error
    return ray


def _actor_class(ray: Any, actor: type, **options: int) -> Any:
    """Actors that come back when their process dies; they take no processor if not told."""
    fixed = {"num_cpus": 0, "max_restarts": RESTARTS, "max_task_retries": REPEATS}
    return ray.remote(**(fixed | options))(actor)


class RayCaller(Caller):
    """The actor that makes the calls: one that is made anew goes on from what was spent."""

    def __init__(self, settings: Settings, tally: Any) -> None:
        """`tally` is the actor that keeps what was spent; None without a budget."""
        import ray

        if tally is None:
            super().__init__(settings)
        else:
            super().__init__(settings, ray.get(tally.spent.remote()), tally.note.remote)


class Worker:
    """An actor: one engine, and the reviews that it is sent."""

    def __init__(self, job: Job, caller: Any, timeout: float | None, folder: str) -> None:
        """`folder` is where the user stands: paths are relative to it."""
        os.environ.update(ONE_THREAD)
        os.chdir(folder)
        self._job, self._caller, self._timeout = job, caller, timeout
        self._reviewer: Any = None
        self._lock = asyncio.Lock()

    async def pid(self) -> int:
        """Of the process."""
        return os.getpid()

    async def review(self, task: Task) -> Outcome:
        """Review one design; the engine is made with the first."""
        try:
            async with self._lock:
                self._reviewer = self._reviewer or await self._make()
            async with asyncio.timeout(self._timeout):
                outcome: Outcome = await self._reviewer.review(task)
                return outcome
        except TimeoutError:
            return Failed(task.key, f"{shown(task.path)}: {too_long(self._timeout or 0.0)}")
        except CopilotError as error:
            return Failed(task.key, str(error), keep=False)

    async def _make(self) -> Any:
        from copilot.batch.work import Reviewer

        if self._caller is None:
            return Reviewer(self._job)
        from copilot.judges.model.setup import cached
        from copilot.review.engine import make_engine

        settings = self._job.settings
        answers = cached(settings, _RayAnswers(self._caller))
        return Reviewer(self._job, make_engine(settings, self._job.judge, answers))


class _RayAnswers:
    """Answers that the calling actor fetches."""

    def __init__(self, caller: Any) -> None:
        self._caller = caller

    async def answer(self, request: Request) -> Answer:
        """The answer; raises CallFailed."""
        import ray

        ref = self._caller.answer.remote(request)
        try:
            answered: Answered = await asyncio.wrap_future(ref.future())
        except asyncio.CancelledError:
            ray.cancel(ref)
            raise
        except ray.exceptions.RayActorError:
            raise CallFailed("The call failed: the process that makes the calls died.") from None
        return answered.result()

    async def keep(self, request: Request, answer: Answer) -> None:
        """The cache before it keeps what is worth it."""
