"""The local executor for the offline judge: a pool of processes, each with an engine of its own.

A process that takes too long over a design ends itself; one that dies (a crash in a converter,
memory that ran out) takes the pool with it. Each notes which design it has, so the one that it was
is known: after a death it is tried once more, alone. The others of that moment are simply repeated.
"""

from __future__ import annotations

import asyncio
import faulthandler
import math
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from copilot.batch.executor import Failed, Job, Outcome, Task
from copilot.batch.processes import ONE_THREAD, context
from copilot.documents.formats import shown
from copilot.errors import CopilotError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from copilot.batch.work import Reviewer

AHEAD = 2
"""Designs that each process is given at once, so that it has the next one when one is done."""
DIED = "the process that reviewed it died twice (a crash, or memory ran out) — review it alone"
_GRACE = 1.0
"""Seconds that a process has to leave by itself."""

_reviewer: Reviewer | None = None  # of a worker process; set once by `_start`
_timeout: float | None = None
_desk: Path | None = None


Running = dict["asyncio.Future[Outcome]", tuple[Task, bool]]
"""Reviews under way: the task, and whether it runs alone because it is a suspect."""


class PoolExecutor:
    """Reviews designs in `processes` processes."""

    def __init__(self, job: Job, processes: int, timeout: float | None = None) -> None:
        """`timeout` is in seconds for one design; None lets it take as long as it takes."""
        self._job, self._processes, self._timeout = job, processes, timeout
        self._pool: ProcessPoolExecutor | None = None
        self._workers: Mapping[int, BaseProcess] = {}
        self._desk = Path(tempfile.mkdtemp(prefix="archreview-"))
        self._busy = False

    async def run(self, tasks: Sequence[Task]) -> AsyncGenerator[Outcome, None]:
        """One outcome for each task, as they are done."""
        self._busy = True
        waiting = list(reversed(tasks))
        suspects: list[Task] = []
        running: Running = {}
        while waiting or running or suspects:
            while len(running) < self._room(running, suspects) and (suspects or waiting):
                alone = bool(suspects)
                task = suspects.pop() if alone else waiting.pop()
                running[self._submit(task)] = (task, alone)
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            broken = False
            for future in done:
                if isinstance(future.exception(), BrokenProcessPool):
                    broken = True
                else:
                    running.pop(future)
                    yield future.result()
            if broken:
                culprits = self._culprits()
                for future, (task, alone) in list(running.items()):
                    running.pop(future)
                    if reason := self._blame(task, alone, culprits):
                        yield Failed(task.key, f"{shown(task.path)}: {reason}")
                    else:
                        (suspects if task.key in culprits or not culprits else waiting).append(task)
        self._busy = False

    async def close(self) -> None:
        """End the processes, at once where they still work."""
        self._stop(kill=self._busy)
        shutil.rmtree(self._desk, ignore_errors=True)

    def _room(self, running: Running, suspects: Sequence[Task]) -> int:
        """Tasks that may run now: one while a suspect runs, none beside the others before it."""
        if any(alone for _, alone in running.values()):
            return 1
        return (0 if running else 1) if suspects else self._processes * AHEAD

    def _blame(self, task: Task, alone: bool, culprits: Mapping[str, bool]) -> str:
        """Why the task failed when the pool broke; empty when it is only to be run again."""
        if culprits.get(task.key):
            return too_long(self._timeout or 0.0)
        return DIED if alone else ""

    def _culprits(self) -> dict[str, bool]:
        """End the broken pool. Keys that its dead processes worked on -> True for out of time.

        Exit codes tell a process that ended itself from one that was told to, and no more: two
        threads read them, and the second finds another.
        """
        workers = dict(self._workers)
        late = {pid for pid in workers if self._seconds(pid) >= (self._timeout or math.inf)}
        self._stop(kill=True)
        found = {}
        for pid, worker in workers.items():
            note = self._desk / str(pid)
            if worker.exitcode not in (0, None, -signal.SIGTERM) and note.exists():
                found[note.read_text("utf-8")] = pid in late
            note.unlink(missing_ok=True)
        return found

    def _seconds(self, pid: int) -> float:
        """For how long a process has had its design."""
        note = self._desk / str(pid)
        return time.time() - note.stat().st_mtime if note.exists() else 0.0

    def _submit(self, task: Task) -> asyncio.Future[Outcome]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes,
                mp_context=context(),
                initializer=_start,
                initargs=(self._job, self._timeout, self._desk),
            )
        try:
            future = self._pool.submit(_review, task)
        except BrokenProcessPool as error:  # it died between two tasks
            future = Future()
            future.set_exception(error)
        self._workers = self._pool._processes or self._workers
        wrapped = asyncio.wrap_future(future)
        wrapped.add_done_callback(_heard)
        return wrapped

    def _stop(self, kill: bool) -> None:
        """End the pool; `kill` for processes that may hang or still work."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        processes = list((pool._processes or {}).values()) if kill else []
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + _GRACE
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def _heard(future: asyncio.Future[Outcome]) -> None:
    """Take note of how a future ended: nobody asks those of a pool that was stopped."""
    if not future.cancelled():
        future.exception()


def too_long(timeout: float) -> str:
    """The reason of a design that ran out of time."""
    return f"took longer than {timeout:g} s — raise --timeout-per-design or split it"


def _start(job: Job, timeout: float | None, desk: Path) -> None:
    """Prepare a worker process: what the server has not imported and made yet is, here, once."""
    global _reviewer, _timeout, _desk
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends the pool
    signal.signal(signal.SIGTERM, _leave)
    os.environ.update(ONE_THREAD)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from copilot.batch.work import reviewer_for

    _timeout, _desk = timeout, desk
    try:
        _reviewer = reviewer_for(job)
    except CopilotError as error:  # the parent has made the same engine: something changed since
        print(f"archreview: {error}", file=sys.stderr)
        raise


def _review(task: Task) -> Outcome:
    """Review one design in a worker; a watchdog outside Python ends the process in time."""
    assert _reviewer is not None and _desk is not None
    (_desk / str(os.getpid())).write_text(task.key, "utf-8")
    if _timeout is None:
        return _reviewer.run(task)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - faulthandler wants a real file
        faulthandler.dump_traceback_later(_timeout, exit=True, file=nowhere)
        try:
            return _reviewer.run(task)
        finally:
            faulthandler.cancel_dump_traceback_later()


def _leave(number: int, frame: object) -> None:
    """End at once, but give back the semaphores that libraries took, or Python warns of a leak."""
    from multiprocessing.util import _run_finalizers  # type: ignore[attr-defined]

    _run_finalizers(0)
    os._exit(0)


def _end_with_parent() -> None:
    """A parent that is killed cannot stop its workers, and they would wait for it forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
