"""What a batch has done, line by line, so that the next run does only what is left.

    journal.jsonl    {"event": "reviewed" | "failed" | ..., "key": "...", ...}, one object a line

Lines are only ever appended. Each is given to the operating system at once, so a process that is
killed loses none; it is forced to the disk at most once a second and at the end, so a machine that
loses power loses a second's worth, which is then done again. A last line that was cut short is
dropped. The reports of a line are in place before the line is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from pydantic import Field, ValidationError

from copilot.errors import InputError
from copilot.schema import Record

NAME = "journal.jsonl"
SYNC_SECONDS = 1.0


class Entry(Record):
    """One line: what became of one key."""

    event: Literal[
        "reviewed", "failed", "indexed", "prepared", "uploaded", "submitted", "collected"
    ]
    key: str
    """Of the design; for the last four events the name of a file of requests (flights.py)."""
    path: str = ""
    stem: str = ""
    """File name of the reports, without suffix."""
    sizes: dict[str, int] = Field(default_factory=dict)
    """Suffix of each report -> its bytes: a report that has another size is not ours."""
    reason: str = ""
    complete: bool = True
    findings: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0
    technologies: tuple[str, ...] = ()
    data: dict[str, str] = Field(default_factory=dict)
    """What else an event has to tell."""


class Journal:
    """The journal of one folder, held by one process from construction to `close`."""

    def __init__(self, folder: Path) -> None:
        """Read what is there and open it for more; raises InputError when it cannot be used."""
        self._path = folder / NAME
        self._lock = FileLock(folder / ".lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            todo = "wait for it, or give another --out"
            raise InputError("another batch writes here", where=folder, todo=todo) from error
        try:
            self.entries, self.unreadable = self._read()
            self._file = self._path.open("ab")
        except OSError as error:
            self._lock.release()
            what = f"cannot be used ({error.strerror})"
            raise InputError(what, where=self._path, todo="give another --out") from error
        self._synced = time.monotonic()

    def add(self, entry: Entry, *, durable: bool = False) -> None:
        """Append a line, with `durable` onto the disk at once; raises InputError."""
        try:
            self._file.write(entry.model_dump_json(exclude_defaults=True).encode() + b"\n")
            self._file.flush()
            if durable or time.monotonic() - self._synced >= SYNC_SECONDS:
                self._sync()
        except OSError as error:
            what = f"cannot be written ({error.strerror})"
            raise InputError(what, where=self._path, todo="free space and run again") from error
        self.entries.append(entry)

    def close(self) -> None:
        """Force all lines to the disk and let other processes in."""
        if not self._file.closed:
            self._sync()
            self._file.close()
        self._lock.release()

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def _read(self) -> tuple[list[Entry], int]:
        """The lines that can be read, and how many in between cannot; a cut one is cut off."""
        if not self._path.exists():
            return [], 0
        raw = self._path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) < len(raw):
            os.truncate(self._path, len(whole))
        parsed = list(_parsed(whole.splitlines()))
        entries = [entry for entry in parsed if entry is not None]
        return entries, len(parsed) - len(entries)


def _parsed(lines: list[bytes]) -> Iterator[Entry | None]:
    for line in lines:
        try:
            yield Entry.model_validate(_object(line))
        except (ValueError, ValidationError, RecursionError):
            yield None


def _object(line: bytes) -> Any:
    return json.loads(line.decode("utf-8"))
