"""The prompts: prompts/*.md, each with a front matter that names its version and variables.

---
id: dimension
version: 1
variables: [title, aspects]
---
Judge the dimension {{title}} ...
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from copilot.errors import KnowledgeError
from copilot.locations import bundled
from copilot.schema import Record

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
NAMES = (
    "system",
    "document",
    "dimension",
    "all-dimensions",
    "critic",
    "completeness",
    "reask",
    "repair",
)
"""The prompts that a review needs."""


class Prompt(Record):
    """One prompt and what it is filled with."""

    id: str
    version: int = Field(ge=1)
    """Goes up when the behaviour changes."""
    variables: tuple[str, ...] = ()
    body: str

    def render(self, **values: str) -> str:
        """The text with its variables filled in; values are never looked at for variables.

        Raises KeyError when the values are not exactly the variables.
        """
        if set(values) != set(self.variables):
            wrong = sorted(set(values) ^ set(self.variables))
            raise KeyError(f"prompt {self.id}: {', '.join(wrong)} missing or not a variable")
        return _VARIABLE.sub(lambda match: values[match[1]], self.body)


class Prompts(Record):
    """All prompts by id."""

    by_id: dict[str, Prompt]

    def __getitem__(self, identifier: str) -> Prompt:
        return self.by_id[identifier]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all prompts in the order of their ids."""
        content = "".join(p.model_dump_json() for _, p in sorted(self.by_id.items()))
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def versions(self) -> Mapping[str, int]:
        """Prompt id -> version."""
        return {identifier: prompt.version for identifier, prompt in sorted(self.by_id.items())}


def load_prompts(folder: Path | None = None) -> Prompts:
    """Read every prompt; raises KnowledgeError with file and line for the first invalid one."""
    folder = folder or bundled("prompts")
    prompts = {path.stem: read_prompt(path) for path in sorted(folder.glob("*.md"))}
    for name in NAMES:
        if name not in prompts:
            raise KnowledgeError("is missing", where=folder / f"{name}.md", todo="restore it")
    return Prompts(by_id=prompts)


def read_prompt(path: Path) -> Prompt:
    """One prompt; raises KnowledgeError with file and line."""
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    parts = _FRONT.match(text)
    if parts is None:
        raise KnowledgeError(
            "has no front matter", where=path, line=1, todo="start with ---, id, version, ---"
        )
    prompt = _validate(path, _front(path, parts["front"]), parts["body"].strip())
    if prompt.id != path.stem:
        raise _wrong(path, text, "id", f"id {prompt.id!r} is not the file's name")
    used = {match[1] for match in _VARIABLE.finditer(prompt.body)}
    for name in sorted(used ^ set(prompt.variables)):
        problem = "is used but not declared" if name in used else "is declared but not used"
        raise _wrong(path, text, name, f"variable {name!r} {problem}")
    return prompt


def _front(path: Path, text: str) -> dict[str, Any]:
    try:
        front = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise KnowledgeError("front matter is not YAML", where=path, line=line) from error
    if not isinstance(front, dict):
        raise KnowledgeError("front matter is not a mapping", where=path, line=2)
    return front


def _validate(path: Path, front: dict[str, Any], body: str) -> Prompt:
    try:
        return Prompt.model_validate({**front, "body": body})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        text = path.read_text(encoding="utf-8")
        raise _wrong(path, text, name.split(".")[0], f"{name!r}: {first['msg']}") from error


def _wrong(path: Path, text: str, word: str, what: str) -> KnowledgeError:
    """The error at the first line that holds the word."""
    lines = text.splitlines()
    line = next((n for n, content in enumerate(lines, start=1) if word in content), 1)
    return KnowledgeError(what, where=path, line=line, todo="correct the front matter")
