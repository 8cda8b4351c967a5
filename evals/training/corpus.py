"""Labelled documents as the training sees them: units, evidence positions and statuses."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copilot.documents.load import load_document
from copilot.judges.offline.units import Unit, units
from copilot.review.injection import shield
from copilot.schema import Document
from evals.training.fetch import manifest, require

STATUS_ORDER = ("addressed", "partial", "missing")


@dataclass(frozen=True)
class Labelled:
    """One labelled document."""

    id: str
    group: str
    """Documents of one group (a repository, an archetype) are never split over folds."""
    units: tuple[Unit, ...]
    status: tuple[int, ...]
    """Index into STATUS_ORDER for each aspect."""
    accept: tuple[frozenset[int], ...]
    """Statuses that count as right for each aspect."""
    evidence: tuple[frozenset[int], ...]
    """For each aspect, the units that a labelled quote covers."""
    digest: str
    """SHA-256 of text and labels."""
    marks: Marks | None = None
    """Every unit's marks where somebody marked the whole document; None where nobody did."""


@dataclass(frozen=True)
class Marks:
    """For each aspect, the units that state something concrete, and those that touch on it."""

    firm: tuple[frozenset[int], ...]
    soft: tuple[frozenset[int], ...]


def aspect_ids(benchmark: Path) -> tuple[str, ...]:
    """The thirty aspects in the order of the labels."""
    first = min((benchmark / "train" / "labels").glob("*.json"))
    return tuple(json.loads(first.read_text(encoding="utf-8"))["aspects"])


def benchmark_documents(
    benchmark: Path, split: str, aspects: tuple[str, ...], annotations: Path | None = None
) -> list[Labelled]:
    """The real documents of one split, grouped by repository.

    `annotations` is the folder of sentence marks, as offsets in the documents' texts.
    """
    rows = (benchmark / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()
    header = rows[0].split("\t")
    manifest = [dict(zip(header, row.split("\t"), strict=True)) for row in rows[1:]]
    groups = {row["id"]: row["repository"] for row in manifest}
    return [
        _labelled(label, benchmark / split, groups[label["id"]], aspects, marked=annotations)
        for label in _labels(benchmark / split)
    ]


def own_designs(evals: Path, aspects: tuple[str, ...], *, sealed: bool) -> list[Labelled]:
    """Our own designs, grouped by archetype: those of the sealed archetypes, or the others."""
    split = json.loads((evals / "splits.json").read_text(encoding="utf-8"))
    return [
        _labelled(
            label,
            evals,
            f"own:{label['archetype']}",
            aspects,
            marked=None if sealed else evals / "annotations",
        )
        for label in _labels(evals)
        if (label["archetype"] in split["sealed"]) is sealed
    ]


def further_documents(evals: Path, aspects: tuple[str, ...]) -> list[Labelled]:
    """The real documents of evals/real, grouped by the package that they come from.

    Raises FileNotFoundError when one is not on disk as it was labelled.
    """
    require(evals / "real")
    packages = {source.id: source.package for source in manifest(evals / "real")}
    return [
        _labelled(
            label,
            evals / "real",
            f"package:{packages[label['id']]}",
            aspects,
            marked=evals / "annotations",
        )
        for label in _labels(evals / "real")
    ]


def passages(evals: Path, aspects: tuple[str, ...]) -> list[tuple[str, int, str]]:
    """(text, aspect, addressed | partial | none) of the bank of short labelled passages."""
    found = []
    for path in sorted((evals / "passages").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                record = json.loads(line)
                found.append((record["text"], aspects.index(record["aspect"]), record["label"]))
    return found


def _labels(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / "labels").glob("*.json")):
        label: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if (folder / label["document"]).is_file():
            yield label


def _labelled(
    label: Mapping[str, Any],
    folder: Path,
    group: str,
    aspects: tuple[str, ...],
    *,
    marked: Path | None = None,
) -> Labelled:
    document = load_document(folder / label["document"])
    read = shield(document).document
    parts = units(read.text, read.sections)
    rows = [label["aspects"][aspect] for aspect in aspects]
    statuses = [STATUS_ORDER.index(row["status"]) for row in rows]
    accept = [
        frozenset(STATUS_ORDER.index(status) for status in [*row.get("accept", []), row["status"]])
        for row in rows
    ]
    content = document.text + json.dumps(label["aspects"], sort_keys=True)
    return Labelled(
        id=label["id"],
        group=group,
        units=tuple(parts),
        status=tuple(statuses),
        accept=tuple(accept),
        evidence=tuple(_covered(document.text, parts, row) for row in rows),
        digest=hashlib.sha256(content.encode()).hexdigest(),
        marks=_marks(marked / f"{label['id']}.json", document, parts, aspects) if marked else None,
    )


def _marks(
    path: Path, document: Document, parts: list[Unit], aspects: tuple[str, ...]
) -> Marks | None:
    """The marks of a file; None without one. Raises ValueError when the text is another."""
    if not path.is_file():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["text_sha256"] != document.digest:
        raise ValueError(f"{path}: made for another text of {document.path}; mark it anew")
    starts = [unit.start for unit in parts]
    found: dict[str, list[set[int]]] = {
        level: [set() for _ in aspects] for level in ("addressed", "partial", "none")
    }
    for start, end, aspect, level in record["marks"]:
        units_of_aspect = found[level][aspects.index(aspect)]
        first = max(0, bisect_right(starts, start) - 1)
        for index in range(first, len(parts)):
            if parts[index].start >= end:
                break
            if _overlap(parts[index], start, end):
                units_of_aspect.add(index)
    return Marks(
        firm=tuple(map(frozenset, found["addressed"])),
        soft=tuple(map(frozenset, found["partial"])),
    )


def _overlap(unit: Unit, start: int, end: int) -> bool:
    """Whether the stretch covers half of the unit, or the unit half of the stretch."""
    shared = min(unit.end, end) - max(unit.start, start)
    return shared > 0 and 2 * shared >= min(unit.end - unit.start, end - start)


def _covered(text: str, parts: list[Unit], row: Mapping[str, Any]) -> frozenset[int]:
    """Units of which a quote covers half, or which cover half of a quote."""
    if row["status"] == "missing":
        return frozenset()
    return frozenset(
        index
        for start, end in _spans(text, row.get("evidence", []))
        for index, unit in enumerate(parts)
        if _overlap(unit, start, end)
    )


def _spans(text: str, evidence: Iterable[Any]) -> Iterator[tuple[int, int]]:
    """Where the evidence stands: items are verbatim quotes, whitespace aside, or offsets."""
    for item in evidence:
        if not isinstance(item, str):
            yield item[0], item[1]
            continue
        pattern = r"\s+".join(re.escape(word) for word in item.split())
        match = re.search(pattern, text) if pattern else None
        if match:
            yield match.span()
