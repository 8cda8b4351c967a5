"""What a run has to do: the designs that were found against what the journal says is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from copilot import __version__
from copilot.batch.executor import Task
from copilot.batch.journal import Entry
from copilot.batch.names import report_stem
from copilot.batch.records import REPORTS
from copilot.batch.work import source_digest
from copilot.documents.formats import shown
from copilot.errors import DocumentError
from copilot.review.engine import Engine


@dataclass(frozen=True)
class Design:
    """One design that was found."""

    path: Path
    key: str
    """Empty when it cannot be read."""
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """What is there, what is done, what is left."""

    designs: tuple[Design, ...]
    tasks: tuple[Task, ...]
    """Each key that is to be reviewed, once."""
    done: Mapping[str, Entry]
    """Key -> the journal's line, for what an earlier run reviewed."""
    failed: Mapping[str, str]
    """Key -> reason, for what failed before and is not tried again."""

    @property
    def first(self) -> dict[str, Path]:
        """Key -> the first path that has it; the others have the same content."""
        paths: dict[str, Path] = {}
        for design in self.designs:
            paths.setdefault(design.key, design.path)
        return paths


def basis(engine: Engine, dimensions: Sequence[str]) -> str:
    """Digest of all that a review depends on besides the design."""
    second = engine.second.digest if engine.second else ""
    limits = engine.limits
    parts = (
        *(__version__, engine.judge.name, engine.judge.digest, second, engine.knowledge.digest),
        *(engine.embedder.id, sorted(dimensions), limits.max_bytes, limits.max_chars),
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def read_designs(paths: Iterable[Path], refused: Mapping[Path, str], based_on: str) -> list[Design]:
    """The designs with their keys; what cannot be read has its reason instead."""
    designs = []
    for path in paths:
        try:
            digest = source_digest(path)
        except DocumentError as error:
            designs.append(Design(path, "", str(error)))
        except OSError as error:
            reason = f"{shown(path)}: cannot be read ({error.strerror}) — check the right to it"
            designs.append(Design(path, "", reason))
        else:
            key = hashlib.sha256(f"{digest}{based_on}".encode()).hexdigest()
            designs.append(Design(path, key))
    return designs + [Design(path, "", f"{shown(path)}: {why}") for path, why in refused.items()]


def make_plan(
    designs: Sequence[Design], entries: Sequence[Entry], out: Path, retry_failed: bool
) -> Plan:
    """Compare the designs with the journal; reviews whose reports are gone are done again."""
    last = {entry.key: entry for entry in entries if entry.event in ("reviewed", "failed")}
    tasks: dict[str, Task] = {}
    done: dict[str, Entry] = {}
    failed: dict[str, str] = {}
    for design in designs:
        entry = last.get(design.key)
        if not design.key or design.key in tasks:
            continue
        if entry and entry.event == "failed" and not retry_failed:
            failed[design.key] = entry.reason
        elif entry and _usable(entry, out) and (entry.complete or not retry_failed):
            done[design.key] = entry
        else:
            stem = report_stem(design.path, design.key)
            tasks[design.key] = Task(design.key, design.path, stem)
    return Plan(tuple(designs), tuple(tasks.values()), done, failed)


def _usable(entry: Entry, out: Path) -> bool:
    """True when the reports are there with the sizes that they were written with."""
    if entry.event != "reviewed":
        return False
    try:
        return all(
            (out / REPORTS / f"{entry.stem}{suffix}").stat().st_size == size
            for suffix, size in entry.sizes.items()
        )
    except OSError:
        return False
