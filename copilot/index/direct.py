"""The vectors of documents without a store: computed, handed out, and kept for whoever asks.

Chroma's folder admits one process at a time, and even its memory costs 40 ms to open. The workers
of a batch search each document by itself, and one writer stores what they kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from copilot.index.embedders import Embedder, Vectors
from copilot.schema import Document, Passage


class PassageVectors(Protocol):
    """What a review needs of an index: the passages go in, their vectors come out."""

    embedder: Embedder
    warnings: list[str]
    """What the user should know about the index."""

    def __enter__(self) -> Self:
        """Return the open index."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the index."""
        ...

    def add(self, document: Document, passages: Sequence[Passage]) -> int:
        """Take the passages in; how many were embedded now."""
        ...

    def vectors(self, document: Document, passages: Sequence[Passage]) -> Vectors:
        """Vectors of the passages in their order."""
        ...


@dataclass(frozen=True)
class Embedded:
    """The passages of one document with their vectors, small enough to send between processes."""

    digest: str
    """Of the text that was cut, as in `Document.digest`."""
    ids: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    vectors: bytes
    """float32, one row per passage."""


class DirectIndex:
    """Embeds and stores nothing; `embedded` is what the last document came to."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.warnings: list[str] = []
        self._digest = ""
        self._passages: Sequence[Passage] = ()
        self._vectors: Vectors = np.zeros((0, 0), np.float32)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """There is nothing to close."""

    def add(self, document: Document, passages: Sequence[Passage]) -> int:
        """Embed the passages; all of them count as embedded now."""
        self._vectors = self.embedder.embed([passage.text for passage in passages])
        self._digest, self._passages = document.digest, passages
        return len(passages)

    def vectors(self, document: Document, passages: Sequence[Passage]) -> Vectors:
        """Vectors of the passages in their order."""
        if self._digest != document.digest or self._passages is not passages:
            self.add(document, passages)
        return self._vectors

    @property
    def embedded(self) -> Embedded:
        """The last document's passages and vectors."""
        return Embedded(
            digest=self._digest,
            ids=tuple(passage.id for passage in self._passages),
            spans=tuple((passage.start, passage.end) for passage in self._passages),
            vectors=np.ascontiguousarray(self._vectors, np.float32).tobytes(),
        )
