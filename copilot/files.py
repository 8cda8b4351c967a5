"""Writing files whole: a reader sees the old content or the new one, never half."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from copilot.errors import InputError


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace `path` by `content` (text as UTF-8) in one step.

    A link is followed, an old file's permissions are kept. Raises InputError when it cannot be
    written; nothing is left beside it then, nor when the writing is interrupted.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    check_replaceable(path)
    try:
        real = path.resolve()
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name[:40]}.")
    except (OSError, RuntimeError) as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(_mode(real))
        Path(name).replace(real)
    except BaseException as error:  # Ctrl-C, too, leaves no file behind
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


def check_replaceable(path: Path) -> None:
    """Raise InputError for a device, pipe or socket, which no file can take the place of."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        todo = "leave --out out to write to standard output"
        raise InputError("is a device or a pipe and no file", where=path, todo=todo)


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced; those of a new file without one."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _unwritable(path: Path, error: Exception) -> InputError:
    said = error.strerror if isinstance(error, OSError) else error
    return InputError(f"cannot be written: {said}", where=path, todo="give another path to --out")
