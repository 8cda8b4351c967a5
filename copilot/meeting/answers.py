"""Answers of the authors, read from a file; one counts when a reviewer accepted it.

answers:
- criterion: security.encryption.secrets     # or aspect: security.encryption, for all of it
  answer: Vault issues tokens that live for an hour; CI scans for secrets.
  who: Ann
  accepted_by: Bob                           # without it the answer is shown, and nothing closes
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.knowledge.marked_yaml import Marked, read_yaml
from copilot.knowledge.pack import listed, validated
from copilot.schema import Record, Who


class Given(Record):
    """One answer, and whether a reviewer took it."""

    criterion: str | None = None
    aspect: str | None = None
    answer: str = Field(min_length=1)
    who: Who
    """Who gave it."""
    accepted_by: Who | None = None
    """The reviewer whom it satisfies; None while nobody said so."""

    @model_validator(mode="after")
    def _one_subject(self) -> Given:
        if (self.criterion is None) == (self.aspect is None):
            raise ValueError("give either `criterion` or `aspect`")
        return self

    def criteria(self, knowledge: Knowledge) -> tuple[str, ...]:
        """Ids of the criteria that it is about."""
        if self.criterion is not None:
            return (self.criterion,)
        return tuple(c.id for c in knowledge.aspects[self.aspect or ""].criteria)


def load_answers(path: Path, knowledge: Knowledge) -> tuple[Given, ...]:
    """The answers of a YAML or JSON file; raises InputError with file and line."""
    raw = read_yaml(path)
    found = []
    for record in listed(raw, "answers"):
        given = validated(Given, record)
        known = given.criterion in knowledge.criteria or given.aspect in knowledge.aspects
        if not known:
            assert isinstance(record, Marked)
            raise InputError(
                f"nothing is called {given.criterion or given.aspect!r}",
                where=path,
                line=record.place.line,
                todo="see `archreview knowledge list --criteria`",
            )
        found.append(given)
    return tuple(found)
