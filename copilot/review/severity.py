"""How severe a finding is: impact x likelihood, in code.

The table is Table I-2 of NIST SP 800-30 Rev. 1 (assessment scale, level of risk), its five levels
of risk named info, low, medium, high and critical here.
"""

from __future__ import annotations

from functools import cache

from copilot.schema import Aspect, Criterion, Level, Met, Severity, Status

_RISK = {
    Level.VERY_HIGH: "info low medium high critical",
    Level.HIGH: "info low medium high critical",
    Level.MODERATE: "info low medium medium high",
    Level.LOW: "info low low low medium",
    Level.VERY_LOW: "info info info low low",
}
"""Likelihood -> severity for impact very low, low, moderate, high, very high."""


def severity(impact: Level, likelihood: Level) -> Severity:
    """Severity of a risk with this impact and likelihood."""
    return Severity(_RISK[likelihood].split()[impact.rank])


def criterion_severity(criterion: Criterion, status: Status, *, outside: bool = False) -> Severity:
    """Severity of leaving a criterion unmet in an aspect of this status.

    Where the design covers part of the aspect, the harm is one level less likely; where the aspect
    may lie outside what the document designs, two.
    """
    less = 2 if outside else int(status is not Status.MISSING)
    return _less_likely(criterion.impact, criterion.likelihood, less)


@cache
def _less_likely(impact: Level, likelihood: Level, levels: int) -> Severity:
    """Severity of a risk that is so many levels less likely; a review asks 400 times."""
    return severity(impact, list(Level)[max(0, likelihood.rank - levels)])


def aspect_severity(
    aspect: Aspect, status: Status, verdicts: dict[str, Met], *, outside: bool = False
) -> tuple[Severity, tuple[Criterion, ...]]:
    """Severity of an aspect's finding and its unmet criteria, worst first.

    The finding is as severe as the worst criterion that is not met.
    """
    unmet = [c for c in aspect.criteria if verdicts.get(c.id, Met.UNMET) is not Met.MET]
    severities = {
        c.id: criterion_severity(c, status, outside=outside) for c in unmet or aspect.criteria
    }
    ranked = sorted(unmet or aspect.criteria, key=lambda c: severities[c.id].rank)
    return severities[ranked[0].id], tuple(ranked)
