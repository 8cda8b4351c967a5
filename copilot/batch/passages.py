"""The passages of a batch's designs on their way into the shared index, by one writer.

Workers hand back passages with their vectors; here they gather and are stored thousands at a time,
because every write of the index costs the same however little it stores. What a killed run had not
stored yet is found missing at the end of the next one and embedded again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from copilot.batch.journal import Entry
from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.errors import CopilotError
from copilot.index.direct import DirectIndex, Embedded
from copilot.index.store import PassageIndex, import_engine
from copilot.review.engine import Engine
from copilot.review.injection import shield

TOGETHER = 4_000
"""Passages that are stored in one go."""
MOST = 4 * TOGETHER
"""Passages that may gather while others are being stored."""


class Shelf:
    """Gathers passages and stores them; an index that fails costs the search, never a review."""

    def __init__(self, engine: Engine) -> None:
        """Stores nothing when the engine keeps its index in memory."""
        self._engine = replace(engine, vectors=None)
        self.open = engine.location is not None
        self._gathered: list[tuple[Path, Embedded]] = []
        self._size = 0
        self._stored: set[str] = set()
        self._work: asyncio.Task[None] | None = None
        self.notices: list[str] = []
        """What the user should know about the index."""

    def begin(self) -> None:
        """Import what storing needs while the first designs are reviewed."""
        if self.open:
            self._work = asyncio.create_task(asyncio.to_thread(import_engine))

    async def put(self, path: Path, embedded: Embedded | None) -> None:
        """Take the passages of a design; what has gathered is stored beside the reviews."""
        if not self.open or embedded is None:
            return
        self._gathered.append((path.absolute(), embedded))
        self._size += len(embedded.ids)
        if self._size < TOGETHER or (self._size < MOST and self._work and not self._work.done()):
            return
        await self._rest()
        self._work = asyncio.create_task(asyncio.to_thread(self._store, self._take()))

    async def settle(self, done: Mapping[str, Entry], paths: Mapping[str, Path]) -> None:
        """Store what has gathered, and what an earlier run had no time for."""
        if self._engine.location is None:
            return
        await self._rest()
        self.open, self.notices = True, []  # a server that was gone may be back
        await asyncio.to_thread(self._store, self._take())
        if self.open:
            await asyncio.to_thread(self._mend, done, paths)

    async def _rest(self) -> None:
        """Wait for what is being stored."""
        if self._work:
            await self._work

    def _take(self) -> list[tuple[Path, Embedded]]:
        gathered, self._gathered, self._size = self._gathered, [], 0
        return gathered

    def _store(self, gathered: list[tuple[Path, Embedded]]) -> None:
        if not gathered:
            return
        try:
            with PassageIndex.open(self._engine.location, self._engine.embedder) as index:
                index.add_embedded([(_named(path), each) for path, each in gathered])
                self.notices += index.warnings
                sound = not index.warnings
        except CopilotError as error:
            return self._fail(error)
        if sound:
            self._stored.update(each.digest for _, each in gathered)
        else:  # it was built anew, or is in memory only
            self._stored.clear()

    def _mend(self, done: Mapping[str, Entry], paths: Mapping[str, Path]) -> None:
        wanted = {text: paths[key] for key, e in done.items() if (text := e.data.get("text"))}
        unsure = [digest for digest in wanted if digest not in self._stored]
        if not unsure:
            return
        try:
            with PassageIndex.open(self._engine.location, self._engine.embedder) as index:
                absent = set(unsure) - index.held(unsure)
        except CopilotError as error:
            return self._fail(error)
        for path in sorted(wanted[digest] for digest in absent):
            self._gathered += self._embed(path)
            if sum(len(each.ids) for _, each in self._gathered) >= TOGETHER:
                self._store(self._take())
        self._store(self._take())

    def _embed(self, path: Path) -> Iterator[tuple[Path, Embedded]]:
        try:
            document = shield(load_document(path, self._engine.limits)).document
        except CopilotError:  # it changed since it was reviewed; the next run says so
            return
        index = DirectIndex(self._engine.embedder)
        index.add(document, split(document))
        yield path.absolute(), index.embedded

    def _fail(self, error: CopilotError) -> None:
        self.open = False
        self.notices.append(f"{error}; `archreview search` will not find these designs")


def _named(path: Path) -> str:
    """The path as text; empty for a name that is no text, which the index cannot hold."""
    text = str(path)
    return text if text.isprintable() else ""
