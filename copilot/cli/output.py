"""Writing reports: to standard output, to a file, to a folder; never half a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console

from copilot.errors import InputError
from copilot.files import write_atomically
from copilot.knowledge import Knowledge
from copilot.reports.formats import FORMS
from copilot.reports.terminal import print_review
from copilot.schema import Review

PIPE_WIDTH = 100


def check_out(out: Path | None) -> None:
    """Refuse an output that cannot be written before any work is done."""
    if out is None or is_folder(out):
        return
    if not out.parent.is_dir():
        raise InputError("no such folder", where=out.parent, todo="create it or change --out")


def is_folder(out: Path) -> bool:
    """True when `--out` names an existing folder: one report for each design goes there."""
    return out.is_dir()


def emit(reviews: list[Review], knowledge: Knowledge, form: str, out: Path | None) -> None:
    """Write the reviews in one format where `--out` says.

    Several reviews in one JSON file become an array; one stays an object.
    """
    if out is not None and is_folder(out):
        for name, review in zip(_names(reviews), reviews, strict=True):
            path = out / (name + FORMS[form].suffix)
            write_atomically(path, FORMS[form].render(review, knowledge, None))
    elif out is not None:
        write_atomically(out, _joined(reviews, knowledge, form))
    elif form == "text":
        _to_terminal(reviews, knowledge)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(_joined(reviews, knowledge, form))
        sys.stdout.buffer.flush()


def _names(reviews: list[Review]) -> list[str]:
    """File stems for the reviews: the design's own, numbered where two are the same."""
    names: list[str] = []
    for review in reviews:
        stem = Path(review.document.path).stem or "design"
        nth = sum(1 for name in names if name == stem or name.startswith(f"{stem}~"))
        names.append(f"{stem}~{nth + 1}" if nth else stem)
    return names


def _joined(reviews: list[Review], knowledge: Knowledge, form: str) -> bytes:
    reports = [FORMS[form].render(review, knowledge, None) for review in reviews]
    if form != "json" or len(reports) == 1:
        return b"\n".join(reports)
    return b"[\n" + b",\n".join(report.rstrip(b"\n") for report in reports) + b"\n]\n"


def _to_terminal(reviews: list[Review], knowledge: Knowledge) -> None:
    terminal = sys.stdout.isatty()
    width = None if terminal or os.environ.get("COLUMNS") else PIPE_WIDTH
    console = Console(file=sys.stdout, width=width, soft_wrap=False)
    for review in reviews:
        print_review(console, review, knowledge)
