"""Laying an organisation's records over the bundled ones: add, override, disable, all by id."""

from __future__ import annotations

from typing import Any

from copilot.errors import KnowledgeError
from copilot.knowledge.marked_yaml import Marked

_CHILDREN = {"aspects", "criteria"}


def merge(base: Marked, over: Marked) -> Marked:
    """`base` with the fields of `over`; lists of aspects and criteria merge record by record."""
    merged = Marked(base.place)
    for key, value in base.items():
        merged.put(key, value, base.places[key])
    for key, value in over.items():
        if key in _CHILDREN and isinstance(value, list) and isinstance(base.get(key), list):
            value = merge_lists(base[key], value)
        merged.put(key, value, over.places[key])
    return merged


def merge_lists(base: list[Any], over: list[Any]) -> list[Any]:
    """Records of `over` override those of `base` with the same id, are added, or disable them.

    `disable: true` removes a record; on an aspect it stays, marked `disabled`, because a review
    has a row for each of the thirty aspects.
    """
    by_id: dict[str, Any] = {record["id"]: record for record in base}
    for record in over:
        identifier = _identifier(record)
        if record.get("disable") is True:
            _disable(by_id, identifier, record)
        elif identifier in by_id:
            by_id[identifier] = merge(by_id[identifier], record)
        else:
            by_id[identifier] = record
    return list(by_id.values())


def _identifier(record: Any) -> str:
    if isinstance(record, Marked) and isinstance(record.get("id"), str):
        return str(record["id"])
    place = record.place if isinstance(record, Marked) else None
    raise KnowledgeError(
        "a record without `id`",
        where=place.file if place else None,
        line=place.line if place else None,
        todo="give the id of the record to override, or a new one",
    )


def _disable(by_id: dict[str, Any], identifier: str, record: Marked) -> None:
    if identifier not in by_id:
        raise KnowledgeError(
            f"cannot disable {identifier!r}: there is no such record",
            where=record.place.file,
            line=record.place.line,
            todo="see `archreview knowledge list`",
        )
    if "criteria" in by_id[identifier]:
        kept = merge(by_id[identifier], Marked(record.place))
        kept.put("disabled", True, record.place)
        by_id[identifier] = kept
    else:
        del by_id[identifier]
