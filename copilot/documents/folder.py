"""Lists the files of a design that is a folder, in reading order."""

from __future__ import annotations

import os
import re
from pathlib import Path

from copilot.documents.formats import FORMATS, shown
from copilot.errors import DocumentError

SKIPPED_FOLDERS = {"node_modules", "__pycache__", "site-packages", "venv", "_build"}
"""Left out beside hidden folders: they hold tools and products, not the design."""

_NO_DESIGN = re.compile(r"(licen[cs]e|copying|notice|requirements|cmakelists)\b", re.IGNORECASE)
_FIRST = re.compile(r"(readme|index)$", re.IGNORECASE)


def members(root: Path) -> list[Path]:
    """Files of supported formats under a folder: README or index first, then by name, then folders.

    Numbers in names count as numbers. Left out: hidden files, licences, requirement lists, files
    without a suffix other than README, linked folders, and links that lead out of the folder or
    to a file that is read anyway.
    Raises DocumentError when a folder cannot be listed.
    """

    def refuse(error: OSError) -> None:
        where = shown(error.filename or root)
        todo = "give archreview the right to read the folder"
        raise DocumentError("cannot be listed", where=where, todo=todo) from error

    home = root.resolve()
    found = []
    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = [n for n in folders if not n.startswith(".") and n not in SKIPPED_FOLDERS]
        paths = [Path(folder, name) for name in names if may_be_design(name)]
        found += [path for path in paths if _stays_within(path, home)]
    real = {path.resolve() for path in found if not path.is_symlink()}
    found = [path for path in found if not path.is_symlink() or path.resolve() not in real]
    return sorted(found, key=lambda path: _reading_order(path.relative_to(root)))


def may_be_design(name: str) -> bool:
    """True for the name of a supported file that is no licence, requirement list or dot file."""
    path = Path(name)
    known = path.suffix.lower() in FORMATS and (path.suffix or _FIRST.match(name))
    return bool(known) and not name.startswith(".") and not _NO_DESIGN.match(name)


def _stays_within(path: Path, home: Path) -> bool:
    """False for a link that leads out of the folder, nowhere, or to what is no regular file."""
    try:
        return path.resolve().is_relative_to(home) and path.is_file()
    except (OSError, RuntimeError):  # links in a circle
        return False


def _reading_order(path: Path) -> list[tuple[int, list[tuple[int, int, str]], str]]:
    parents = [(2, _natural(name), name) for name in path.parts[:-1]]
    rank = 0 if _FIRST.match(path.stem) else 1
    return [*parents, (rank, _natural(path.name), path.name)]


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key of a name in which 2 comes before 10."""
    parts = re.findall(r"[0-9]{1,9}|[^0-9]+", name.lower())
    return [(0, int(p), "") if p[0] in "0123456789" else (1, 0, p) for p in parts]
