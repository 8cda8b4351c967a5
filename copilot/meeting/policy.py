"""The policy of a decision: an organisation's own YAML file, checked line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.knowledge.marked_yaml import place_of, read_yaml
from copilot.knowledge.pack import validated
from copilot.locations import bundled
from copilot.schema import Record, Severity

AtLeastOne = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=0, le=3650)]

_REWORK = {Severity.CRITICAL: 3, Severity.HIGH: 10}
_DAYS = {
    Severity.CRITICAL: 14,
    Severity.HIGH: 30,
    Severity.MEDIUM: 60,
    Severity.LOW: 90,
    Severity.INFO: 90,
}


class Policy(Record):
    """When a design is approved, approved with conditions, or sent back."""

    id: str
    title: str = ""
    rework: dict[Severity, AtLeastOne] = Field(default_factory=lambda: dict(_REWORK))
    """Severity -> how many open findings of it send the design back."""
    conditions_from: Severity = Severity.HIGH
    """Open findings at least this severe become conditions."""
    due_days: dict[Severity, Days] = Field(default_factory=lambda: dict(_DAYS))
    """Severity -> days from the decision until its conditions are due."""
    accept_risk_up_to: Severity = Severity.HIGH
    """The most severe risk that may be accepted; a worse one stays open."""
    most_unjudged: Annotated[int, Field(ge=0)] = 5
    """Aspects without a verdict that a decision may be taken with."""
    required: tuple[str, ...] = ()
    """Aspects in which a gap sends the design back."""

    def days(self, severity: Severity) -> int:
        """Days until a condition of this severity is due."""
        return self.due_days.get(severity, _DAYS[severity])


def load_policy(path: Path | None, knowledge: Knowledge) -> Policy:
    """The policy in a file, or the bundled one; raises InputError with file and line."""
    path = path or bundled("knowledge") / "policy.yaml"
    raw = read_yaml(path)
    policy = validated(Policy, raw)
    for nth, aspect in enumerate(policy.required):
        if aspect not in knowledge.aspects:
            place = place_of(raw, ("required", nth))
            raise InputError(
                f"required: unknown aspect {aspect!r}",
                where=path,
                line=place.line if place else None,
                todo="see `archreview knowledge list`",
            )
    return policy
