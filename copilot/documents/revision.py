"""A design as it was at a git revision, written into a folder so that it can be loaded."""

from __future__ import annotations

import subprocess
from pathlib import Path

from copilot.documents.formats import format_of, shown
from copilot.documents.load import Limits
from copilot.errors import DocumentError

_FILES = ("100644", "100755")
"""Modes of regular files; links and submodules are passed over."""
_SECONDS = 60


def check_out(path: Path, revision: str, into: Path, limits: Limits) -> Path:
    """Write the design at `path` as of `revision` below the folder `into`; return where it lies.

    Of a folder, the files of supported formats are written: pictures are no part of the design.
    Only blobs are read: no filter, hook or external program of the repository runs. Raises
    DocumentError when there is no git, repository, revision or such a path in it.
    """
    where = f"{shown(path)}@{revision}"
    folder = _existing_parent(path.absolute())
    commit = _git(
        folder,
        where,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
    )
    root = Path(_git(folder, where, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    name = _inside(path, root, where)
    listed = _git(root, where, "ls-tree", "-r", "-l", "-z", commit.decode().strip(), "--", name)
    rows = [row for row in listed.decode("utf-8", "surrogateescape").split("\0") if row]
    files = [_parse(row) for row in rows]
    files = [
        file for file in files if file[0] in _FILES and (file[3] == name or format_of(file[3]))
    ]
    if not files:
        raise DocumentError("is not in that revision", where=where, todo="see `git ls-tree`")
    if sum(size for _, _, size, _ in files) > limits.max_bytes:
        what = f"holds more than max_bytes = {limits.max_bytes:,}"
        raise DocumentError(what, where=where, todo="raise max_bytes or name fewer files")
    for _, blob, _, file in files:
        target = into / _safe(file, where)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_git(root, where, "cat-file", "blob", blob))
    return into / name


def _parse(row: str) -> tuple[str, str, int, str]:
    """Mode, object, size and name of a line of `git ls-tree -l -z`."""
    head, name = row.split("\t", 1)
    mode, _, blob, size = head.split()
    return mode, blob, int(size) if size.isdigit() else 0, name


def _safe(name: str, where: str) -> str:
    if ".." in Path(name).parts or Path(name).is_absolute():
        raise DocumentError("holds a file name that leads out of it", where=where)
    return name


def _inside(path: Path, root: Path, where: str) -> str:
    full = path.parent.resolve() / path.name
    if path.name in ("", ".", ".."):
        full = path.resolve()
    if not full.is_relative_to(root.resolve()) or full == root.resolve():
        raise DocumentError("is no file or folder below the repository", where=where)
    return full.relative_to(root.resolve()).as_posix()


def _existing_parent(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.is_dir())


def _git(folder: Path, where: str, *arguments: str) -> bytes:
    command = ["git", "--literal-pathspecs", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except FileNotFoundError as error:
        what, todo = "needs git, which is not installed", "install git, or name two files"
        raise DocumentError(what, where=where, todo=todo) from error
    except subprocess.TimeoutExpired as error:
        raise DocumentError(f"git gave no answer in {_SECONDS} s", where=where) from error
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
        what = f"git says: {said}" if said else "the repository has no such revision"
        raise DocumentError(what, where=where, todo="name a document, or path@revision")
    return done.stdout
