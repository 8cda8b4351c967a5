"""Writing reports: to standard output, to a file, to a folder; never half a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from copilot.documents.folder import members
from copilot.documents.formats import bare_name
from copilot.errors import InputError
from copilot.files import check_replaceable, write_atomically
from copilot.knowledge import Knowledge
from copilot.reports.formats import FORMS
from copilot.reports.terminal import print_review
from copilot.review.reviewed import Reviewed
from copilot.schema import Review

PIPE_WIDTH = 100


def check_out(out: Path | None, form: str, inputs: Sequence[Path]) -> None:
    """Refuse an output that cannot be written before any work is done.

    `inputs` are the designs: how many there are decides whether one file can hold the report, and
    none of them may be overwritten.
    """
    if FORMS[form].binary and out is None and sys.stdout.isatty():
        raise InputError(f"{form} is not for a terminal", todo="give --out FILE")
    if FORMS[form].join is None and len(inputs) > 1 and not (out and out.is_dir()):
        raise InputError(
            f"{form} makes a file for each design, and there are {len(inputs)}",
            where=out,
            todo="give an existing folder: --out FOLDER",
        )
    if FORMS[form].files and not (out and out.is_dir()) and any(one.is_dir() for one in inputs):
        raise InputError(
            f"{form} makes a file for each file of a design that is a folder",
            where=out,
            todo="give an existing folder: --out FOLDER",
        )
    if out is None:
        return
    check_replaceable(out)
    folder = out if out.is_dir() else out.parent
    if not folder.is_dir():
        raise InputError("no such folder", where=folder, todo="create it or change --out")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError("is a folder you may not write to", where=folder, todo="change --out")
    if not out.is_dir():
        _spare(out, inputs)
    elif not callable(FORMS[form].suffix):
        for path in inputs:
            _spare(out / f"{bare_name(path)}{FORMS[form].suffix}", inputs)


def emit(
    reviewed: Sequence[Reviewed],
    knowledge: Knowledge,
    form: str,
    out: Path | None,
    inputs: Sequence[Path] = (),
) -> None:
    """Write the reviews in one form where `--out` says; all are rendered before any is written.

    Raises InputError when a file cannot be written or would replace one of the `inputs`.
    """
    if out is not None and out.is_dir():
        reports = _files(reviewed, knowledge, form)
        for name in reports:
            _spare(out / name, inputs)
        for name, report in reports.items():
            _make_folder((out / name).parent)
            write_atomically(out / name, report)
    elif out is not None:
        _spare(out, inputs)
        write_atomically(out, _one_file(reviewed, knowledge, form))
    elif form == "text":
        _to_terminal([one.review for one in reviewed], knowledge)
    else:
        report = _one_file(reviewed, knowledge, form)
        sys.stdout.flush()
        sys.stdout.buffer.write(report)
        sys.stdout.buffer.flush()


def _spare(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse to write a report over a file that it was made from."""
    if path.exists() and any(path.samefile(file) for one in inputs for file in _sources(one)):
        raise InputError("the report would replace the design", where=path, todo="change --out")


def _sources(design: Path) -> list[Path]:
    """The file, or the folder and the files in it that are read."""
    return [design, *(members(design) if design.is_dir() else ())] if design.exists() else []


def _rendered(one: Reviewed, knowledge: Knowledge, form: str) -> bytes:
    return FORMS[form].report(one, knowledge)


def _files(reviewed: Sequence[Reviewed], knowledge: Knowledge, form: str) -> dict[str, bytes]:
    """Name of each file in the output folder -> its bytes."""
    files: dict[str, bytes] = {}
    names = _names([one.review for one in reviewed], form)
    for name, one in zip(names, reviewed, strict=True):
        parts = FORMS[form].files
        if parts is not None and one.document is not None and one.document.format == "folder":
            found = parts(one.review, one.document)
            files |= {f"{name}/{path}": report for path, report in found.items()}
        else:
            files[name] = _rendered(one, knowledge, form)
    return files


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"cannot be made: {error.strerror}"
        raise InputError(what, where=folder, todo="give another folder to --out") from error


def _one_file(reviewed: Sequence[Reviewed], knowledge: Knowledge, form: str) -> bytes:
    """The bytes of the one file that holds all reviews."""
    if FORMS[form].join is None or len(reviewed) == 1:
        (one,) = reviewed
        return _rendered(one, knowledge, form)
    return FORMS[form].reports(reviewed, knowledge)


def _names(reviews: Sequence[Review], form: str) -> list[str]:
    """File names for the reviews: after the design's own, numbered where two are the same."""
    names: list[str] = []
    for review in reviews:
        stem, suffix = bare_name(review.document.path) or "design", FORMS[form].suffix_for(review)
        nth = 1
        while (name := f"{stem}{f'~{nth}' if nth > 1 else ''}{suffix}") in names:
            nth += 1
        names.append(name)
    return names


def _to_terminal(reviews: Sequence[Review], knowledge: Knowledge) -> None:
    terminal = sys.stdout.isatty()
    width = None if terminal or os.environ.get("COLUMNS") else PIPE_WIDTH
    console = Console(file=sys.stdout, width=width, soft_wrap=False)
    for review in reviews:
        print_review(console, review, knowledge)
