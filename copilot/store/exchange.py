"""Decisions as a text file: one block for each, in a stable order, so that git can merge it.

format: archreview-triage/1
decisions:
- design: docs/serving.md
  fingerprint: 3f2a...
  state: dismissed
  reason: ...
  who: Ann
  at: 2026-03-01T12:00:00+00:00
  finding: {kind, aspect, severity, title, quotes}
  replaces: [ids of earlier decisions about the same finding]
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError, field_validator

from copilot.errors import InputError
from copilot.knowledge.marked_yaml import Marked, place_of, read_yaml
from copilot.schema import Anchor, Decided, Decision, Record

FORMAT = "archreview-triage/1"
_HEAD = "# Decisions about findings; merge them with `archreview triage import`.\n"
_MAX_BYTES = 20_000_000
_MAX_DEPTH = 20
"""An export is five deep; PyYAML's parser in C ends the process at some thousands."""
_DECISION = ("state", "reason", "owner", "until", "who", "at")
_FIELDS = {"design", "fingerprint", "finding", "replaces", *_DECISION}


class Block(Record):
    """One decision of a file."""

    design: str
    anchor: Anchor
    decision: Decision
    replaces: tuple[str, ...] = ()
    line: int
    """Where its block begins in the file."""

    @field_validator("design")
    @classmethod
    def _is_identity(cls, design: str) -> str:
        if not design or "\0" in design or ".." in design.split("/"):
            raise ValueError("is no path of a design as `archreview triage export` writes it")
        return design


def write_decisions(decided: Iterable[Decided], form: Literal["yaml", "json"]) -> str:
    """The text of a file with these decisions, in their order."""
    blocks = [_block(each) for each in decided]
    if form == "json":
        whole = {"format": FORMAT, "decisions": blocks}
        return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    if not blocks:
        return f"{_HEAD}format: {FORMAT}\ndecisions: []\n"
    texts = [
        yaml.safe_dump([block], sort_keys=False, allow_unicode=True, width=100) for block in blocks
    ]
    return f"{_HEAD}format: {FORMAT}\ndecisions:\n" + "\n".join(texts)


def read_decisions(path: Path) -> tuple[Block, ...]:
    """The decisions of a YAML or JSON file; raises InputError with file and line."""
    _refuse_bombs(path)
    raw = read_yaml(path)
    if raw.get("format") != FORMAT:
        raise _wrong(raw, ("format",), path, f"is not {FORMAT!r}")
    blocks = raw.get("decisions")
    if not isinstance(blocks, list):
        raise _wrong(raw, ("decisions",), path, "is not a list")
    read = tuple(_read(raw, index, path) for index in range(len(blocks)))
    seen: dict[tuple[str, str], int] = {}
    for block in read:
        line = seen.setdefault((block.design, block.anchor.fingerprint), block.line)
        if line != block.line:
            what = f"decides about the same finding as line {line}"
            raise InputError(what, where=path, line=block.line, todo="keep one of the two")
    return read


def _block(decided: Decided) -> dict[str, Any]:
    decision = decided.decision.model_dump(mode="json", exclude_defaults=True)
    finding = decided.anchor.model_dump(mode="json", exclude_defaults=True)
    block = {
        "design": decided.design,
        "fingerprint": finding.pop("fingerprint"),
        **{name: decision[name] for name in _DECISION if name in decision},
        "finding": finding,
    }
    return block | ({"replaces": list(decided.replaces)} if decided.replaces else {})


def _read(raw: Marked, index: int, path: Path) -> Block:
    block = raw["decisions"][index]
    if not isinstance(block, Marked):
        raise _wrong(raw, ("decisions", index), path, "is not a mapping")
    for name in block:
        if name not in _FIELDS:
            raise _wrong(raw, ("decisions", index, name), path, f"{name!r} is no field")
    finding = block.get("finding")
    if not isinstance(finding, Marked):
        raise _wrong(raw, ("decisions", index), path, "has no `finding` mapping")
    try:
        return Block.model_validate(
            {
                "design": block.get("design"),
                "anchor": {**finding, "fingerprint": block.get("fingerprint")},
                "decision": {name: block[name] for name in _DECISION if name in block},
                "replaces": block.get("replaces", []),
                "line": block.place.line,
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        inner = [part for part in first["loc"] if part not in ("anchor", "decision")]
        field = ".".join(map(str, inner))
        inside = first["loc"][0] == "anchor" and inner != ["fingerprint"]
        steps = ("decisions", index, *(("finding",) if inside else ()), *inner)
        what = first["msg"].removeprefix("Value error, ")
        raise _wrong(raw, steps, path, f"{field}: {what}" if field else what) from error


def _wrong(raw: Marked, steps: tuple[str | int, ...], path: Path, what: str) -> InputError:
    place = place_of(raw, steps)
    return InputError(
        what,
        where=path,
        line=place.line if place else 1,
        todo="correct it, or export again with `archreview triage export`",
    )


def _refuse_bombs(path: Path) -> None:
    """Refuse what an export never holds: bulk, depth, and aliases, which multiply a small file."""
    depth = 0
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"is larger than {_MAX_BYTES:,} bytes", where=path)
        with path.open(encoding="utf-8") as file:
            for event in yaml.parse(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                mark = event.start_mark
                line = mark.line + 1 if mark else None
                if isinstance(event, yaml.AliasEvent):
                    raise InputError("YAML aliases are not read", where=path, line=line)
                depth += isinstance(event, yaml.CollectionStartEvent)
                depth -= isinstance(event, yaml.CollectionEndEvent)
                if depth > _MAX_DEPTH:
                    raise InputError("is nested too deeply", where=path, line=line)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from error
    except (yaml.YAMLError, UnicodeDecodeError):
        return  # read_yaml says what is wrong, and where
