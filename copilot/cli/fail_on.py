"""`--fail-on SEVERITY` and `--fail-on new:SEVERITY`: when a report makes the command fail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import click

from copilot.review.compare import Comparison, Outcome
from copilot.review.findings import worst
from copilot.schema import Finding, Severity

_NEW = "new:"


@dataclass(frozen=True)
class FailOn:
    """A severity that is too much, in any finding or only in new and regressed ones."""

    severity: Severity
    new_only: bool

    def reached_by(self, findings: Iterable[Finding]) -> bool:
        """True when a finding is at least this severe."""
        severity = worst(tuple(findings))
        return severity is not None and severity.rank <= self.severity.rank


class FailOnType(click.ParamType[FailOn]):
    """Reads `high` or `new:high`."""

    name = "severity"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What the help shows."""
        return "[new:]SEVERITY"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> FailOn:
        """The limit; fails with the list of severities."""
        if isinstance(value, FailOn):
            return value
        word = str(value).removeprefix(_NEW)
        if word not in {severity.value for severity in Severity}:
            known = ", ".join(severity.value for severity in Severity)
            self.fail(f"{value!r} is not one of {known}, or new: and one of them", param, ctx)
        return FailOn(Severity(word), str(value).startswith(_NEW))


def worse(comparison: Comparison) -> list[Finding]:
    """The findings that are new or regressed, most severe first in each group."""
    changes = comparison.of(Outcome.REGRESSED, Outcome.NEW)
    return [change.new for change in changes if change.new is not None]
