"""Which files the server may read: those under its root folder, wherever links lead."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from copilot.documents.folder import members
from copilot.documents.formats import shown
from copilot.errors import DocumentError, InputError


def confined(root: Path, path: str) -> Path:
    """The real path of a design, given relative to `root` or in full.

    Raises InputError when it lies outside `root`, links followed, and when it does not exist;
    what lies outside is not told apart from what does not.
    """
    home = root.resolve()
    todo = f"name a file or folder under {shown(home)}"
    if not path.strip() or "\0" in path:
        raise InputError("the path is empty or malformed", todo=todo)
    try:
        real = (home / path).resolve()
        inside = real.is_relative_to(home)
        exists = inside and real.exists()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, too long a name
        raise InputError("the path cannot be followed", where=shown(path), todo=todo) from error
    if not inside:
        what = "is outside of the folder that this server may read"
        raise InputError(what, where=shown(path), todo=todo)
    if not exists:
        raise InputError("does not exist", where=shown(path), todo=todo)
    return real


def content_digest(path: Path, max_bytes: int) -> str | None:
    """SHA-256 over the names and bytes of a design's files.

    None for what the loader would refuse: larger than `max_bytes`, unreadable, or no regular file.
    """
    try:
        files = members(path) if path.is_dir() else [path]
        total, digest = 0, hashlib.sha256()
        for file in files:
            status = file.stat()
            total += status.st_size
            if not stat.S_ISREG(status.st_mode) or total > max_bytes:
                return None
            head = f"{file.relative_to(path)}\0{status.st_size}\0"
            digest.update(head.encode("utf-8", "surrogatepass") + file.read_bytes())
    except (OSError, DocumentError):
        return None
    return digest.hexdigest()
