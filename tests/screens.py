"""Driving the terminal application in tests: start it, press keys, read the screen."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from copilot.knowledge import Knowledge
from copilot.tui.app import ArchReview
from copilot.tui.session import Session

SNAPSHOTS = Path(__file__).parent / "snapshots"
AWAITED = ("decide", "findings", "keep", "open", "questions", "relist", "relist files")
"""Workers whose outcome the next key of a journey is about."""
NAMES = {" ": "space", "/": "slash", "?": "question_mark", ".": "full_stop", "-": "minus"}


@asynccontextmanager
async def running(
    *paths: Path,
    knowledge: Knowledge | None = None,
    size: tuple[int, int] = (120, 40),
    **options: Any,
) -> AsyncIterator[Pilot[None]]:
    """The application on these designs, loaded; with `knowledge` it reviews only when asked."""
    session = Session(options={"workspace": Path(".archreview"), **options}, paths=paths)
    session.knowledge = knowledge
    app = ArchReview(session)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: session.store is not None and app.bench is not None)
        if knowledge is None:
            await until(pilot, lambda: session.knowledge is not None, 90)
        yield pilot


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait for a condition; the screen is drawn afterwards."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        await pilot.pause(0.02)
    await pilot.pause()


async def reviewed(pilot: Pilot[None]) -> None:
    """Wait until no review runs or waits."""
    app = pilot.app
    await until(pilot, lambda: not app.queued and app.session.running is None, 120)


async def keys(pilot: Pilot[None], *pressed: str) -> None:
    """Press keys; `=text` types a text."""
    for key in pressed:
        if key.startswith("=") and len(key) > 1:
            await pilot.press(*(NAMES.get(c, c) for c in key[1:]))
        else:
            await pilot.press(key)
    await pilot.pause()
    await until(pilot, lambda: not any(w.group in AWAITED for w in pilot.app.workers))


def lines(pilot: Pilot[None]) -> list[str]:
    """The text of the screen, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return [strip.text.rstrip() for strip in strips]


def text(pilot: Pilot[None]) -> str:
    """The text of the screen."""
    return "\n".join(lines(pilot))


def check_snapshot(name: str, shown: str) -> None:
    """Compare with the stored text; `SNAPSHOTS=write pytest ...` stores it anew."""
    stored = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        stored.write_text(shown + "\n", encoding="utf-8")
    assert shown + "\n" == stored.read_text(encoding="utf-8"), f"another {stored.name}"
