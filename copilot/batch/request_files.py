"""Lines of requests in files that the Batch API accepts: few enough, small enough, one model."""

from __future__ import annotations

import contextlib
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from copilot.batch.flights import Flight
from copilot.errors import InputError
from copilot.judges.model.batch_lines import Way


@dataclass(frozen=True)
class FileLimits:
    """What one file of requests may hold; the service's own limits."""

    requests: int = 50_000
    size: int = 200_000_000
    """In bytes."""


@dataclass
class Draft:
    """A file that is being written."""

    name: str
    model: str
    way: Way
    """How its lines are worded."""
    file: BinaryIO
    digests: list[str] = field(default_factory=list)
    size: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0

    def holds(self, line: bytes, limits: FileLimits) -> bool:
        """True when another line fits."""
        few = len(self.digests) < limits.requests
        return few and self.size + len(line) <= limits.size

    def write(self, digest: str, line: bytes, tokens: int, cost: float | None) -> None:
        """Append a line of about so many tokens; raises InputError when the disk is full."""
        try:
            self.file.write(line)
        except OSError as error:
            raise _full(error, self.file.name) from error
        self.digests.append(digest)
        self.size += len(line)
        self.tokens += tokens
        known = cost is not None and self.cost_usd is not None
        self.cost_usd = (self.cost_usd or 0.0) + (cost or 0.0) if known else None

    def close(self, address: str) -> Flight:
        """The finished file, on the disk."""
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
        except OSError as error:
            raise _full(error, self.file.name) from error
        digests = tuple(self.digests)
        return Flight(self.name, digests, self.model, address, self.way, self.tokens, self.cost_usd)


class Folder:
    """Where the files lie until the service has them, `DIR/batch-api`."""

    def __init__(self, path: Path) -> None:
        """Raises InputError when it cannot be made."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"cannot be made ({error.strerror})"
            raise InputError(what, where=path, todo="give another --out") from error

    def draft(self, model: str, way: Way) -> Draft:
        """A new file, with a name that no other file of any batch has."""
        name = uuid.uuid4().hex
        try:
            return Draft(name, model, way, self.file(name).open("wb"))
        except OSError as error:
            raise _full(error, str(self.file(name))) from error

    def file(self, name: str) -> Path:
        """Where the file of this name lies."""
        return self.path / f"{name}.jsonl"

    def tidy(self) -> None:
        """Remove the folders in which nothing is left."""
        for folder, _, _ in os.walk(self.path, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()

    def clear(self, kept: set[str]) -> None:
        """Remove the files that a run before left half-written; those of these names stay."""
        for path in self.path.glob("*.jsonl"):
            if path.stem not in kept:
                path.unlink(missing_ok=True)


def _full(error: OSError, path: str) -> InputError:
    what = f"cannot be written ({error.strerror})"
    return InputError(what, where=path, todo="free space in --out and run again")
