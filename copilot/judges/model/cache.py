"""Answers kept on disk, so that an identical review calls nobody and a broken one resumes.

    answers/ab/abcdef....json    {"format": 1, "checksum": "...", "answer": {...}}

The name is the digest of the full request and of the endpoint's address; no key goes into it.
Files are written aside and moved into place, so several processes may share the folder; one that
cannot be read, or whose checksum is wrong, counts as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from copilot.judges.model.requests import Answer, Answers, Request

FORMAT = 1


class AnswerCache:
    """Answers by request; `folder` None keeps them in memory only."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, Answer] = {}

    def get(self, key: str) -> Answer | None:
        """The stored answer, None when there is none that is sound."""
        if self._folder is None:
            return self._memory.get(key)
        try:
            record = json.loads(self._path(key).read_text("utf-8"))
            content = record["answer"]
            if record["format"] != FORMAT or record["checksum"] != _checksum(key, content):
                return None
            return Answer(**content)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, answer: Answer) -> None:
        """Store an answer; a folder that cannot be written only costs the next run a call."""
        if self._folder is None:
            self._memory[key] = answer
            return
        content = asdict(answer)
        record = {"format": FORMAT, "checksum": _checksum(key, content), "answer": content}
        path = self._path(key)
        text = json.dumps(record)
        with contextlib.suppress(OSError):
            try:
                _write(path, text)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, text)

    def drop(self, key: str) -> None:
        """Forget an answer."""
        self._memory.pop(key, None)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / key[:2] / f"{key}.json"


def _write(path: Path, text: str) -> None:
    """Write aside (readable by the owner only) and move into place."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _checksum(key: str, content: Mapping[str, object]) -> str:
    canonical = json.dumps(content, sort_keys=True)
    return hashlib.sha256(f"{key}{canonical}".encode()).hexdigest()


def answer_key(digest: str, address: str) -> str:
    """What the answer to the request with this digest from this address is kept under."""
    return hashlib.sha256(f"{digest}\n{address}".encode()).hexdigest()


class CachedAnswers:
    """Answers from the cache where it has them, from `inner` where not."""

    def __init__(self, inner: Answers, cache: AnswerCache, addresses: Mapping[str, str]) -> None:
        """`addresses` maps `provider:name` to the base URL that serves it."""
        self._inner, self._cache, self._addresses = inner, cache, addresses

    def has(self, request: Request) -> bool:
        """True when the request would not be sent."""
        return self._cache.get(self._key(request)) is not None

    async def answer(self, request: Request) -> Answer:
        """The stored answer, marked as such, or a fresh one; raises JudgeError."""
        stored = self._cache.get(self._key(request))
        if stored is not None:
            return replace(stored, stored=True, calls=0)
        return await self._inner.answer(request)

    async def keep(self, request: Request, answer: Answer) -> None:
        """Store an answer that the judge could use."""
        if not answer.stored:
            self._cache.put(self._key(request), answer)

    async def close(self) -> None:
        """Give the connections of the inner source back."""
        if close := getattr(self._inner, "close", None):
            await close()

    def _key(self, request: Request) -> str:
        return answer_key(request.digest, self._addresses.get(request.model, ""))
