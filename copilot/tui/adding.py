"""Which designs a typed path stands for."""

from __future__ import annotations

from pathlib import Path

from copilot.documents.formats import FORMATS, SUPPORTED, format_of, shown
from copilot.errors import DocumentError

MOST = 2_000
"""Designs that one folder may add at once."""


def designs_at(path: Path) -> tuple[Path, ...]:
    """The design at `path`: a file, or a folder.

    A folder whose files have names of several designs adds each file directly in it; a folder
    with a README or index is one design of several files. Raises DocumentError.
    """
    path = path.expanduser()
    if path.is_file():
        if format_of(path) is None:
            raise DocumentError(
                f"is of a kind that cannot be read ({path.suffix or path.name})",
                where=shown(path),
                todo=f"name one of {SUPPORTED}",
            )
        return (path,)
    if not path.is_dir():
        raise DocumentError("no such file or folder", where=shown(path), todo="check the path")
    files = sorted(file for file in path.iterdir() if _is_design(file))
    if any(file.stem.lower() in ("readme", "index") for file in files):
        return (path,)
    if not files:
        todo = f"name a file of these kinds: {SUPPORTED}"
        raise DocumentError("is a folder with no design in it", where=shown(path), todo=todo)
    return tuple(files[:MOST])


def _is_design(file: Path) -> bool:
    known = file.suffix.lower() in FORMATS and file.suffix
    return bool(known) and not file.name.startswith(".") and file.is_file()


def completions(typed: str, most: int = 20) -> list[str]:
    """Paths that begin with what was typed; folders end in `/`."""
    start = Path(typed).expanduser()
    folder, prefix = (start, "") if typed.endswith("/") or not typed else (start.parent, start.name)
    try:
        names = sorted(folder.iterdir())
    except OSError:
        return []
    head = typed[: len(typed) - len(prefix)]
    return [
        f"{head}{path.name}{'/' if path.is_dir() else ''}"
        for path in names
        if path.name.startswith(prefix) and (prefix or not path.name.startswith("."))
    ][:most]
