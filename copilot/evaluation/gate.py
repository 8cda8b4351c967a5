"""The gate: scores must hold with their whole interval, not with their lucky side.

    {"floor": {"macro_f1": 0.7}, "ceiling": {"ece": 0.08}, "drop": {"macro_f1": 0.02}}

A floor is held by the lower bound of the 95% interval, a ceiling by the upper one. A drop is how
much worse than the stored baseline the worse bound of the paired difference may be.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from copilot.errors import InputError
from copilot.evaluation.intervals import Score
from copilot.schema import Record


class Gate(Record):
    """Limits by score name."""

    floor: dict[str, float] = Field(default_factory=dict)
    ceiling: dict[str, float] = Field(default_factory=dict)
    drop: dict[str, float] = Field(default_factory=dict)


class Check(Record):
    """One limit and what was measured against it."""

    name: str
    """`floor macro_f1` and the like."""
    limit: float
    measured: float | None
    """The bound that is compared with the limit; None when it was not measured."""
    passed: bool

    def __str__(self) -> str:
        measured = "not measured" if self.measured is None else f"{self.measured:.3f}"
        return f"{self.name}: {measured}, limit {self.limit:.3f}"


def read_gate(file: Path, known: Collection[str]) -> Gate:
    """The gate of a file; raises InputError for one that is invalid or names an unknown score."""
    try:
        gate = Gate.model_validate(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        todo = 'write {"floor": {"<score>": 0.7}, "ceiling": {}, "drop": {}}'
        reason = str(error).splitlines()[0]
        raise InputError(f"cannot be read as a gate: {reason}", where=file, todo=todo) from error
    for name in (*gate.floor, *gate.ceiling, *gate.drop):
        if name not in known:
            raise InputError(
                f"unknown score {name!r}", where=file, todo=f"use one of: {', '.join(known)}"
            )
    if not (gate.floor or gate.ceiling or gate.drop):
        raise InputError("holds no limit", where=file, todo="add a floor, a ceiling or a drop")
    return gate


def checks(
    gate: Gate,
    scores: Mapping[str, Score],
    differences: Mapping[str, Score] | None,
    lower_is_better: Collection[str],
) -> tuple[Check, ...]:
    """Every limit of the gate checked; what was not measured does not pass."""
    none = Score(value=None)
    made = [
        *(_at_least(f"floor {n}", x, scores.get(n, none).low) for n, x in gate.floor.items()),
        *(_at_most(f"ceiling {n}", x, scores.get(n, none).high) for n, x in gate.ceiling.items()),
    ]
    for name, limit in gate.drop.items():
        difference = (differences or {}).get(name, none)
        if name in lower_is_better:
            made.append(_at_most(f"drop {name}", limit, difference.high))
        else:
            made.append(_at_least(f"drop {name}", -limit, difference.low))
    return tuple(made)


def _at_least(name: str, limit: float, measured: float | None) -> Check:
    passed = measured is not None and measured >= limit
    return Check(name=name, limit=limit, measured=measured, passed=passed)


def _at_most(name: str, limit: float, measured: float | None) -> Check:
    passed = measured is not None and measured <= limit
    return Check(name=name, limit=limit, measured=measured, passed=passed)
