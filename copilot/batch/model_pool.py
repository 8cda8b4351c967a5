"""The local executor for a model judge: worker processes review, this process makes their calls.

All calls go through one gate and one budget here, however many processes review. More designs are
under way than calls may be in flight, so that calls wait for a slot and never a slot for calls.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from copilot.batch.calls import Caller, reviews_at_once
from copilot.batch.channel import Channel
from copilot.batch.executor import Failed, Job, Outcome, Reviewed, Task, is_half, left
from copilot.batch.model_worker import HANGS, Arrived, Asked, Unable, Withdrawn, work
from copilot.batch.pool import DIED, too_long
from copilot.batch.processes import context
from copilot.documents.formats import shown
from copilot.errors import InputError

_GRACE = 1.0
"""Seconds that a process has to leave by itself."""


@dataclass(eq=False)
class _Worker:
    """A process, as its parent sees it."""

    process: BaseProcess
    channel: Channel
    running: dict[str, Task] = field(default_factory=dict)
    """Tasks that it has, by key."""
    calls: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    """Those under way for it."""
    alone: bool = False
    """True while its only task is one that a process may have died of."""

    def give(self, task: Task) -> None:
        """Send it a task."""
        self.running[task.key] = task
        self.channel.send(task)


class ModelExecutor:
    """Reviews designs in worker processes and calls the model for them."""

    def __init__(self, job: Job, processes: int, timeout: float | None = None) -> None:
        """`timeout` is in seconds for one design; raises InputError as `Caller` does."""
        self._job, self._processes, self._timeout = job, processes, timeout
        self._caller = Caller(job.settings)
        self._workers: list[_Worker] = []
        self._told: asyncio.Queue[tuple[_Worker, object]] = asyncio.Queue()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid or 0 for worker in self._workers]

    async def run(self, tasks: Sequence[Task]) -> AsyncGenerator[Outcome, None]:
        """One outcome for each task, as they are done; once the budget is used up, at once.

        Raises InputError when worker processes cannot work at all.
        """
        waiting, suspects = deque(tasks), deque[Task]()
        processes = min(self._processes, len(tasks))
        lanes = -(-reviews_at_once(self._job.settings, processes) // processes)
        for _ in range(processes):
            await self._start()
        self._supply(waiting, suspects, lanes)
        await self._caller.prepare()  # while the processes prepare the first designs
        while True:
            refused = await self._caller.refused()
            while refused and (waiting or suspects):
                yield left((waiting or suspects).popleft(), refused)
            self._supply(waiting, suspects, lanes)
            if not any(worker.running for worker in self._workers):
                return
            worker, told = await self._told.get()
            if isinstance(told, Reviewed | Failed):
                task, refused = worker.running.pop(told.key), await self._caller.refused()
                yield left(task, refused) if refused and is_half(told) else told
            else:
                for outcome in await self._died(worker, told, suspects):
                    yield outcome

    async def close(self) -> None:
        """End the processes and the calls, and give the connections back."""
        calls = [call for worker in self._workers for call in worker.calls.values()]
        for call in calls:
            call.cancel()
        for worker in self._workers:
            worker.channel.close()
        await asyncio.gather(*calls, return_exceptions=True)
        for worker in self._workers:
            await asyncio.to_thread(_end, worker.process)
        self._workers = []
        await self._caller.close()

    async def _start(self) -> None:
        """Start a process and connect with it."""
        here, there = socket.socketpair()
        process = context().Process(  # type: ignore[attr-defined]
            target=work, args=(self._job, self._timeout, there), daemon=True
        )
        process.start()
        there.close()

        def got(told: object) -> None:
            self._got(worker, told)

        worker = _Worker(process, Channel(got, lambda: got(None)))
        self._workers.append(worker)
        await worker.channel.connect(here)

    def _supply(self, waiting: deque[Task], suspects: deque[Task], lanes: int) -> None:
        """Give the processes what there is to do; one that has a suspect has nothing else."""
        for worker in self._workers:
            if suspects and not worker.running:
                worker.give(suspects.popleft())
                worker.alone = True
            elif not worker.running:
                worker.alone = False
            while waiting and not suspects and not worker.alone and len(worker.running) < lanes:
                worker.give(waiting.popleft())

    def _got(self, worker: _Worker, told: object) -> None:
        """Something came from a process; None when it is gone."""
        match told:
            case Asked():
                call = asyncio.create_task(self._call(worker, told))
                worker.calls[told.number] = call
            case Withdrawn():
                if found := worker.calls.pop(told.number, None):
                    found.cancel()
            case _:
                self._told.put_nowait((worker, told))

    async def _call(self, worker: _Worker, asked: Asked) -> None:
        """Make one call for a process and tell it the answer."""
        try:
            answered = await self._caller.answer(asked.request)
        finally:
            worker.calls.pop(asked.number, None)
        worker.channel.send(Arrived(asked.number, answered))

    async def _died(self, worker: _Worker, told: object, suspects: deque[Task]) -> list[Outcome]:
        """Replace a process that is gone; what it had is tried once more, each design alone."""
        if isinstance(told, Unable):
            raise InputError(told.reason)
        await asyncio.to_thread(_end, worker.process)
        self._workers.remove(worker)
        for call in worker.calls.values():
            call.cancel()
        await self._start()
        if not worker.alone:
            suspects.extend(worker.running.values())
            return []
        hung = worker.process.exitcode == HANGS
        reason = too_long(self._timeout or 0.0) if hung else DIED
        return [Failed(t.key, f"{shown(t.path)}: {reason}") for t in worker.running.values()]


def _end(process: BaseProcess) -> None:
    """Let a process leave whose channel is closed, and end one that does not."""
    process.join(_GRACE)
    if process.exitcode is None:
        process.kill()
        process.join()
