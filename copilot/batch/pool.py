"""The local executor for the offline judge: a pool of processes, each with an engine of its own.

Each process holds one design at a time, so a process that dies (a crash in a converter, memory
that ran out) or takes too long concerns only the designs in the pool at that moment: the others of
them are run again, one by one, and the one that the pool dies of again is to blame.
"""

from __future__ import annotations

import asyncio
import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from copilot.batch.executor import Failed, Job, Outcome, Task
from copilot.errors import CopilotError

if TYPE_CHECKING:
    from copilot.batch.work import Reviewer

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""A process per core needs no threads besides: with them a review took a fifth longer."""

_reviewer: Reviewer | None = None  # of a worker process; set once by `_start`
_timeout: float | None = None


class PoolExecutor:
    """Reviews designs in `processes` processes."""

    def __init__(self, job: Job, processes: int, timeout: float | None = None) -> None:
        """`timeout` is in seconds for one design; None lets it take as long as it takes."""
        self._job, self._processes, self._timeout = job, processes, timeout
        self._pool: ProcessPoolExecutor | None = None
        self._busy = False

    async def run(self, tasks: Sequence[Task]) -> AsyncIterator[Outcome]:
        """One outcome for each task, as they are done."""
        self._busy = True
        waiting, running = list(reversed(tasks)), {}
        suspects: list[Task] = []
        while waiting or running or suspects:
            alone = bool(suspects)
            while (suspects or waiting) and len(running) < (1 if alone else self._processes):
                task = suspects.pop() if alone else waiting.pop()
                running[self._submit(task)] = (task, time.monotonic(), alone)
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            broken = []
            for future in done:
                task, started, was_alone = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    broken.append((task, started, was_alone))
            if broken:
                broken += list(running.values())
                running.clear()
                self._stop(kill=True)
                outcomes, again = self._blame(broken)
                suspects += again
                for outcome in outcomes:
                    yield outcome
        self._busy = False

    async def close(self) -> None:
        """End the processes, at once where they still work."""
        self._stop(kill=self._busy)

    def _blame(
        self, broken: Sequence[tuple[Task, float, bool]]
    ) -> tuple[list[Outcome], list[Task]]:
        """Who is to blame for the pool's end, and whose review is only to be repeated."""
        outcomes: list[Outcome] = []
        again = []
        for task, started, alone in broken:
            if self._timeout and time.monotonic() - started >= self._timeout:
                outcomes.append(Failed(task.key, too_long(task, self._timeout)))
            elif alone:
                why = "the process that reviewed it died (a crash, or memory ran out)"
                outcomes.append(Failed(task.key, f"{task.path}: {why}"))
            else:
                again.append(task)
        return outcomes, again

    def _submit(self, task: Task) -> asyncio.Future[Outcome]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start,
                initargs=(self._job, self._timeout),
            )
        try:
            return asyncio.wrap_future(self._pool.submit(_review, task))
        except BrokenProcessPool as error:  # it died between two tasks
            future: Future[Outcome] = Future()
            future.set_exception(error)
            return asyncio.wrap_future(future)

    def _stop(self, kill: bool) -> None:
        """End the pool; `kill` for processes that may hang or still work."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()) if kill else ():
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def too_long(task: Task, timeout: float) -> str:
    """The reason of a design that ran out of time."""
    return f"{task.path}: took longer than {timeout:g} s — raise --timeout-per-design or split it"


def _start(job: Job, timeout: float | None) -> None:
    """Prepare a worker process: heavy libraries are imported and the engine is made here, once."""
    global _reviewer, _timeout
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends the pool
    os.environ.update(ONE_THREAD)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from copilot.batch.work import Reviewer

    _timeout = timeout
    try:
        _reviewer = Reviewer(job)
    except CopilotError as error:  # the parent has made the same engine: something changed since
        print(f"archreview: {error}", file=sys.stderr)
        raise


def _review(task: Task) -> Outcome:
    """Review one design in a worker; a watchdog outside Python ends the process in time."""
    assert _reviewer is not None
    if _timeout is None:
        return _reviewer.run(task)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - faulthandler wants a real file
        faulthandler.dump_traceback_later(_timeout, exit=True, file=nowhere)
        try:
            return _reviewer.run(task)
        finally:
            faulthandler.cancel_dump_traceback_later()


def _end_with_parent() -> None:
    """A parent that is killed cannot stop its workers, and they would wait for it forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
