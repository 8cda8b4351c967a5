"""What one client's session holds: engines, and the reviews that were made in it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import cast

from copilot.errors import InputError
from copilot.knowledge import Knowledge, load_knowledge
from copilot.mcp.confine import confined, content_digest
from copilot.review.ask import Reply, ask
from copilot.review.engine import Engine, JudgeChoice, make_engine
from copilot.review.events import Done, Event
from copilot.review.run import review, select_dimensions
from copilot.schema import Review
from copilot.settings import Settings

KEPT = 32
"""Reviews that a session remembers; the oldest is forgotten."""

Tell = Callable[[Event, int], Awaitable[None]]
"""Is told each event of a review and how many dimensions it judges."""

Content = tuple[Path, str]
"""A design and the digest of its files."""

Key = tuple[Content | None, JudgeChoice, tuple[str, ...]]
"""Content, judge and dimensions of a review that is kept."""


class Session:
    """Reviews designs under a root folder, one at a time, and each content only once."""

    def __init__(self, root: Path, settings: Settings, judge: JudgeChoice) -> None:
        self.root = root
        self.knowledge: Knowledge = load_knowledge(settings.knowledge)
        self._settings = settings
        self._judge = judge
        self._engines: dict[JudgeChoice, Engine] = {}
        self._reviews: OrderedDict[Key, Review] = OrderedDict()
        self._busy = asyncio.Lock()

    async def review(
        self, path: str, judge: JudgeChoice | None, dimensions: tuple[str, ...], tell: Tell
    ) -> Review:
        """The review of a design, from memory when its content was reviewed alike before.

        Raises InputError for a path outside of the root, an unknown dimension and a judge that
        this session must not use, and what `copilot.review.run.review` raises.
        """
        asked = tuple(d.id for d in select_dimensions(self.knowledge, dimensions))
        real, chosen = confined(self.root, path), self._allowed(judge)
        async with self._busy:
            content = await self._content(real)
            kept = (r for key, r in self._newest(content) if key == (content, chosen, asked))
            if known := next(kept, None):
                return known
            return await self._made(real, content, chosen, dimensions, tell)

    async def latest(self, path: str, dimension: str | None, tell: Tell) -> Review:
        """The latest review of a design that judged `dimension`, whoever judged; made if need be.

        Raises what `review` raises.
        """
        wanted = {d.id for d in select_dimensions(self.knowledge, [dimension] if dimension else [])}
        real = confined(self.root, path)
        async with self._busy:
            content = await self._content(real)
            for key, known in self._newest(content):
                if dimension is None or wanted <= set(key[2]):
                    return known
            return await self._made(real, content, self._judge, (), tell)

    async def ask(self, path: str, question: str) -> Reply:
        """What a design tells about a question; raises what `copilot.review.ask.ask` raises."""
        real = confined(self.root, path)
        async with self._busy:
            return await ask(real, question, await self._engine(self._judge))

    async def close(self) -> None:
        """Give the connections of model judges back."""
        for engine in self._engines.values():
            await engine.close()

    async def _engine(self, judge: JudgeChoice) -> Engine:
        if judge not in self._engines:
            self._engines[judge] = await asyncio.to_thread(make_engine, self._settings, judge)
        return self._engines[judge]

    def _allowed(self, judge: JudgeChoice | None) -> JudgeChoice:
        """The judge that is used; a client cannot bring a model in where the user chose none."""
        if self._judge == "offline" and judge == "model":
            todo = "start it with --judge auto and --model NAME, or ask for the offline judge"
            raise InputError("this server was started to judge offline", todo=todo)
        return self._judge if self._judge == "offline" or judge is None else judge

    async def _made(
        self,
        real: Path,
        content: Content | None,
        judge: JudgeChoice,
        dimensions: tuple[str, ...],
        tell: Tell,
    ) -> Review:
        """A new review, which is kept."""
        engine = await self._engine(judge)
        asked = len(select_dimensions(self.knowledge, dimensions))
        events = cast(AsyncGenerator[Event, None], review(real, engine, dimensions))
        async with aclosing(events):
            async for event in events:
                await tell(event, asked)
                if isinstance(event, Done):
                    self._keep(content, judge, event.review)
                    return event.review
        raise AssertionError("a review ends with Done")

    async def _content(self, real: Path) -> Content | None:
        """The design and the digest of its files; None when they should not be read whole."""
        digest = await asyncio.to_thread(content_digest, real, self._settings.max_bytes)
        return None if digest is None else (real, digest)

    def _newest(self, content: Content | None) -> list[tuple[Key, Review]]:
        """What is kept about this content, the latest first."""
        return [(key, made) for key, made in reversed(self._reviews.items()) if key[0] == content]

    def _keep(self, content: Content | None, judge: JudgeChoice, made: Review) -> None:
        if content is not None:
            self._reviews[(content, judge, made.manifest.dimensions)] = made
        while len(self._reviews) > KEPT:
            self._reviews.popitem(last=False)
