"""The process that reviews for the application, so that its screens never wait for a judge.

A review is minutes of a model's time or seconds of pure computation. In a thread, computation
would hold Python's lock and the screens would stutter (stalls of 150 ms were measured), so it has
a process of its own: requests come in through a pipe, the events of `copilot.review.run` go out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from copilot.errors import CopilotError
from copilot.knowledge import Knowledge, load_knowledge
from copilot.review.events import Event
from copilot.settings import Settings

if TYPE_CHECKING:
    from copilot.review.engine import Engine


@dataclass(frozen=True)
class Request:
    """Review this design; `dimensions` limits it to some."""

    path: Path
    dimensions: tuple[str, ...] = ()

    def events(self, engine: Engine) -> AsyncIterator[Event]:
        """The events of the review."""
        from copilot.review.run import review

        return review(self.path, engine, self.dimensions)


class Errand(Protocol):
    """What the process can be asked for; it and what it yields travel through the pipe."""

    @property
    def path(self) -> Path:
        """The design that it is about."""
        ...

    def events(self, engine: Engine) -> AsyncIterator[Any]:
        """Do it, and tell what happens."""
        ...


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


class Pipe:
    """Whole records over a pair of byte streams; only between this program and itself."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    def send(self, record: Any) -> None:
        """Send one record; raises OSError when nobody is there to read it."""
        pickle.dump(record, self._outgoing)
        self._outgoing.flush()

    def receive(self) -> Any:
        """The next record; raises EOFError at the end."""
        return pickle.load(self._incoming)

    def listen(self, hear: Callable[[Any], None]) -> None:
        """Call `hear` in the running loop with all that comes in, and with None at the end."""
        loop = asyncio.get_running_loop()

        def read() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens
                try:
                    while True:
                        loop.call_soon_threadsafe(hear, self.receive())
                except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                    loop.call_soon_threadsafe(hear, None)

        threading.Thread(target=read, daemon=True, name="archreview-listen").start()


def work() -> None:
    """What the process does until its input ends; nothing else may write to its output."""
    with os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)
        pipe = Pipe(sys.stdin.buffer, outgoing)
        settings, judge = pipe.receive()
        # BrokenPipeError: the application is gone, and with it the reason to work.
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            asyncio.run(_serve(pipe, settings, judge))
        os._exit(0)  # threads that still compute are of no use to anybody


async def _serve(pipe: Pipe, settings: Settings, judge: Any) -> None:
    requests: asyncio.Queue[Errand | None] = asyncio.Queue()
    running: list[asyncio.Task[Over]] = []

    def hear(request: Errand | Cancel | None) -> None:
        if isinstance(request, Cancel):
            for task in running:
                task.cancel()
            while not requests.empty():  # asked while the engine was being made
                requests.get_nowait()
                pipe.send(Over(cancelled=True))
        else:
            requests.put_nowait(request)

    pipe.listen(hear)
    with contextlib.suppress(CopilotError):  # told again, with its reason, when a review is asked
        pipe.send(Known(await asyncio.to_thread(load_knowledge, settings.knowledge)))
    room = _Room(settings, judge)
    with contextlib.suppress(CopilotError):
        await room.engine()
    while request := await requests.get():
        running[:] = [asyncio.create_task(_review(room, request, pipe))]
        try:
            over = await running[0]
        except asyncio.CancelledError:
            over = Over(cancelled=True)
        running.clear()
        pipe.send(over)


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


async def _review(room: _Room, request: Errand, pipe: Pipe) -> Over:
    try:
        engine = await room.engine()
        async for event in request.events(engine):
            pipe.send(Happened(event))
    except CopilotError as error:
        return Over(problem=str(error))
    except Exception as error:  # whatever a third party's engine raises is told, not fatal
        return Over(problem=f"{request.path}: failed: {type(error).__name__}: {error}")
    return Over()


class Bench:
    """The application's end: starts the process, asks, passes events on, cancels."""

    def __init__(
        self, settings: Settings, know: Callable[[Knowledge], None], judge: str = "auto"
    ) -> None:
        """`know` is called with the knowledge as soon as it is there."""
        self._settings, self._know, self._judge = settings, know, judge
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Pipe | None = None
        self._answers: asyncio.Queue[Happened | Over | None] = asyncio.Queue()
        self._one = asyncio.Lock()

    async def start(self) -> None:
        """Start the process unless it runs; it makes its engine ready at once."""
        if self._process is not None and self._process.poll() is None:
            return
        self._answers = asyncio.Queue()
        self._process = await asyncio.to_thread(_spawn)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._pipe = Pipe(self._process.stdout, self._process.stdin)  # type: ignore[arg-type]
        self._pipe.send((self._settings, self._judge))
        self._pipe.listen(self._hear(self._answers))

    def _hear(self, answers: asyncio.Queue[Any]) -> Callable[[Any], None]:
        def hear(said: Any) -> None:
            if isinstance(said, Known):
                self._know(said.knowledge)
            else:
                answers.put_nowait(said)

        return hear

    async def review(self, request: Errand) -> AsyncIterator[Any]:
        """The events of one errand, the last thing is `Over`; errands wait for each other."""
        async with self._one:
            await self.start()
            assert self._pipe is not None
            with contextlib.suppress(OSError):  # it died: the answer below is None
                self._pipe.send(request)
            while True:
                said = await self._answers.get()
                if said is None:
                    yield Over(problem=self._died(request))
                    return
                if isinstance(said, Over):
                    yield said
                    return
                yield said.event

    def _died(self, request: Errand) -> str:
        code = self._process.wait(timeout=5) if self._process else None
        self._process = None
        return (
            f"{request.path}: the reviewing process ended with {code} — try again; "
            f"`archreview review {request.path}` shows the reason"
        )

    def cancel(self) -> None:
        """Ask the process to stop what it does; `review` then ends with a cancelled `Over`."""
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._pipe.send(Cancel())

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=2)
            for stream in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()  # type: ignore[union-attr]


def _spawn() -> subprocess.Popen[bytes]:
    """A fresh interpreter with this one's module paths.

    Not `multiprocessing`: it wants the number of standard error, which Textual has replaced.
    """
    code = f"import sys; sys.path[:] = {sys.path!r}; from copilot.tui.bench import work; work()"
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=nothing)
