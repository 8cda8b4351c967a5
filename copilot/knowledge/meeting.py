"""What a meeting about a design knows beside the criteria: how questions open, which are the same,
words explained to laymen, tensions between dimensions, and how a decision shows in a text.

Read from questions.yaml, glossary.yaml, tensions.yaml and decisions.yaml of the bundled knowledge;
each overlay folder may hold files of the same names, whose records override, add or disable by id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import field_validator

from copilot.errors import KnowledgeError
from copilot.knowledge.marked_yaml import Marked, read_yaml
from copilot.knowledge.overlay import merge_lists
from copilot.knowledge.pack import Knowledge, listed, validated
from copilot.locations import bundled
from copilot.schema import Record

R = TypeVar("R", bound=Record)


class Opening(Record):
    """How a question about an aspect takes hold of the design."""

    id: str
    """The aspect."""
    unsaid: str
    """Completes "The design names X and Y, but nowhere says ..."."""
    holds: Literal["components", "figures", "measures"]
    """What of the design the question names: components alone, or also the nearest figure, or
    the nearest figure of any kind, percentages among them."""


class SameAnswer(Record):
    """Criteria of different aspects that one answer settles."""

    id: str
    criteria: tuple[str, ...]


class Term(Record):
    """A word of the field, in words that need no training."""

    id: str
    """The word as it is shown."""
    plain: str
    """What it is, in one sentence."""
    also: tuple[str, ...] = ()
    """Other spellings and forms, matched as whole words without regard to case."""
    case_sensitive: bool = False


class Tension(Record):
    """Two concerns that pull in different directions: doing well in one costs the other."""

    id: str
    strong: str
    """Aspect that the design addresses."""
    open: str
    """Aspect that suffers when nobody looks at it."""
    cues: tuple[str, ...] = ()
    """Phrases one of which the strength's evidence must hold; `*` ends a word stem; none: any."""
    reason: str
    """Why the strength makes the open aspect more pressing."""
    source: str
    """`<source id>#<item>`."""


class DecisionCue(Record):
    """A wording in which documents state a decision."""

    id: str
    pattern: str
    """Regular expression over one sentence, regardless of case; groups `taken` and `rejected`."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            names = set(re.compile(value).groupindex)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        if not names or not names <= {"taken", "rejected"}:
            raise ValueError("has the groups `taken` and `rejected`, or one of them")
        return value


class EffectCue(Record):
    """Phrases that say what a decision does to a dimension."""

    id: str
    """The dimension."""
    better: tuple[str, ...]
    worse: tuple[str, ...]


class MeetingKnowledge(Record):
    """Everything in these files."""

    openings: tuple[Opening, ...]
    same: tuple[SameAnswer, ...]
    terms: tuple[Term, ...]
    tensions: tuple[Tension, ...]
    decisions: tuple[DecisionCue, ...]
    effects: tuple[EffectCue, ...]
    rejected_titles: tuple[str, ...]
    """Words in the title of a section that lists what was not chosen."""
    chosen_titles: tuple[str, ...]
    """Words in the title of a section that states what was chosen."""

    @cached_property
    def opening(self) -> dict[str, Opening]:
        """Openings by aspect."""
        return {opening.id: opening for opening in self.openings}

    @cached_property
    def same_as(self) -> dict[str, frozenset[str]]:
        """Criterion -> the criteria that its answer settles, itself among them."""
        return {c: frozenset(group.criteria) for group in self.same for c in group.criteria}


_LISTS: dict[str, tuple[str, type[Record]]] = {
    "openings": ("questions.yaml", Opening),
    "same": ("questions.yaml", SameAnswer),
    "terms": ("glossary.yaml", Term),
    "tensions": ("tensions.yaml", Tension),
    "decisions": ("decisions.yaml", DecisionCue),
    "effects": ("decisions.yaml", EffectCue),
}
_WORDS = {"rejected_titles": "decisions.yaml", "chosen_titles": "decisions.yaml"}
MEETING_FILES = tuple(sorted({file for file, _ in _LISTS.values()}))
"""Names of the files that this module reads."""


def load_meeting(knowledge: Knowledge, overlays: Iterable[Path] = ()) -> MeetingKnowledge:
    """The bundled files with those of each overlay folder over them.

    Raises KnowledgeError with file and line for a record that is invalid or names an aspect,
    criterion, dimension or source that does not exist.
    """
    raw: dict[str, list[Any]] = {name: [] for name in (*_LISTS, *_WORDS)}
    for folder in (bundled("knowledge"), *overlays):
        for name, records in _read(folder):
            raw[name] = records if name in _WORDS else merge_lists(raw[name], records)
    found = MeetingKnowledge.model_validate(
        {name: tuple(validated(kind, r) for r in raw[name]) for name, (_, kind) in _LISTS.items()}
        | {name: tuple(map(str, raw[name])) for name in _WORDS}
    )
    _cross_check(found, knowledge, raw)
    return found


def _read(folder: Path) -> Iterator[tuple[str, list[Any]]]:
    """The lists of one folder's files; a file that is absent has none."""
    files = {name: file for name, (file, _) in _LISTS.items()} | _WORDS
    tops = {file: read_yaml(folder / file) for file in MEETING_FILES if (folder / file).is_file()}
    for name, file in files.items():
        if file in tops and name in tops[file]:
            yield name, listed(tops[file], name)
    for file, top in tops.items():
        for key in top:
            if files.get(key) != file:
                known = ", ".join(sorted(name for name, of in files.items() if of == file))
                raise KnowledgeError(
                    f"unknown list {key!r}",
                    where=top.places[key].file,
                    line=top.places[key].line,
                    todo=f"use {known}",
                )


def _cross_check(found: MeetingKnowledge, knowledge: Knowledge, raw: dict[str, list[Any]]) -> None:
    """Every aspect, criterion, dimension and source that is named exists."""
    items = {f"{s.id}#{item}" for s in knowledge.sources for item in s.items}
    dimensions = {dimension.id for dimension in knowledge.dimensions}
    for opening in found.openings:
        _expect(opening.id in knowledge.aspects, opening.id, "aspect", raw["openings"], opening.id)
    for group in found.same:
        for criterion in group.criteria:
            # An organisation may have switched a criterion off; a name of no aspect is a slip.
            known = criterion.rpartition(".")[0] in knowledge.aspects
            _expect(known, criterion, "criterion", raw["same"], group.id)
    for tension in found.tensions:
        for aspect in (tension.strong, tension.open):
            _expect(aspect in knowledge.aspects, aspect, "aspect", raw["tensions"], tension.id)
        _expect(tension.source in items, tension.source, "source", raw["tensions"], tension.id)
    for effect in found.effects:
        _expect(effect.id in dimensions, effect.id, "dimension", raw["effects"], effect.id)


def _expect(holds: bool, name: str, what: str, records: list[Any], identifier: str) -> None:
    if holds:
        return
    record = next(r for r in records if isinstance(r, Marked) and r.get("id") == identifier)
    raise KnowledgeError(
        f"{identifier}: {what} {name!r} does not exist",
        where=record.place.file,
        line=record.place.line,
        todo="see `archreview knowledge list --criteria`",
    )
