"""The knowledge pack: read from knowledge/, overlaid, validated, cross-checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from copilot.errors import KnowledgeError
from copilot.knowledge.marked_yaml import Marked, Place, place_of, read_yaml
from copilot.knowledge.overlay import merge, merge_lists
from copilot.locations import bundled
from copilot.schema import Aspect, Criterion, Dimension, Record, Source, Technology

R = TypeVar("R", bound=Record)

DIMENSIONS = (
    "risk",
    "alignment",
    "resources",
    "security",
    "collaboration",
    "lifecycle",
    "extensibility",
    "maintainability",
    "tradeoffs",
)
"""The nine dimensions, in the order of every report."""

_LISTS = {"sources.yaml": "sources", "technologies.yaml": "technologies", "roles.yaml": "roles"}
_ELSEWHERE = (
    "prices.yaml",
    "questions.yaml",
    "glossary.yaml",
    "tensions.yaml",
    "decisions.yaml",
    "policy.yaml",
)
"""Files of a pack that other modules read."""


class Role(Record):
    """Somebody who takes part in a review."""

    id: str
    title: str
    cares_about: str


class Knowledge(Record):
    """Everything that a review knows before it reads a document."""

    dimensions: tuple[Dimension, ...]
    sources: tuple[Source, ...]
    technologies: tuple[Technology, ...]
    kinds: dict[str, str]
    """Kind of technology -> what it is."""
    roles: tuple[Role, ...]

    @cached_property
    def aspects(self) -> dict[str, Aspect]:
        """Aspects by id, in report order."""
        return {aspect.id: aspect for dim in self.dimensions for aspect in dim.aspects}

    @cached_property
    def criteria(self) -> dict[str, Criterion]:
        """Criteria by id, in report order."""
        return {c.id: c for aspect in self.aspects.values() for c in aspect.criteria}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole content, after overlays."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def dimension(self, identifier: str) -> Dimension:
        """The dimension with this id; raises KeyError."""
        return next(d for d in self.dimensions if d.id == identifier)


def load_knowledge(overlays: Iterable[Path] = (), base: Path | None = None) -> Knowledge:
    """The bundled knowledge with each overlay folder laid over it, in order.

    Raises KnowledgeError with file and line for the first record that is invalid.
    """
    raw = _read_folder(base or bundled("knowledge"))
    fixed = _aspect_ids(raw)
    for folder in overlays:
        if not folder.is_dir():
            raise KnowledgeError("no such folder", where=folder, todo="give the pack's folder")
        raw = _overlay(raw, _read_folder(folder))
    _forbid_new_aspects(raw, fixed)
    knowledge = _validate(raw)
    _cross_check(knowledge, raw)
    return knowledge


def _read_folder(folder: Path) -> dict[str, Any]:
    """The raw records of a folder: {dimensions: {id: Marked}, sources: [...], ...}."""
    raw: dict[str, Any] = {"dimensions": {}, "kinds": {}}
    for path in sorted(folder.glob("dimensions/*.yaml")):
        record = read_yaml(path)
        if record.get("id") not in DIMENSIONS:
            raise KnowledgeError(
                f"unknown dimension {record.get('id')!r}",
                where=path,
                line=place.line if (place := record.places.get("id")) else 1,
                todo=f"use one of: {', '.join(DIMENSIONS)}",
            )
        raw["dimensions"][record["id"]] = record
    for name, key in _LISTS.items():
        top = read_yaml(folder / name) if (folder / name).is_file() else None
        raw[key] = [] if top is None else listed(top, key)
        if top is not None:
            raw["kinds"] |= top.get("kinds") or {}
    if not any(raw.values()) and not any((folder / name).is_file() for name in _ELSEWHERE):
        raise KnowledgeError(
            "holds no knowledge", where=folder, todo="add dimensions/*.yaml, sources.yaml, ..."
        )
    return raw


def listed(top: Marked, key: str) -> list[Any]:
    """The list under `key` of a file; raises KnowledgeError where there is none."""
    records = top.get(key)
    if not isinstance(records, list):
        raise KnowledgeError(
            f"no list `{key}`",
            where=top.place.file,
            line=top.place.line,
            todo=f"start with `{key}:`, then `- id: ...`",
        )
    return records


def _overlay(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    dimensions = dict(base["dimensions"])
    for identifier, record in over["dimensions"].items():
        known = dimensions.get(identifier)
        dimensions[identifier] = merge(known, record) if known is not None else record
    lists = {key: merge_lists(base[key], over[key]) for key in _LISTS.values()}
    return {"dimensions": dimensions, "kinds": base["kinds"] | over["kinds"], **lists}


def _raw_aspects(raw: dict[str, Any]) -> Iterator[Marked]:
    for record in raw["dimensions"].values():
        yield from (a for a in record.get("aspects") or [] if isinstance(a, Marked))


def _aspect_ids(raw: dict[str, Any]) -> set[str]:
    return {aspect.get("id", "") for aspect in _raw_aspects(raw)}


def _forbid_new_aspects(raw: dict[str, Any], fixed: set[str]) -> None:
    for aspect in _raw_aspects(raw):
        if aspect.get("id") not in fixed:
            raise KnowledgeError(
                f"unknown aspect {aspect.get('id')!r}",
                where=aspect.place.file,
                line=aspect.place.line,
                todo="aspects are fixed; add a criterion to one of them instead",
            )


def _validate(raw: dict[str, Any]) -> Knowledge:
    dimensions = [raw["dimensions"][d] for d in DIMENSIONS if d in raw["dimensions"]]
    return Knowledge(
        dimensions=tuple(validated(Dimension, record) for record in dimensions),
        sources=_records(Source, raw["sources"]),
        technologies=_records(Technology, raw["technologies"]),
        kinds=raw["kinds"],
        roles=_records(Role, raw["roles"]),
    )


def _records(kind: type[R], raw: list[Any]) -> tuple[R, ...]:
    return tuple(validated(kind, record) for record in raw)


def validated(kind: type[R], raw: Any) -> R:
    """The record in marked YAML; raises KnowledgeError with the line of the first wrong field."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = place_of(raw, first["loc"])
        name = ".".join(str(part) for part in first["loc"])
        raise KnowledgeError(
            f"{kind.__name__.lower()} field {name!r}: {first['msg']}",
            where=place.file if place else None,
            line=place.line if place else None,
            todo="see `archreview knowledge show ID` for a complete record",
        ) from error


def _cross_check(knowledge: Knowledge, raw: dict[str, Any]) -> None:
    """Ids are unique and belong to their parent; every reference resolves."""
    places = _places(raw)
    _unique(knowledge, places)
    items = {f"{s.id}#{item}" for s in knowledge.sources for item in s.items}
    roles = {role.id for role in knowledge.roles}
    for dimension in knowledge.dimensions:
        for aspect in dimension.aspects:
            _expect(aspect.id.startswith(f"{dimension.id}."), aspect.id, "id", places)
            for criterion in aspect.criteria:
                where = criterion.id
                _expect(where.startswith(f"{aspect.id}."), where, "id", places)
                _expect(bool(criterion.sources), where, "sources (none given)", places)
                for source in criterion.sources:
                    _expect(source in items, where, f"source {source!r}", places)
                for role in criterion.roles:
                    _expect(role in roles, where, f"role {role!r}", places)
    for technology in knowledge.technologies:
        kind = technology.kind
        _expect(kind in knowledge.kinds, technology.id, f"kind {kind!r}", places)
        for aspect_id in technology.evidence_for:
            _expect(aspect_id in knowledge.aspects, technology.id, f"aspect {aspect_id!r}", places)


def _unique(knowledge: Knowledge, places: dict[str, Place]) -> None:
    criteria = [c.id for d in knowledge.dimensions for a in d.aspects for c in a.criteria]
    for ids in (
        criteria,
        [s.id for s in knowledge.sources],
        [t.id for t in knowledge.technologies],
        [r.id for r in knowledge.roles],
    ):
        seen: set[str] = set()
        for identifier in ids:
            _expect(identifier not in seen, identifier, "id (given twice)", places)
            seen.add(identifier)


def _places(raw: dict[str, Any]) -> dict[str, Place]:
    """Where each record with an id was written; a later record of the same id wins."""
    places: dict[str, Place] = {}

    def visit(value: Any) -> None:
        if isinstance(value, Marked):
            if isinstance(value.get("id"), str):
                places[value["id"]] = value.places["id"]
            for child in value.values():
                visit(child)
        elif isinstance(value, list):
            for child in value:
                visit(child)

    for part in (*raw["dimensions"].values(), *(raw[key] for key in _LISTS.values())):
        visit(part)
    return places


def _expect(holds: bool, identifier: str, what: str, places: dict[str, Place]) -> None:
    if holds:
        return
    place = places.get(identifier)
    raise KnowledgeError(
        f"{identifier}: {what} does not resolve",
        where=place.file if place else None,
        line=place.line if place else None,
        todo="correct it, or add the record that it names",
    )
