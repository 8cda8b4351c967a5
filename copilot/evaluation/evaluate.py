"""One evaluation from start to end: judge, compare, mutate, measure, check."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from copilot.errors import InputError
from copilot.evaluation import intervals, trials
from copilot.evaluation.cases import Case
from copilot.evaluation.gate import Gate, checks
from copilot.evaluation.intervals import Score
from copilot.evaluation.metrics import Table, bins, confusion, make_table
from copilot.evaluation.report import METRICS, Comparison, Evaluation, Timing
from copilot.evaluation.run import (
    GivesOdds,
    Judged,
    Progress,
    collect,
    judge_cases,
    load_all,
    rerun_identical,
)
from copilot.evaluation.slices import slices
from copilot.evaluation.verdicts import Verdicts
from copilot.judges.protocol import Judge
from copilot.knowledge import Knowledge


@dataclass(frozen=True)
class Plan:
    """What an evaluation does besides scoring the judge on the cases."""

    baselines: Sequence[Judge] = ()
    """Judges that are shown beside."""
    stored: Verdicts | None = None
    """A baseline to compare with in pairs."""
    mutants: bool = True
    gate: Gate | None = None


async def evaluate(
    make_judge: Callable[[], Judge],
    knowledge: Knowledge,
    cases: tuple[Case, ...],
    named: tuple[str, str],
    plan: Plan,
    progress: Progress,
) -> Evaluation:
    """Score the judge; `named` are the folder and the split as the report calls them.

    `make_judge` is called a second time for the reruns. Raises DocumentError for a design that
    cannot be read, InputError for a stored baseline of other cases.
    """
    judge = make_judge()
    loaded = load_all(cases, progress)
    judged = await judge_cases(judge, knowledge, loaded, progress)
    verdicts = collect(judge, knowledge, judged)
    table = make_table(cases, verdicts)
    weights = intervals.resamples(len(cases))
    scores = intervals.with_intervals(table, weights)
    same, of = await rerun_identical(make_judge(), knowledge, judged)
    scores["rerun_identical"] = Score(value=same / of, low=same / of, high=same / of)
    tried = await trials.try_mutants(judge, knowledge, judged, progress) if plan.mutants else []
    if tried:
        scores |= trials.mutant_scores(tried, weights)
    baselines = {}
    for other in plan.baselines:
        beside = collect(other, knowledge, await judge_cases(other, knowledge, loaded, progress))
        baselines[other.name] = intervals.with_intervals(make_table(cases, beside), weights)
    comparison = compare(cases, verdicts, plan.stored) if plan.stored else None
    differences = comparison.differences if comparison else None
    lower = {metric.name for metric in METRICS if metric.lower_is_better}
    return Evaluation(
        judge=judge.name,
        judge_digest=judge.digest,
        knowledge_digest=knowledge.digest,
        cases=named[0],
        split=named[1],
        documents=len(cases),
        rows=len(table.primary),
        contested=int((table.accept.sum(1) > 1).sum()),
        unlocated=sum(
            len(label.evidence) - len(one.spans[aspect])
            for one in loaded
            for aspect, label in one.case.labels.items()
        ),
        gap_source="odds" if isinstance(judge, GivesOdds) else "confidence",
        cost_usd=None if judge.origin == "model" else 0.0,
        scores=scores,
        baselines=baselines,
        comparison=comparison,
        slices=slices(table, cases, verdicts, weights),
        confusion=_confusion(table),
        calibration=tuple(bins(table)),
        mutants=trials.groups(tried),
        timing=_timing(judged),
        checks=checks(plan.gate, scores, differences, lower) if plan.gate else (),
        verdicts=verdicts,
    )


def compare(cases: tuple[Case, ...], verdicts: Verdicts, stored: Verdicts) -> Comparison:
    """Differences to the stored verdicts over the cases that both have, by today's labels."""
    if stored.aspects != verdicts.aspects:
        raise InputError("the baseline is about other aspects", todo="write it anew")
    mine = {one.case: one for one in verdicts.cases}
    theirs = {one.case: one for one in stored.cases}
    both = tuple(case for case in cases if case.id in mine and case.id in theirs)
    if not both:
        raise InputError(
            "the baseline has none of these cases", todo="write one for them by --write-baseline"
        )
    tables = [
        make_table(both, verdicts.model_copy(update={"cases": tuple(of[c.id] for c in both)}))
        for of in (mine, theirs)
    ]
    weights = intervals.resamples(len(both))
    return Comparison(
        judge=stored.judge,
        documents=len(both),
        differences=intervals.differences(tables[0], tables[1], weights),
    )


def read_baseline(file: Path) -> Verdicts:
    """Stored verdicts; raises InputError."""
    try:
        return Verdicts.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"cannot be read as a baseline: {reason}", where=file, todo="use --write-baseline"
        ) from error


def _confusion(table: Table) -> tuple[tuple[int, ...], ...]:
    counts = confusion(table, table.ones())[0]
    return tuple(tuple(int(count) for count in row) for row in counts)


def _timing(judged: Sequence[Judged]) -> Timing:
    seconds = [one.seconds for one in judged]
    return Timing(
        documents=len(seconds),
        total=round(sum(seconds), 3),
        median=round(statistics.median(seconds), 3),
        slowest=round(max(seconds), 3),
    )
