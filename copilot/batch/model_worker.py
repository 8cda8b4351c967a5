"""A process that reviews with a model it cannot reach: it asks its parent, which makes the calls.

So limits, budget and circuit breaker are those of one process however many review, and a call
waits for no other design's preparation. The work of all designs is done in one thread, a step at
a time; a process per core needs no threads besides.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar, TypeVarTuple

from copilot.batch.calls import Answered
from copilot.batch.channel import Channel
from copilot.batch.executor import Failed, Job, Outcome, Task
from copilot.batch.pool import too_long
from copilot.batch.processes import ONE_THREAD
from copilot.batch.work import Reviewer
from copilot.documents.formats import shown
from copilot.errors import CopilotError
from copilot.judges.model.requests import Answer, Request
from copilot.judges.model.setup import cached
from copilot.review.engine import make_engine

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

HANGS = 1
"""Exit code of a process that was over one step of a review for longer than a design may take."""


@dataclass(frozen=True)
class Asked:
    """A worker wants an answer."""

    number: int
    request: Request


@dataclass(frozen=True)
class Withdrawn:
    """It does not want it any more."""

    number: int


@dataclass(frozen=True)
class Arrived:
    """The parent has what was asked for."""

    number: int
    answered: Answered


@dataclass(frozen=True)
class Unable:
    """The worker cannot work at all."""

    reason: str


class RemoteAnswers:
    """Answers that another process fetches."""

    def __init__(self, send: Callable[[object], None]) -> None:
        self._send = send
        self._numbers = count(1)
        self._open: dict[int, asyncio.Future[Answered]] = {}

    async def answer(self, request: Request) -> Answer:
        """The answer; raises CallFailed."""
        number = next(self._numbers)
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        self._send(Asked(number, request))
        try:
            return (await future).result()
        except asyncio.CancelledError:
            self._send(Withdrawn(number))
            raise
        finally:
            del self._open[number]

    async def keep(self, request: Request, answer: Answer) -> None:
        """The cache before it keeps what is worth it."""

    def arrive(self, arrived: Arrived) -> None:
        """Give an answer to who waits for it."""
        future = self._open.get(arrived.number)
        if future is not None and not future.done():
            future.set_result(arrived.answered)


class Worker:
    """The reviews that one process has under way."""

    def __init__(self, job: Job, timeout: float | None) -> None:
        """Raises CopilotError for settings that cannot be used."""
        self._timeout = timeout
        self._channel = Channel(self._got, self._leave)
        self._answers = RemoteAnswers(self._channel.send)
        settings = job.settings
        engine = make_engine(settings, job.judge, cached(settings, self._answers))
        self._reviewer = Reviewer(job, engine)
        self._waiting: deque[Task] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._work, self._gone = asyncio.Event(), asyncio.Event()

    async def run(self, end: socket.socket) -> None:
        """Review what is sent until the parent is gone."""
        await self._channel.connect(end)
        loops = [asyncio.create_task(self._begin())]
        if self._timeout is not None:
            loops.append(asyncio.create_task(self._watch(self._timeout)))
        await self._gone.wait()
        for task in (*loops, *self._running):
            task.cancel()

    def _got(self, thing: Any) -> None:
        if isinstance(thing, Arrived):
            self._answers.arrive(thing)
        else:
            self._waiting.append(thing)
            self._work.set()

    def _leave(self) -> None:
        self._gone.set()

    async def _begin(self) -> None:
        """Begin reviews one by one: between two of them answers come in and requests go out."""
        while await self._work.wait():
            while self._waiting:
                review = asyncio.create_task(self._review(self._waiting.popleft()))
                self._running.add(review)
                review.add_done_callback(self._running.discard)
                await asyncio.sleep(0)
            self._work.clear()

    async def _review(self, task: Task) -> None:
        outcome: Outcome
        try:
            async with asyncio.timeout(self._timeout):
                outcome = await self._reviewer.review(task)
        except TimeoutError:
            outcome = Failed(task.key, f"{shown(task.path)}: {too_long(self._timeout or 0.0)}")
        self._channel.send(outcome)

    async def _watch(self, timeout: float) -> None:
        """End the process when one step of a review alone takes longer than a design may."""
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - faulthandler wants a real file
            while True:
                faulthandler.dump_traceback_later(timeout, exit=True, file=nowhere)
                await asyncio.sleep(timeout / 4)


class _OneThread(asyncio.SelectorEventLoop):
    """Does at once what would be given to a thread: the other thread would hold up this one."""

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """A future that is done."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def work(job: Job, timeout: float | None, end: socket.socket) -> None:
    """What the process does from its start to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which closes its end
    os.environ.update(ONE_THREAD)
    with asyncio.Runner(loop_factory=_OneThread) as runner:
        runner.run(_work(job, timeout, end))


async def _work(job: Job, timeout: float | None, end: socket.socket) -> None:
    try:
        worker = Worker(job, timeout)
    except CopilotError as error:  # the parent has made the same engine: something changed since
        channel = Channel(lambda thing: None, lambda: None)
        await channel.connect(end)
        channel.send(Unable(str(error)))
        return channel.close()
    await worker.run(end)
