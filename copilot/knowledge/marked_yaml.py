"""YAML read so that every value remembers its file and line, for errors that point there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from copilot.errors import KnowledgeError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place(NamedTuple):
    """A file and a line in it (from 1)."""

    file: Path
    line: int


class Marked(dict[str, Any]):
    """A YAML mapping that knows where it and each of its keys stand."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}

    def put(self, key: str, value: Any, place: Place) -> None:
        """Set `key` and remember where it was written."""
        self[key] = value
        self.places[key] = place


def read_yaml(path: Path) -> Marked:
    """The mapping that the file holds; raises KnowledgeError with file and line otherwise."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"cannot be read: {error}", where=path) from error
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        value = _build(loader, node, path)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise KnowledgeError(
            f"not valid YAML: {error.problem}", where=path, line=line, todo="correct the syntax"
        ) from error
    except yaml.YAMLError as error:
        raise KnowledgeError(f"not valid YAML: {error}", where=path) from error
    if not isinstance(value, Marked):
        raise KnowledgeError("holds no mapping", where=path, line=1, todo="start with `key: value`")
    return value


def _build(loader: Any, node: yaml.Node | None, path: Path) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path)
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, path) for item in node.value]
    if node is None:
        return None
    try:
        return loader.construct_object(node)
    except ValueError as error:  # 2026-02-30 has the form of a date
        line = node.start_mark.line + 1
        raise KnowledgeError(f"not valid YAML: {error}", where=path, line=line) from error


def _mapping(loader: Any, node: yaml.MappingNode, path: Path) -> Marked:
    marked = Marked(Place(path, node.start_mark.line + 1))
    for key_node, value_node in node.value:
        key, place = str(key_node.value), Place(path, key_node.start_mark.line + 1)
        if key in marked:
            raise KnowledgeError(
                f"{key!r} is given twice", where=path, line=place.line, todo="keep one of them"
            )
        marked.put(key, _build(loader, value_node, path), place)
    return marked


def place_of(raw: Any, location: Sequence[str | int]) -> Place | None:
    """Where the value at `location` (keys and list indices from `raw` down) was written."""
    place = raw.place if isinstance(raw, Marked) else None
    for step in location:
        if isinstance(raw, Marked):
            place = raw.places.get(str(step), raw.place)
            raw = raw.get(str(step))
        elif isinstance(raw, list) and isinstance(step, int) and step < len(raw):
            raw = raw[step]
        else:
            break
        place = raw.place if isinstance(raw, Marked) else place
    return place
