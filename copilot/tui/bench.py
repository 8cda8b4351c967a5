"""The process that reviews for the application, so that its screens never wait for a judge.

A review is minutes of a model's time or seconds of pure computation. In a thread, computation
would hold Python's lock and the screens would stutter (stalls of 150 ms were measured), so it has
a process of its own: requests come in through a pipe, the events of `copilot.review.run` go out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from copilot.errors import CopilotError
from copilot.knowledge import Knowledge, load_knowledge
from copilot.review.events import Event
from copilot.settings import Settings


@dataclass(frozen=True)
class Request:
    """Review this design; `dimensions` limits it to some."""

    path: Path
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancel:
    """Stop the review that runs."""


@dataclass(frozen=True)
class Known:
    """Told once, at the start: the knowledge that reviews are made with."""

    knowledge: Knowledge


@dataclass(frozen=True)
class Happened:
    """An event of the review that runs."""

    event: Event


@dataclass(frozen=True)
class Over:
    """The review is over; `problem` says why it has no result."""

    problem: str = ""
    cancelled: bool = False


def listen(connection: Connection, hear: Callable[[Any], None]) -> None:
    """Call `hear` in the running loop with all that comes in, and with None at the end."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            try:
                while True:
                    loop.call_soon_threadsafe(hear, connection.recv())
            except (EOFError, OSError):
                loop.call_soon_threadsafe(hear, None)

    threading.Thread(target=read, daemon=True, name="archreview-listen").start()


def work(connection: Connection, settings: Settings, judge: Literal["auto", "offline"]) -> None:
    """What the process does until the pipe closes; it leaves the terminal alone."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    # BrokenPipeError: the application is gone, and with it the reason to work.
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(_serve(connection, settings, judge))


async def _serve(connection: Connection, settings: Settings, judge: Any) -> None:
    requests: asyncio.Queue[Request | None] = asyncio.Queue()
    running: list[asyncio.Task[Over]] = []

    def hear(request: Request | Cancel | None) -> None:
        if isinstance(request, Cancel):
            for task in running:
                task.cancel()
        else:
            requests.put_nowait(request)

    listen(connection, hear)
    with contextlib.suppress(CopilotError):  # told again, with its reason, when a review is asked
        connection.send(Known(await asyncio.to_thread(load_knowledge, settings.knowledge)))
    room = _Room(settings, judge)
    with contextlib.suppress(CopilotError):
        await room.engine()
    while request := await requests.get():
        running[:] = [asyncio.create_task(_review(room, request, connection))]
        try:
            over = await running[0]
        except asyncio.CancelledError:
            over = Over(cancelled=True)
        running.clear()
        connection.send(over)


class _Room:
    """The engine, made at its first use and kept warm."""

    def __init__(self, settings: Settings, judge: Any) -> None:
        self._settings, self._judge = settings, judge
        self._engine: Any = None

    async def engine(self) -> Any:
        from copilot.review.engine import make_engine

        if self._engine is None:
            self._engine = await asyncio.to_thread(make_engine, self._settings, self._judge)
        return self._engine


async def _review(room: _Room, request: Request, connection: Connection) -> Over:
    from copilot.review.run import review

    try:
        engine = await room.engine()
        async for event in review(request.path, engine, request.dimensions):
            connection.send(Happened(event))
    except CopilotError as error:
        return Over(problem=str(error))
    except Exception as error:  # whatever a third party's engine raises is told, not fatal
        return Over(problem=f"{request.path}: the review failed: {type(error).__name__}: {error}")
    return Over()


class Bench:
    """The application's end: starts the process, asks, passes events on, cancels."""

    def __init__(
        self, settings: Settings, know: Callable[[Knowledge], None], judge: str = "auto"
    ) -> None:
        """`know` is called with the knowledge as soon as it is there."""
        self._settings, self._know, self._judge = settings, know, judge
        self._process: Any = None
        self._connection: Connection | None = None
        self._answers: asyncio.Queue[Happened | Over | None] = asyncio.Queue()
        self._one = asyncio.Lock()

    async def start(self) -> None:
        """Start the process unless it runs; it makes its engine ready at once."""
        if self._process is not None and self._process.is_alive():
            return
        self._answers = asyncio.Queue()
        self._process, self._connection = await asyncio.to_thread(self._spawn)
        listen(self._connection, self._hear(self._answers))

    def _spawn(self) -> tuple[Any, Connection]:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=work, args=(theirs, self._settings, self._judge), daemon=True
        )
        process.start()
        theirs.close()
        return process, ours

    def _hear(self, answers: asyncio.Queue[Any]) -> Callable[[Any], None]:
        def hear(said: Any) -> None:
            if isinstance(said, Known):
                self._know(said.knowledge)
            else:
                answers.put_nowait(said)

        return hear

    async def review(self, request: Request) -> AsyncIterator[Event | Over]:
        """The events of one review, the last thing is `Over`; reviews wait for each other."""
        async with self._one:
            await self.start()
            assert self._connection is not None
            self._connection.send(request)
            while True:
                said = await self._answers.get()
                if said is None:
                    yield Over(problem=self._died(request))
                    return
                if isinstance(said, Over):
                    yield said
                    return
                yield said.event

    def _died(self, request: Request) -> str:
        self._process.join(timeout=1)
        code, self._process = self._process.exitcode, None
        return (
            f"{request.path}: the reviewing process ended with {code} — try again; "
            f"`archreview review {request.path}` shows the reason"
        )

    def cancel(self) -> None:
        """Ask the process to stop what it does; `review` then ends with a cancelled `Over`."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.send(Cancel())

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join(timeout=2)
        if self._connection is not None:
            self._connection.close()
