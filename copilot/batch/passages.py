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
from copilot.index.store import PassageIndex
from copilot.review.engine import Engine
from copilot.review.injection import shield

TOGETHER = 4_000
"""Passages that are stored in one go."""


class Shelf:
    """Gathers passages and stores them; an index that fails costs the search, never a review."""

    def __init__(self, engine: Engine) -> None:
        """Stores nothing when the engine keeps its index in memory."""
        self._engine = replace(engine, vectors=None)
        self.open = engine.location is not None
        self._gathered: list[tuple[Path, Embedded]] = []
        self.notices: list[str] = []
        """What the user should know about the index."""

    async def put(self, path: Path, embedded: Embedded | None) -> None:
        """Take the passages of a design; store what has gathered when it is enough."""
        if not self.open or embedded is None:
            return
        self._gathered.append((path.absolute(), embedded))
        if sum(len(each.ids) for _, each in self._gathered) >= TOGETHER:
            await asyncio.to_thread(self._store)

    async def settle(self, done: Mapping[str, Entry], paths: Mapping[str, Path]) -> None:
        """Store what has gathered, and what an earlier run had no time for."""
        if self._engine.location is None:
            return
        self.open, self.notices = True, []  # a server that was gone may be back
        await asyncio.to_thread(self._store)
        if self.open:
            await asyncio.to_thread(self._mend, done, paths)

    def _store(self) -> None:
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return
        try:
            with PassageIndex.open(self._engine.location, self._engine.embedder) as index:
                index.add_embedded([(_named(path), each) for path, each in gathered])
                self.notices += index.warnings
        except CopilotError as error:
            self._fail(error)

    def _mend(self, done: Mapping[str, Entry], paths: Mapping[str, Path]) -> None:
        wanted = {text: paths[key] for key, e in done.items() if (text := e.data.get("text"))}
        try:
            with PassageIndex.open(self._engine.location, self._engine.embedder) as index:
                absent = set(wanted) - index.held(list(wanted))
        except CopilotError as error:
            return self._fail(error)
        for path in sorted(wanted[digest] for digest in absent):
            self._gathered += self._embed(path)
            if sum(len(each.ids) for _, each in self._gathered) >= TOGETHER:
                self._store()
        self._store()

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
