"""Keeping finished reviews in the workspace's store, without ever failing a review for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

from copilot.errors import StoreError
from copilot.review.events import Done, Event, Read
from copilot.settings import Settings


async def kept(
    path: Path, events: AsyncGenerator[Event, None], settings: Settings, say: Callable[[str], None]
) -> AsyncGenerator[Event, None]:
    """Pass the events of the review of `path` on, and keep the review when it is done.

    Nothing is kept with `ephemeral`. A store that cannot be used is told through `say`: the
    report is what was asked for.
    """
    from copilot.store import Store
    from copilot.store.identity import stamp

    if settings.ephemeral:
        async for event in events:
            yield event
        return
    seen, text = await asyncio.to_thread(stamp, path), ""

    def keep(done: Done) -> None:
        with Store.open(settings.workspace) as store:
            store.reviews.save(path, done.review, text=text, seen=seen)

    async with aclosing(events):
        async for event in events:
            if isinstance(event, Read):
                text = event.document.text
            if isinstance(event, Done):
                try:
                    await asyncio.to_thread(keep, event)
                except StoreError as error:
                    say(f"the review is not kept for triage: {error}")
            yield event
