"""What one client's session holds: engines, and the reviews that were made in it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path

from copilot.errors import InputError
from copilot.knowledge import Knowledge, load_knowledge
from copilot.knowledge.meeting import load_meeting
from copilot.mcp.confine import confined, content_digest
from copilot.meeting.agenda import check_roles
from copilot.meeting.questions import Asked
from copilot.meeting.questions import ask as ask_authors
from copilot.review.ask import Reply, ask
from copilot.review.engine import Engine, JudgeChoice, make_engine
from copilot.review.events import Event
from copilot.review.reviewed import Reviewed, finished
from copilot.review.run import review, select_dimensions
from copilot.settings import Settings

KEPT = 32
"""Reviews that a session remembers; the oldest is forgotten."""

Tell = Callable[[Event, int], Awaitable[None]]
"""Is told each event of a review and how many dimensions it judges."""

Content = tuple[Path, str]
"""A design and the digest of its files."""

Key = tuple[Content | None, JudgeChoice, tuple[str, ...]]
"""Content, judge (never auto) and dimensions of a review that is kept."""


class Session:
    """Reviews designs under a root folder, one at a time, and each content only once.

    All that a model judges is paid from one budget, which the settings give.
    """

    def __init__(self, root: Path, settings: Settings, judge: JudgeChoice) -> None:
        self.root = root
        self.knowledge: Knowledge = load_knowledge(settings.knowledge)
        self._meeting = load_meeting(self.knowledge, settings.knowledge)
        self._settings = settings
        self._judge = _named(judge, settings)
        self._engines: dict[JudgeChoice, Engine] = {}
        self._reviews: OrderedDict[Key, Reviewed] = OrderedDict()
        self._busy = asyncio.Lock()

    async def review(
        self, path: str, judge: JudgeChoice | None, dimensions: tuple[str, ...], tell: Tell
    ) -> Reviewed:
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

    async def latest(self, path: str, dimension: str | None, tell: Tell) -> Reviewed:
        """The latest review of a design that judged `dimension`, whoever judged; made if need be.

        Without `dimension` the latest that judged all of them, else the latest of some. Raises
        what `review` raises.
        """
        wanted = {d.id for d in select_dimensions(self.knowledge, [dimension] if dimension else [])}
        real = confined(self.root, path)
        async with self._busy:
            content = await self._content(real)
            kept = self._newest(content)
            fitting = [known for key, known in kept if wanted <= set(key[2])]
            if dimension is None:
                fitting += [known for _, known in kept]
            return fitting[0] if fitting else await self._made(real, content, self._judge, (), tell)

    async def questions(self, path: str, role: str | None, tell: Tell) -> tuple[Reviewed, Asked]:
        """What to ask the authors, with the latest review; raises what `latest` raises.

        Raises InputError for a role that the knowledge does not have.
        """
        check_roles([role] if role else [], self.knowledge)
        made = await self.latest(path, None, tell)
        asked = await asyncio.to_thread(
            ask_authors, made.review, made.document, self.knowledge, self._meeting
        )
        return made, asked

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
        if self._judge == "offline" or judge is None:
            return self._judge
        return _named(judge, self._settings)

    async def _made(
        self,
        real: Path,
        content: Content | None,
        judge: JudgeChoice,
        dimensions: tuple[str, ...],
        tell: Tell,
    ) -> Reviewed:
        """A new review, which is kept."""
        engine = await self._engine(judge)
        asked = len(select_dimensions(self.knowledge, dimensions))
        events = review(real, engine, dimensions)
        made = await finished(events, lambda event: tell(event, asked))
        self._keep(content, judge, made)
        return made

    async def _content(self, real: Path) -> Content | None:
        """The design and the digest of its files; None when they should not be read whole."""
        digest = await asyncio.to_thread(content_digest, real, self._settings.max_bytes)
        return None if digest is None else (real, digest)

    def _newest(self, content: Content | None) -> list[tuple[Key, Reviewed]]:
        """What is kept about this content, the latest first."""
        return [(key, made) for key, made in reversed(self._reviews.items()) if key[0] == content]

    def _keep(self, content: Content | None, judge: JudgeChoice, made: Reviewed) -> None:
        if content is not None:
            self._reviews[(content, judge, made.review.manifest.dimensions)] = made
        while len(self._reviews) > KEPT:
            self._reviews.popitem(last=False)


def _named(judge: JudgeChoice, settings: Settings) -> JudgeChoice:
    """The judge that `auto` stands for; two names of one judge would have two budgets."""
    if judge != "auto":
        return judge
    return "model" if settings.model else "offline"
