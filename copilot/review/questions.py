"""The questions that a review leaves open, most valuable first."""

from __future__ import annotations

from copilot.knowledge import Knowledge
from copilot.review.severity import criterion_severity
from copilot.schema import Coverage, Criterion, Finding, Met, Question, Status

PER_FINDING = 2
"""How many questions one finding may ask, so that no aspect fills the agenda."""


def questions(
    found: tuple[Finding, ...], coverage: tuple[Coverage, ...], knowledge: Knowledge
) -> tuple[Question, ...]:
    """Questions about the unmet criteria of the findings, in order of priority (1 first).

    A question is worth more the more severe its criterion and the surer the gap; the second
    question of a finding stands behind the first ones of findings as severe.
    """
    rows = {row.aspect: row for row in coverage}
    ranked: list[tuple[tuple[int, int, float], Criterion, str]] = []
    for finding in found:
        row = rows[finding.aspect]
        for nth, criterion in enumerate(_open_criteria(row, finding, knowledge)[:PER_FINDING]):
            severity = criterion_severity(criterion, row.status, outside=bool(row.outside))
            ranked.append(((severity.rank + nth, nth, -row.confidence), criterion, row.aspect))
    ranked.sort(key=lambda item: item[0])
    return tuple(
        Question(
            text=criterion.question,
            roles=criterion.roles,
            aspect=aspect,
            criterion=criterion.id,
            priority=priority,
            why=_why(rows[aspect], criterion),
            good_answer=criterion.good_answer,
        )
        for priority, (_, criterion, aspect) in enumerate(ranked, start=1)
    )


def _open_criteria(row: Coverage, finding: Finding, knowledge: Knowledge) -> list[Criterion]:
    verdicts = {verdict.criterion: verdict.verdict for verdict in row.criteria}
    return [
        knowledge.criteria[identifier]
        for identifier in finding.unmet
        if verdicts.get(identifier, Met.UNMET) is not Met.MET
    ]


def _why(row: Coverage, criterion: Criterion) -> str:
    quote = next((c for c in row.citations if c.verified), None)
    if row.status is Status.MISSING or quote is None:
        return criterion.risk
    return f"Line {quote.line_start} touches it without settling it. {criterion.risk}"
