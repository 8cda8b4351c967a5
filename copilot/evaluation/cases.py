"""Labelled designs: a folder of `designs/` and `labels/*.json`, read into frozen records."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from copilot.errors import InputError
from copilot.review.citations import Folded, fold
from copilot.schema import Record, Share, Status

STATUSES = (Status.ADDRESSED, Status.PARTIAL, Status.MISSING)
"""The three statuses that a label can have, from best to worst; arrays use their positions."""

Split = Literal["sealed", "train", "all"]
Span = tuple[int, int]
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|^[^<>]{0,20}>|<[^<>]{0,20}$")
_LETTERS = re.compile(r"[^\W_]")


class Second(Record):
    """What a second annotator says."""

    model_config = ConfigDict(extra="ignore")

    status: Status
    evidence: tuple[str, ...] = ()


class Label(Record):
    """What the annotators say about one aspect of one design."""

    model_config = ConfigDict(extra="ignore")

    status: Status
    evidence: tuple[str, ...] = ()
    """Verbatim quotes, best first."""
    confidence: Share = 1.0
    accept: tuple[Status, ...] = ()
    """Every status that counts as right; always holds `status`."""
    applicable: bool = True
    second: Second | None = None
    """The second annotator's own words, where they were kept; `accept` is what scores use."""

    @field_validator("status", "accept")
    @classmethod
    def _judged(cls, value: Any) -> Any:
        for status in value if isinstance(value, tuple) else (value,):
            if status not in STATUSES:
                raise ValueError("a label is addressed, partial or missing")
        return value

    @model_validator(mode="before")
    @classmethod
    def _accepts_itself(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and isinstance(raw.get("accept", []), list):
            accept = raw.get("accept", [])
            return raw | {
                "accept": [*accept, *([] if raw.get("status") in accept else [raw.get("status")])]
            }
        return raw

    @property
    def contested(self) -> bool:
        """True when more than one status counts as right."""
        return len(self.accept) > 1


class Case(Record):
    """One labelled design."""

    id: str
    path: Path
    """The design's file or folder."""
    labels: dict[str, Label]
    """Aspect id -> label, for every aspect."""
    archetype: str = ""
    style: str = ""
    strength: str = ""


class _LabelFile(BaseModel):
    """A file of labels as it is written; what the evaluation does not use is passed over."""

    id: str = Field(min_length=1)
    document: str = Field(min_length=1)
    aspects: dict[str, Label]
    archetype: str = ""
    style: str = ""
    strength: str = ""

    @model_validator(mode="after")
    def _relative(self) -> Self:
        if Path(self.document).is_absolute() or ".." in Path(self.document).parts:
            raise ValueError("`document` must be a path inside the cases folder")
        return self


def load_cases(
    folder: Path, aspects: Iterable[str], split: Split | None = None, limit: int | None = None
) -> tuple[Case, ...]:
    """The cases of a folder in order of their ids.

    `split` None means the sealed split where the folder holds a splits.json, else all. Raises
    InputError naming the file and what to do about it.
    """
    if not folder.is_dir():
        raise InputError(
            "no such folder of cases",
            where=folder,
            todo="name a folder with designs/ and labels/ by --cases",
        )
    files = sorted(folder.glob("labels/*.json"))
    if not files:
        raise InputError("holds no labels/*.json", where=folder, todo="label a design first")
    wanted = list(aspects)
    cases = _chosen([_read(file, folder, wanted) for file in files], folder, split)
    return tuple(cases[:limit])


def locate(quotes: Iterable[str], text: str) -> list[Span | None]:
    """Where each quote stands in the text; None for one that does not.

    Whitespace and typographic variants are folded; a quote that still is not found is looked for
    by its letters and digits alone, without tags: two extractors of a PDF differ in the rest, and
    a quote from HTML may hold its markup.
    """
    quotes = list(quotes)
    if not quotes:
        return []
    folded = Folded(text)
    found = [folded.find(fold(quote)) for quote in quotes]
    if all(found):
        return found
    at = [match.start() for match in _LETTERS.finditer(text)]
    bare = _bare(text)
    return [
        span or _find_bare(bare, at, _bare(html.unescape(_TAG.sub(" ", quote))))
        for span, quote in zip(found, quotes, strict=True)
    ]


def _bare(text: str) -> str:
    """The letters and digits, each still one character."""
    return "".join(c if len(c.lower()) != 1 else c.lower() for c in _LETTERS.findall(text))


def _find_bare(bare: str, at: list[int], needle: str) -> Span | None:
    place = bare.find(needle) if needle else -1
    return None if place < 0 else (at[place], at[place + len(needle) - 1] + 1)


def _read(file: Path, folder: Path, aspects: list[str]) -> Case:
    try:
        raw = json.loads(file.read_text("utf-8"))
        record = _LabelFile.model_validate(raw)
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not JSON: {error.msg}", where=file, line=error.lineno, todo="correct the file"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=file, todo="save it as UTF-8") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the record"
        raise InputError(
            f"{place}: {first['msg']}", where=file, todo="correct the label"
        ) from error
    _check_aspects(record.aspects, aspects, file)
    path = folder / record.document
    if not path.exists():
        raise InputError(
            f"its document {record.document} does not exist", where=file, todo="add the document"
        )
    fields = record.model_dump(include={"id", "archetype", "style", "strength"})
    return Case(path=path, labels={a: record.aspects[a] for a in aspects}, **fields)


def _check_aspects(labels: Mapping[str, Label], aspects: list[str], file: Path) -> None:
    for aspect in aspects:
        if aspect not in labels:
            raise InputError(f"no label for {aspect}", where=file, todo="label every aspect")
    for aspect in labels:
        if aspect not in aspects:
            raise InputError(
                f"unknown aspect {aspect}", where=file, todo="see `archreview knowledge list`"
            )


def _chosen(cases: list[Case], folder: Path, split: Split | None) -> list[Case]:
    cases.sort(key=lambda case: case.id)
    for one, other in pairwise(cases):
        if one.id == other.id:
            raise InputError(f"two labels have the id {one.id}", where=folder, todo="rename one")
    sealed = sealed_archetypes(folder)
    split = split or ("sealed" if sealed is not None else "all")
    if split == "all":
        return cases
    if sealed is None:
        raise InputError("has no splits.json", where=folder, todo="use --split all")
    chosen = [case for case in cases if (case.archetype in sealed) == (split == "sealed")]
    if not chosen:
        raise InputError(f"no case is in the split {split}", where=folder, todo="use --split all")
    return chosen


def sealed_archetypes(folder: Path) -> frozenset[str] | None:
    """The archetypes that `splits.json` keeps from training; None where there is no such file."""
    file = folder / "splits.json"
    if not file.is_file():
        return None
    try:
        return frozenset(json.loads(file.read_text("utf-8"))["sealed"])
    except (ValueError, KeyError, TypeError) as error:
        todo = 'write {"sealed": ["<archetype>", ...]}'
        raise InputError("cannot be read as splits", where=file, todo=todo) from error
