"""A batch from start to end, as a stream of events: the one place that knows its order.

discover -> plan against the journal -> review what is left -> write reports, then the journal's
line -> batch.json -> portfolio.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from copilot.batch.executor import Executor, Failed, Outcome, Reviewed, Task
from copilot.batch.journal import Entry, Journal
from copilot.batch.passages import Shelf
from copilot.batch.plan import Plan
from copilot.batch.records import REPORTS, Batch, Row, load_batch, save_batch
from copilot.documents.formats import shown
from copilot.files import write_atomically


@dataclass(frozen=True)
class Finished:
    """One design came to its end."""

    task: Task
    outcome: Outcome


@dataclass(frozen=True)
class Stage:
    """Another kind of work begins."""

    name: str


@dataclass(frozen=True)
class Summary:
    """How many designs came to what; found = reviewed + cached + failed."""

    found: int
    reviewed: int
    """Now."""
    cached: int
    """By an earlier run, or as another design with the same content."""
    linked: int
    """Of the cached: those with the same content as another design."""
    failed: Mapping[str, str]
    """Path -> reason."""
    incomplete: int
    """Of the reviewed and cached: those with an aspect that could not be judged."""
    cost_usd: float
    calls: int
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """The batch is complete."""

    batch: Batch
    summary: Summary
    briefs: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Stem of the reports that were written now -> what the portfolio takes from them."""


Event = Finished | Stage | Ended


async def run_batch(
    plan: Plan, executor: Executor, journal: Journal, shelf: Shelf, out: Path
) -> AsyncGenerator[Event, None]:
    """Review what the plan has left; the last event is Ended.

    Raises InputError when the folder cannot be written, and what the executor raises when it can
    do nothing more. What was finished until then is kept.
    """
    (out / REPORTS).mkdir(parents=True, exist_ok=True)
    tasks = {task.key: task for task in plan.tasks}
    fresh: dict[str, Entry] = {}
    failed: dict[str, str] = {}
    briefs: dict[str, bytes] = {}
    cost, calls = 0.0, 0
    shelf.begin()
    try:
        async with aclosing(_outcomes(executor, plan)) as outcomes:
            async for outcome in outcomes:
                task = tasks[outcome.key]
                if isinstance(outcome, Reviewed):
                    fresh[task.key] = await asyncio.to_thread(_keep, task, outcome, journal, out)
                    briefs[task.stem] = outcome.brief
                    await shelf.put(task.path, outcome.embedded)
                    cost, calls = cost + (outcome.cost_usd or 0.0), calls + outcome.calls
                else:
                    failed[task.key] = outcome.reason
                    if outcome.keep:
                        journal.add(_failure(task, outcome))
                yield Finished(task, outcome)
    finally:
        await executor.close()
    yield Stage("indexing")
    await shelf.settle({**plan.done, **fresh}, plan.first)
    batch = _batch(plan, {**plan.done, **fresh}, {**plan.failed, **failed}, load_batch(out))
    await asyncio.to_thread(save_batch, batch, out)
    summary = _summary(plan, batch, fresh, cost, calls, tuple(shelf.notices))
    yield Ended(batch, summary, {stem: brief for stem, brief in briefs.items() if brief})


async def _outcomes(executor: Executor, plan: Plan) -> AsyncGenerator[Outcome, None]:
    if plan.tasks:
        async for outcome in executor.run(plan.tasks):
            yield outcome


def _keep(task: Task, outcome: Reviewed, journal: Journal, out: Path) -> Entry:
    """Write the reports, then the line that says so; returns the line."""
    for suffix, content in outcome.reports.items():
        write_atomically(out / REPORTS / f"{task.stem}{suffix}", content)
    entry = Entry(
        event="reviewed",
        key=task.key,
        path=shown(task.path),
        stem=task.stem,
        sizes={suffix: len(content) for suffix, content in outcome.reports.items()},
        complete=outcome.complete,
        findings=outcome.findings,
        cost_usd=outcome.cost_usd,
        seconds=round(outcome.seconds, 3),
        technologies=outcome.technologies,
        data={"text": outcome.embedded.digest} if outcome.embedded else {},
    )
    journal.add(entry)
    return entry


def _failure(task: Task, outcome: Failed) -> Entry:
    return Entry(event="failed", key=task.key, path=shown(task.path), reason=outcome.reason)


def _batch(
    plan: Plan, done: Mapping[str, Entry], failed: Mapping[str, str], before: Batch | None
) -> Batch:
    """One row for each design found; `before` is the finished run before this one."""
    earlier = {row.path: row.stem for row in before.designs} if before else {}
    first = plan.first
    rows = []
    for design in plan.designs:
        path, entry = shown(design.path), done.get(design.key)
        if entry is None:
            reason = design.reason or failed.get(design.key, "it was not reviewed")
            rows.append(Row(path=path, state="failed", key=design.key, reason=reason))
            continue
        original = first[design.key]
        rows.append(
            Row(
                path=path,
                state="reviewed",
                key=design.key,
                stem=entry.stem,
                same_as="" if original == design.path else shown(original),
                complete=entry.complete,
                technologies=entry.technologies,
                previous=old if (old := earlier.get(path, "")) != entry.stem else "",
            )
        )
    return Batch(designs=tuple(rows))


def _summary(
    plan: Plan,
    batch: Batch,
    fresh: Mapping[str, Entry],
    cost: float,
    calls: int,
    notices: tuple[str, ...],
) -> Summary:
    good = [row for row in batch.designs if row.state == "reviewed"]
    reviewed = sum(row.key in fresh and not row.same_as for row in good)
    return Summary(
        found=len(batch.designs),
        reviewed=reviewed,
        cached=len(good) - reviewed,
        linked=sum(bool(row.same_as) for row in good),
        failed={row.path: row.reason for row in batch.designs if row.state == "failed"},
        incomplete=sum(not row.complete for row in good),
        cost_usd=cost,
        calls=calls,
        notices=notices,
    )
