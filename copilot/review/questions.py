"""The questions that a review leaves open, most valuable first.

The worth of a question is what its answer settles: the severities of the criteria that are open,
added up, times how unsure it is that the document answers it already.
"""

from __future__ import annotations

from collections.abc import Iterable

from copilot.knowledge import Knowledge
from copilot.review.severity import criterion_severity
from copilot.schema import Coverage, Criterion, Finding, Met, Question, Severity, Status

PER_FINDING = 2
"""How many questions one finding may ask, so that no aspect fills the agenda."""
SETTLED_AT_ONCE = 4
"""Criteria that one answer settles at most: the question's own and what one would probe."""
WEIGHT = {
    Severity.CRITICAL: 8.0,
    Severity.HIGH: 4.0,
    Severity.MEDIUM: 2.0,
    Severity.LOW: 1.0,
    Severity.INFO: 0.5,
}
"""What settling one criterion is worth: each level counts twice the one below."""


def questions(
    found: tuple[Finding, ...], coverage: tuple[Coverage, ...], knowledge: Knowledge
) -> tuple[Question, ...]:
    """Questions about the unmet criteria of the findings, in order of priority (1 first).

    The second question of a finding is worth what is left when the first one is answered.
    """
    rows = {row.aspect: row for row in coverage}
    ranked: list[tuple[float, Criterion, str]] = []
    for finding in found:
        row = rows[finding.aspect]
        left = open_criteria(row, knowledge)
        for nth, criterion in enumerate(left[:PER_FINDING]):
            ranked.append((worth(left[nth:], row) / (1 + nth), criterion, row.aspect))
    ranked.sort(key=lambda item: -item[0])
    return tuple(
        Question(
            text=criterion.question,
            roles=criterion.roles,
            aspect=aspect,
            criterion=criterion.id,
            priority=priority,
            why=why(rows[aspect], criterion),
            good_answer=criterion.good_answer,
        )
        for priority, (_, criterion, aspect) in enumerate(ranked, start=1)
    )


def worth(criteria: Iterable[Criterion], row: Coverage) -> float:
    """What an answer is worth that settles these open criteria of the row's aspect, worst first."""
    settled = list(criteria)[:SETTLED_AT_ONCE]
    severities = (open_severity(criterion, row) for criterion in settled)
    return sum(WEIGHT[severity] for severity in severities) * (1.0 - answered_already(row))


def open_severity(criterion: Criterion, row: Coverage) -> Severity:
    """How severe it is that the row's aspect leaves this criterion open."""
    return criterion_severity(criterion, row.status, outside=bool(row.outside))


def answered_already(row: Coverage) -> float:
    """Chance that the document answers what is asked about an open aspect.

    Where the judge tells no odds, the two other statuses share what its confidence leaves.
    """
    return (1.0 - row.confidence) / 2 if row.addressed is None else row.addressed


def open_criteria(row: Coverage, knowledge: Knowledge) -> list[Criterion]:
    """The criteria of a missing or partial aspect that are not met, worst first.

    Of two that are as severe, one that the text does not touch stands before an unclear one.
    """
    if row.status not in (Status.MISSING, Status.PARTIAL):
        return []
    verdicts = {verdict.criterion: verdict.verdict for verdict in row.criteria}
    left = [
        criterion
        for criterion in knowledge.aspects[row.aspect].criteria
        if verdicts.get(criterion.id, Met.UNMET) is not Met.MET
    ]

    def order(criterion: Criterion) -> tuple[int, bool]:
        severity = open_severity(criterion, row)
        return severity.rank, verdicts.get(criterion.id) is Met.UNCLEAR

    return sorted(left, key=order)


def why(row: Coverage, criterion: Criterion) -> str:
    """Why the question matters for this document."""
    quote = next((c for c in row.citations if c.verified), None)
    if row.status is Status.MISSING or quote is None:
        return " ".join((criterion.risk, row.outside)).rstrip()
    return f"Line {quote.line_start} touches it without settling it. {criterion.risk}"
