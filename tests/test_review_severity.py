"""Severity follows NIST SP 800-30 Rev. 1, Table I-2."""

from __future__ import annotations

import pytest

from copilot.knowledge import Knowledge
from copilot.review.severity import aspect_severity, criterion_severity, severity
from copilot.schema import Level, Met, Severity, Status

TABLE_I_2 = """
very_high  info low medium high critical
high       info low medium high critical
moderate   info low medium medium high
low        info low low low medium
very_low   info info info low low
"""


@pytest.mark.parametrize("row", TABLE_I_2.strip().splitlines())
def test_severity_is_the_published_table(row: str) -> None:
    likelihood, *expected = row.split()
    assert [severity(impact, Level(likelihood)).value for impact in Level] == expected


def test_a_partial_aspect_is_never_more_severe_than_a_missing_one(knowledge: Knowledge) -> None:
    for criterion in knowledge.criteria.values():
        missing = criterion_severity(criterion, Status.MISSING)
        assert criterion_severity(criterion, Status.PARTIAL).rank >= missing.rank


def test_met_criteria_do_not_weigh_on_a_finding(knowledge: Knowledge) -> None:
    aspect = knowledge.aspects["risk.reliability"]
    last = aspect.criteria[-1]
    verdicts = {c.id: Met.MET for c in aspect.criteria if c.id != last.id}
    found, unmet = aspect_severity(aspect, Status.PARTIAL, verdicts)
    assert unmet == (last,)
    assert found == criterion_severity(last, Status.PARTIAL)
    assert isinstance(found, Severity)
