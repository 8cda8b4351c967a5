"""Which design a path names, and whether its content is the one that was reviewed.

A design is identified by its resolved path: relative to the folder that holds the workspace when
it lies below it (so `x.md`, `./x.md` and a link to it are one design, and a checkout may move with
its workspace), absolute otherwise. Separators are `/` everywhere.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from copilot.documents.folder import members
from copilot.errors import DocumentError, InputError

Stamp = dict[str, tuple[int, int, str]]
"""File below the design ("" for the design itself) -> size, modification time in ns, SHA-256.

A file that is too large to be a design has no SHA-256 and is told by size and time alone.
"""
_HASHED = 50_000_000
"""Bytes of the largest file that is hashed."""


def identity(path: Path, home: Path) -> str:
    """The identity of the design at `path`, for a workspace that lies in `home`.

    Raises InputError for what no file system takes as a path.
    """
    try:
        full, home = path.resolve(), home.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a NUL
        raise InputError("is a path that cannot be followed", where=repr(str(path))) from error
    name = full.relative_to(home).as_posix() if full.is_relative_to(home) else full.as_posix()
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def stamp(path: Path) -> Stamp:
    """What the files of a design hold now; empty when they cannot be read."""
    try:
        return {name: _stamp_file(file) for name, file in _files(path).items()}
    except (OSError, DocumentError):
        return {}


def is_changed(path: Path, seen: Stamp) -> bool:
    """True when the files are not the ones that `seen` tells of, by content."""
    try:
        files = _files(path)
        return (
            not seen
            or files.keys() != seen.keys()
            or any(_differs(file, seen[name]) for name, file in files.items())
        )
    except (OSError, DocumentError):
        return True


def _files(path: Path) -> dict[str, Path]:
    if not path.is_dir():
        return {"": path}
    return {file.relative_to(path).as_posix(): file for file in members(path)}


def _stamp_file(file: Path) -> tuple[int, int, str]:
    status = file.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError("is not a regular file")  # reading a pipe might never end
    digest = _digest(file) if status.st_size <= _HASHED else ""
    return status.st_size, status.st_mtime_ns, digest


def _differs(file: Path, seen: tuple[int, int, str]) -> bool:
    size, time, digest = seen
    status = file.stat()
    if (status.st_size, status.st_mtime_ns) == (size, time):
        return False
    return status.st_size != size or not digest or _digest(file) != digest


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
