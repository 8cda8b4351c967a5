"""Which designs there are: files, folders, glob patterns, with what is to be left out.

Every file of a supported format is a design. A folder is one design of several files where it
holds a file named `.archreview-design`, or, with `folders`, where it lies directly in a folder that
was named. Left out: what `.archreviewignore` files say (the syntax of .gitignore, each for the
folder that it lies in), hidden files and folders, tools' folders, licences and requirement lists,
linked folders (they may lead in circles), and files met before under another name.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from copilot.documents.folder import SKIPPED_FOLDERS, may_be_design
from copilot.documents.formats import shown
from copilot.errors import InputError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

MARKER = ".archreview-design"
"""A folder with a file of this name is one design."""
IGNORE = ".archreviewignore"
_WILD = "*?["


@dataclass(frozen=True)
class Rules:
    """The patterns of one ignore file and the folder that they are for."""

    root: Path
    spec: GitIgnoreSpec

    def ignores(self, path: Path, folder: bool) -> bool | None:
        """True to leave the path out, False to keep it in, None where no pattern speaks of it."""
        name = path.relative_to(self.root).as_posix()
        return self.spec.check_file(f"{name}/" if folder else name).include


@dataclass(frozen=True)
class Walk:
    """What a search through folders goes by."""

    folders: bool
    out: Path | None
    """The batch's own folder: its reports are no designs."""
    refused: dict[Path, str] = field(default_factory=dict)
    """Folder or ignore file -> why it could not be read."""

    def under(self, root: Path, above: tuple[Rules, ...] = (), depth: int = 0) -> Iterator[Path]:
        """Designs in a folder, by name, files before folders."""
        rules = (*above, *self._rules(root))
        folders = []
        for entry in self._entries(root):
            path = root / entry.name
            if _ignored(path, rules, entry.is_dir(follow_symlinks=False)):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif may_be_design(entry.name) and path.is_file():
                yield path
        for folder in folders:
            if folder.name.startswith(".") or folder.name in SKIPPED_FOLDERS or self._own(folder):
                continue
            if (self.folders and depth == 0) or is_design(folder):
                yield folder
            else:
                yield from self.under(folder, rules, depth + 1)

    def _own(self, folder: Path) -> bool:
        return self.out is not None and folder.resolve() == self.out

    def _entries(self, root: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(root) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.refused[root] = f"cannot be listed ({error.strerror}) — give the right to read it"
            return []

    def _rules(self, root: Path) -> tuple[Rules, ...]:
        path = root / IGNORE
        if not path.is_file():
            return ()
        from pathspec import GitIgnoreSpec

        try:
            lines = path.read_text("utf-8").splitlines()
            return (Rules(root, GitIgnoreSpec.from_lines(lines)),)
        except (OSError, ValueError) as error:
            self.refused[path] = f"cannot be used ({error}) — correct its patterns"
            return ()


@dataclass(frozen=True)
class Found:
    """What a search came to."""

    designs: tuple[Path, ...]
    refused: dict[Path, str]
    """Folder or ignore file that could not be read -> the reason."""


def discover(paths: Sequence[str], *, folders: bool = False, out: Path | None = None) -> Found:
    """The designs that the paths and glob patterns name, each once, in the order of the paths.

    `out` is the folder that the batch writes to. Raises InputError for a path that does not exist,
    a pattern that fits nothing, and when there is no design at all.
    """
    walk = Walk(folders, out.resolve() if out else None)
    found: dict[str, Path] = {}
    for given in paths:
        for path in _expanded(given):
            whole = path.is_file() or is_design(path)
            for design in (path,) if whole else walk.under(path):
                found.setdefault(os.path.realpath(design), design)
    if not (found or walk.refused):
        where = shown(paths[0]) if len(paths) == 1 else None
        todo = "name files, or folders with designs in them"
        raise InputError("no design was found", where=where, todo=todo)
    return Found(tuple(found.values()), walk.refused)


def is_design(folder: Path) -> bool:
    """True for a folder that is one design."""
    return (folder / MARKER).is_file()


def _expanded(given: str) -> list[Path]:
    path = Path(given)
    if path.exists():
        return [path]
    if not any(mark in given for mark in _WILD):
        raise InputError("does not exist", where=shown(given), todo="check the spelling")
    matches = sorted(glob.glob(given, recursive=True))  # noqa: PTH207 - takes absolute patterns
    if not matches:
        raise InputError("fits no file", where=shown(given), todo="check the pattern")
    return [Path(match) for match in matches if _may_match(Path(match))]


def _may_match(path: Path) -> bool:
    """A pattern means designs: what is no design by its name is passed over."""
    return path.is_dir() or may_be_design(path.name)


def _ignored(path: Path, rules: tuple[Rules, ...], folder: bool) -> bool:
    """What the innermost ignore file that speaks of the path says."""
    said = (rule.ignores(path, folder) for rule in reversed(rules))
    return next((word for word in said if word is not None), False)
