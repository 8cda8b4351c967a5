"""What a batch leaves in its folder besides the reports: batch.json, one row for each design found.

DIR/batch.json       the designs of the last finished run
DIR/reports/         <stem>.json, .md, .html of each design
DIR/journal.jsonl    see journal.py
DIR/index.html, portfolio.jsonl, portfolio.csv, portfolio.parquet
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from copilot.errors import InputError
from copilot.files import write_atomically
from copilot.schema import Record

NAME = "batch.json"
REPORTS = "reports"


class Row(Record):
    """One design that was found."""

    path: str
    state: Literal["reviewed", "failed"]
    key: str = ""
    """Digest of all that the review depends on; empty when the design could not be read."""
    stem: str = ""
    """File name of the reports, without suffix."""
    same_as: str = ""
    """Path of another design with the same content, whose review this is."""
    reason: str = ""
    """Why it failed."""
    complete: bool = True
    """False when some aspect could not be judged."""
    technologies: tuple[str, ...] = ()
    """Ids of the technologies that its text names."""
    previous: str = ""
    """Stem of the reports of this path in the finished run before, when they were others."""


class Batch(Record):
    """A finished run."""

    format: Literal[1] = 1
    designs: tuple[Row, ...]


def save_batch(batch: Batch, folder: Path) -> None:
    """Replace the folder's batch.json; raises InputError."""
    text = json.dumps(batch.model_dump(mode="json"), indent=1, ensure_ascii=True)
    write_atomically(folder / NAME, text + "\n")


def load_batch(folder: Path) -> Batch | None:
    """The folder's batch.json, None when there is none; raises InputError when it is broken."""
    path = folder / NAME
    try:
        return Batch.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        todo = "delete it; the next batch writes it anew"
        raise InputError("is no record of a batch", where=path, todo=todo) from error
