"""The passages of all documents of a workspace in one Chroma collection per embedder.

Vectors are read back by the document's digest and compared exactly: Chroma's filtered HNSW query
took 1.5 s for 200 queries in a workspace of 500 documents, reading one document's vectors 6 ms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np

from copilot.errors import IndexFault, InputError
from copilot.index.direct import Embedded
from copilot.index.embedders import Embedder, Vectors
from copilot.index.folder import Busy, IndexFolder
from copilot.schema import Document, Passage

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from chromadb.config import Settings

Location = Path | str | None
"""A folder, the URL of a Chroma server (http or https), or None for memory."""
T = TypeVar("T")

_WAIT = 30.0
"""Seconds to wait for another process that uses the same folder."""
_ASKED = 300
"""Digests that one question to Chroma names."""
_NUMBERS = 1_000_000
"""Vector components in one write: about 20 MB as JSON, below a server's limit."""


class Near(NamedTuple):
    """A passage that came near to a question, in whichever document."""

    digest: str
    start: int
    end: int
    path: str
    """Of the design when it was indexed; empty where that was not told."""
    similarity: float


class _EngineFailed(Exception):
    """Chroma raised, or gave back something that cannot be right."""


class PassageIndex:
    """Passages and their vectors; use it as a context manager, and briefly.

    A folder is locked from open to close, so open it, add, build the search, and close it before
    slow work begins. A damaged folder is moved aside and built anew, and one that cannot be used
    at all is replaced by memory; `warnings` then says so. Methods block the calling thread.
    """

    @classmethod
    def open(cls, location: Location, embedder: Embedder, *, wait: float = _WAIT) -> PassageIndex:
        """Open the index at a folder, a server's URL, or in memory; raise IndexFault if it fails.

        `wait`: seconds to wait for another process that holds the folder.
        """
        index = cls(embedder)
        if location is None:
            index._guarded(index._open_memory)
        elif isinstance(location, str) and re.match(r"https?://", location, re.IGNORECASE):
            index._server = location
            index._guarded(lambda: index._open_server(location))
        else:
            index._take_folder(Path(location), wait)
            index._guarded(index._open_folder)
        return index

    def __init__(self, embedder: Embedder) -> None:
        """Prepare an index that is not open yet; use `open`."""
        self.embedder = embedder
        self.warnings: list[str] = []
        """What went wrong with the folder and what was done about it, for the user to read."""
        self._client: Client | None = None
        self._collection: Collection | None = None
        self._folder: IndexFolder | None = None
        self._server: str | None = None
        self._anew = False

    def __enter__(self) -> PassageIndex:
        """Return the open index."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the index."""
        self.close()

    def close(self) -> None:
        """Free memory and let other processes use the folder; a second call does nothing."""
        if self._client and self._collection and not (self._folder or self._server):
            self._client.delete_collection(self._collection.name)
        self._close_client()
        if self._folder:
            self._folder.release()
            self._folder = None

    def add(self, document: Document, passages: Sequence[Passage]) -> int:
        """Store the passages and return how many were embedded now: 0 or all of them.

        The same digest cut at the same places embeds nothing. A write costs about 40 ms of disk
        synchronisation however few its passages are.
        """
        return self._guarded(lambda: self._sealed(self._add(document, passages)))

    def vectors(self, document: Document, passages: Sequence[Passage]) -> Vectors:
        """Vectors of the passages in their order, (len(passages), dimensions)."""
        return self._guarded(lambda: self._sealed(self._read(document, passages)))

    def add_embedded(self, parts: Sequence[tuple[str, Embedded]]) -> int:
        """Store passages that were embedded elsewhere, each with its design's path.

        One write for all of them. Returns how many passages were stored; those of a digest that is
        held already are not.
        """
        return self._guarded(lambda: self._sealed(self._add_embedded(parts)))

    def held(self, digests: Sequence[str]) -> set[str]:
        """Those of the digests that have passages here."""
        return self._guarded(lambda: self._sealed(self._held(digests)))

    def nearest(self, text: str, k: int) -> list[Near]:
        """The k passages of all documents that are nearest to the text, nearest first."""
        return self._guarded(lambda: self._sealed(self._nearest(text, k)))

    # --- reading and writing --------------------------------------------------------------------

    def _add(self, document: Document, passages: Sequence[Passage]) -> int:
        if self._holds(document, passages):
            return 0
        vectors = self.embedder.embed([passage.text for passage in passages])
        if self._spans(document):  # cut differently before, or a write that was interrupted
            self._call("delete", where={"digest": document.digest})
        for rows in _batches(len(passages), max(1, _NUMBERS // self.embedder.dimensions)):
            self._call(
                "upsert",
                ids=[_key(document, passage) for passage in passages[rows]],
                embeddings=vectors[rows],
                metadatas=[_metadata(document, passage) for passage in passages[rows]],
            )
        return len(passages)

    def _holds(self, document: Document, passages: Sequence[Passage]) -> bool:
        wanted = {_key(document, each): (each.start, each.end) for each in passages}
        return self._spans(document) == wanted

    def _spans(self, document: Document) -> dict[str, tuple[int, int]]:
        """Where the stored passages of the document start and end, by key."""
        found = self._call("get", where={"digest": document.digest}, include=["metadatas"])
        pairs = zip(found["ids"], found["metadatas"], strict=True)
        return {key: (data["start"], data["end"]) for key, data in pairs}

    def _read(self, document: Document, passages: Sequence[Passage]) -> Vectors:
        if not passages:
            return np.zeros((0, self.embedder.dimensions), np.float32)
        self._add(document, passages)
        found = self._call("get", where={"digest": document.digest}, include=["embeddings"])
        row_of = {key: row for row, key in enumerate(found["ids"])}
        order = [row_of[_key(document, passage)] for passage in passages]
        vectors = np.asarray(found["embeddings"], np.float32)[order]
        lengths = np.linalg.norm(vectors, axis=1)
        if not np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0)):
            raise _EngineFailed("it holds vectors that are not of length 1")
        return vectors

    def _add_embedded(self, parts: Sequence[tuple[str, Embedded]]) -> int:
        held = self._held([each.digest for _, each in parts])
        new = {each.digest: (path, each) for path, each in parts if each.digest not in held}
        size = self.embedder.dimensions
        ids, metadatas, vectors = [], [], []
        for path, each in new.values():
            ids += [f"{each.digest[:16]}:{passage}" for passage in each.ids]
            metadatas += [
                {"digest": each.digest, "start": start, "end": end, "path": path}
                for start, end in each.spans
            ]
            vectors.append(np.frombuffer(each.vectors, np.float32).reshape(-1, size))
        stacked = np.vstack(vectors) if vectors else np.zeros((0, size), np.float32)
        for rows in _batches(len(ids), max(1, _NUMBERS // size)):
            self._call("upsert", ids=ids[rows], embeddings=stacked[rows], metadatas=metadatas[rows])
        return len(ids)

    def _held(self, digests: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for part in _batches(len(digests), _ASKED):
            where = {"digest": {"$in": list(digests[part])}}
            rows = self._call("get", where=where, include=["metadatas"])
            found.update(str(data["digest"]) for data in rows["metadatas"])
        return found

    def _nearest(self, text: str, k: int) -> list[Near]:
        rows = self._call(
            "query",
            query_embeddings=self.embedder.embed([text]),
            n_results=k,
            include=["metadatas", "distances"],
        )
        return [
            Near(data["digest"], data["start"], data["end"], data.get("path", ""), 1 - distance)
            for data, distance in zip(rows["metadatas"][0], rows["distances"][0], strict=True)
        ]

    def _call(self, method: str, **arguments: Any) -> Any:
        try:
            return getattr(self._collection, method)(**arguments)
        except Exception as error:  # the engine raises its own, ValueError, httpx and more
            raise _EngineFailed(str(error)) from error

    # --- opening ----------------------------------------------------------------------------------

    def _take_folder(self, root: Path, wait: float) -> None:
        """Lock the folder and see whether it is sound; fall back to memory if neither works."""
        try:
            self._folder = IndexFolder(root, wait)
        except Busy:
            self._warn(f"{root}: another process uses this index; this run keeps it in memory")
        except OSError as error:
            self._warn(f"{root}: cannot be written ({error}); this run keeps the index in memory")
        if self._folder and (damage := self._folder.damage()):
            self._rebuild(damage)

    def _open_folder(self) -> None:
        """Open Chroma on the folder, or in memory when there is no folder to use."""
        if self._folder is None:
            return self._open_memory()
        from chromadb import PersistentClient

        store = self._folder.store
        self._use(lambda: PersistentClient(store, _settings(is_persistent=True)))
        return self._sealed(None)

    def _open_memory(self) -> None:
        from chromadb import EphemeralClient

        # All in-memory clients of a process share one database: a name of its own isolates this.
        self._use(lambda: EphemeralClient(_settings()), suffix=f"-{uuid4().hex}")

    def _open_server(self, url: str) -> None:
        from chromadb import HttpClient

        parts = urlsplit(url)
        secure = parts.scheme.lower() == "https"
        try:
            host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        except ValueError as error:
            raise InputError("the port is not a number", where=url) from error
        self._use(lambda: HttpClient(host, port, secure, settings=_settings()))

    def _use(self, make_client: Callable[[], ClientAPI], suffix: str = "") -> None:
        try:
            self._client = cast("Client", make_client())
            self._collection = self._client.get_or_create_collection(
                _collection_name(self.embedder.id) + suffix,
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"embedder": self.embedder.id},
                embedding_function=None,  # chroma's own would download a model
            )
        except IndexFault:
            raise
        except Exception as error:  # the engine raises its own, ValueError, httpx and more
            raise _EngineFailed(str(error)) from error

    # --- when the engine fails --------------------------------------------------------------------

    def _guarded(self, step: Callable[[], T]) -> T:
        """Do the step; when Chroma fails, build the folder anew, then use memory, then give up."""
        while True:
            try:
                return step()
            except _EngineFailed as error:
                self._step_down(str(error))

    def _step_down(self, reason: str) -> None:
        reason = " ".join(reason.split())[:200]
        if self._server:
            raise IndexFault(
                f"the Chroma server failed ({reason})",
                where=self._server,
                todo="check the address and that `chroma run` serves there",
            )
        if self._folder is None:
            raise IndexFault(f"Chroma failed in memory ({reason})", todo="reinstall chromadb")
        self._close_client()
        if self._anew:
            root = self._folder.root
            self._warn(f"{root}: failed again ({reason}); this run keeps the index in memory")
            self._drop_folder()
        else:
            self._rebuild(reason)
        self._open_folder()

    def _rebuild(self, reason: str) -> None:
        """Move the damaged store aside so that the next open starts with an empty one."""
        assert self._folder
        root = self._folder.root
        self._anew = True
        try:
            self._folder.start_anew()
            self._warn(f"{root}: the index was built anew because {reason}")
        except OSError as error:
            self._warn(f"{root}: {reason}, and it cannot be replaced ({error}); using memory")
            self._drop_folder()

    def _drop_folder(self) -> None:
        if self._folder:
            self._folder.release()
        self._folder = None

    def _sealed(self, value: T) -> T:
        """Return the value once the folder's seal matches what Chroma wrote, reading included."""
        if self._folder:
            try:
                self._folder.seal()
            except OSError as error:
                raise _EngineFailed(str(error)) from error
        return value

    def _close_client(self) -> None:
        if self._client:
            self._client.close()
        self._client = self._collection = None

    def _warn(self, text: str) -> None:
        self.warnings.append(text)


def import_engine() -> None:
    """Import Chroma, which takes a second, before the first index is opened."""
    import chromadb  # noqa: F401


def _settings(*, is_persistent: bool = False) -> Settings:
    """Settings that nothing from outside (a `.env` in the working folder) can change."""
    from chromadb.config import Settings

    return Settings(
        _env_file=None,
        is_persistent=is_persistent,
        chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
        chroma_server_host=None,
        chroma_server_http_port=None,
        chroma_otel_granularity="none",
        anonymized_telemetry=False,
    )


def _key(document: Document, passage: Passage) -> str:
    return f"{document.digest[:16]}:{passage.id}"


def _metadata(document: Document, passage: Passage) -> dict[str, str | int]:
    path = str(Path(document.path).absolute())
    return {"digest": document.digest, "start": passage.start, "end": passage.end, "path": path}


def _collection_name(embedder: str) -> str:
    """Name with only the characters that Chroma allows; the digest keeps it unique."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", embedder)[:100]
    return f"passages-{readable}-{sha256(embedder.encode()).hexdigest()[:8]}"


def _batches(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))
