"""A batch from start to end: what is reviewed, what is not reviewed again, what adds up."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from library import InlineExecutor, offline_job, write_designs

from copilot.batch.discovery import discover
from copilot.batch.executor import Executor, Failed, Outcome, Reviewed, Task
from copilot.batch.journal import Journal
from copilot.batch.passages import Shelf
from copilot.batch.plan import basis, make_plan, read_designs
from copilot.batch.pool import PoolExecutor
from copilot.batch.run import Ended, Finished, run_batch
from copilot.batch.work import Names, Reviewer
from copilot.index.store import PassageIndex
from copilot.knowledge import Knowledge
from copilot.schema import Technology


@pytest.fixture(scope="module")
def reviewer() -> Reviewer:
    return Reviewer(offline_job(ephemeral=True))


def run(
    given: Path, executor: InlineExecutor, *, retry: bool = False, stop_after: int = -1
) -> Ended | None:
    """One run of a batch into `out`; None when it was stopped in the middle."""
    out = Path("out")
    out.mkdir(exist_ok=True)
    engine = executor.reviewer.engine
    found = discover([str(given)], out=out)
    journal = Journal(out)

    async def go() -> Ended | None:
        designs = read_designs(found.designs, found.refused, basis(engine, ()))
        plan = make_plan(designs, journal.entries, out, retry)
        events = run_batch(plan, executor, journal, Shelf(engine), out)
        finished = 0
        async for event in events:
            finished += isinstance(event, Finished)
            if finished == stop_after:
                await events.aclose()
                return None
            if isinstance(event, Ended):
                return event
        return None

    try:
        return asyncio.run(go())
    finally:
        journal.close()


def counts(ended: Ended | None) -> tuple[int, int, int, int]:
    assert ended is not None
    summary = ended.summary
    assert summary.found == summary.reviewed + summary.cached + len(summary.failed)
    return summary.found, summary.reviewed, summary.cached, len(summary.failed)


def test_each_content_is_reviewed_once_and_a_bad_file_stops_nothing(reviewer: Reviewer) -> None:
    write_designs(Path("designs"), 2)
    Path("designs/copy.md").write_bytes(Path("designs/design-1.md").read_bytes())
    Path("designs/broken.docx").write_bytes(b"no archive")
    Path("designs/empty.md").touch()
    executor = InlineExecutor(reviewer)
    ended = run(Path("designs"), executor)
    assert counts(ended) == (5, 2, 1, 2)
    assert len(executor.seen) == 4
    rows = {row.path: row for row in ended.batch.designs} if ended else {}
    assert rows["designs/design-1.md"].same_as == "designs/copy.md"
    assert rows["designs/design-1.md"].stem == rows["designs/copy.md"].stem
    assert "is a broken .docx" in rows["designs/broken.docx"].reason
    assert "is empty" in rows["designs/empty.md"].reason
    stem = rows["designs/design-0.md"].stem
    for suffix in (".json", ".md"):
        assert (Path("out/reports") / f"{stem}{suffix}").stat().st_size > 500


def test_the_next_run_does_only_what_is_left(reviewer: Reviewer) -> None:
    write_designs(Path("designs"), 3)
    first = InlineExecutor(reviewer)
    assert run(Path("designs"), first, stop_after=2) is None
    second = InlineExecutor(reviewer)
    assert counts(run(Path("designs"), second)) == (3, 1, 2, 0)
    assert set(first.seen[:2]).isdisjoint(second.seen)
    third = InlineExecutor(reviewer)
    assert counts(run(Path("designs"), third)) == (3, 0, 3, 0)
    assert third.seen == []


def test_what_failed_is_tried_again_on_demand_only(reviewer: Reviewer) -> None:
    write_designs(Path("designs"), 1)
    Path("designs/empty.md").touch()
    assert counts(run(Path("designs"), InlineExecutor(reviewer))) == (2, 1, 0, 1)
    again = InlineExecutor(reviewer)
    assert counts(run(Path("designs"), again)) == (2, 0, 1, 1)
    assert again.seen == []
    assert counts(run(Path("designs"), again, retry=True)) == (2, 0, 1, 1)
    assert again.seen == [Path("designs/empty.md")]


def test_a_changed_design_a_lost_report_and_other_knowledge_are_reviewed_anew(
    reviewer: Reviewer, knowledge: Knowledge
) -> None:
    paths = write_designs(Path("designs"), 2)
    ended = run(Path("designs"), InlineExecutor(reviewer))
    assert ended is not None
    paths[0].write_text(paths[0].read_text() + "\nBackups are taken every hour.\n")
    changed = InlineExecutor(reviewer)
    after = run(Path("designs"), changed)
    assert changed.seen == [paths[0]]
    assert after is not None
    assert after.batch.designs[0].previous == ended.batch.designs[0].stem
    (Path("out/reports") / f"{ended.batch.designs[1].stem}.json").unlink()
    lost = InlineExecutor(reviewer)
    run(Path("designs"), lost)
    assert lost.seen == [paths[1]]
    other = knowledge.model_copy(update={"kinds": {**knowledge.kinds, "new": "kind"}})
    engine = replace(reviewer.engine, knowledge=other)
    other.__dict__.pop("digest", None)  # it is computed anew for the changed content
    assert basis(engine, ()) != basis(reviewer.engine, ())


def test_an_outcome_that_is_not_to_be_kept_is_left_for_the_next_run(reviewer: Reviewer) -> None:
    write_designs(Path("designs"), 2)

    class Poor(InlineExecutor):
        async def run(self, tasks: Sequence[Task]):  # type: ignore[no-untyped-def]
            yield await self.reviewer.review(tasks[0])
            yield Failed(tasks[1].key, "the budget is used up", keep=False)

    assert counts(run(Path("designs"), Poor(reviewer))) == (2, 1, 0, 1)
    assert counts(run(Path("designs"), InlineExecutor(reviewer))) == (2, 1, 1, 0)


def test_the_index_gets_every_design_also_those_of_a_run_that_was_killed() -> None:
    reviewer = Reviewer(offline_job())
    write_designs(Path("designs"), 3)
    assert run(Path("designs"), InlineExecutor(reviewer), stop_after=2) is None  # gathered, lost
    run(Path("designs"), InlineExecutor(reviewer))
    lines = [json.loads(line) for line in Path("out/journal.jsonl").read_text().splitlines()]
    texts = [line["data"]["text"] for line in lines]
    with PassageIndex.open(reviewer.engine.location, reviewer.engine.embedder) as index:
        assert index.held(texts) == set(texts)
        near = index.nearest("Who may read the audit log?", 3)
    assert {Path(each.path).name for each in near} <= {f"design-{n}.md" for n in range(3)}
    assert near[0].similarity > 0.2


def test_technologies_are_found_by_name_and_alias_as_whole_words(knowledge: Knowledge) -> None:
    names = Names(
        [
            Technology(id="k8s", name="Kubernetes", kind="x", aliases=("k8s",)),
            Technology(id="ray", name="Ray", kind="x", case_sensitive=True),
        ]
    )
    assert names.of("On K8S, an x-ray of arrays. ") == ("k8s",)
    assert names.of("Ray on kubernetes") == ("k8s", "ray")


# --- the pool of processes -----------------------------------------------------------------------


async def _collect(
    executor: Executor, tasks: Sequence[Task], during: object = None
) -> list[Outcome]:
    found = []
    try:
        async for outcome in executor.run(tasks):
            found.append(outcome)
            if callable(during):
                during(len(found))
    finally:
        await executor.close()
    return found


def test_a_worker_sets_the_number_of_threads_before_numpy_is_imported() -> None:
    code = "import sys, copilot.batch.pool; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_killed_worker_and_a_design_without_end_cost_no_other_review(tmp_path: Path) -> None:
    paths = write_designs(tmp_path / "designs", 3)
    slow = tmp_path / "designs" / "slow.md"
    slow.write_text("word " * 390_000)
    tasks = [Task(str(n), path, f"s{n}") for n, path in enumerate([*paths, slow])]
    executor = PoolExecutor(offline_job(ephemeral=True), 2, timeout=3.0)

    def kill_one(finished: int) -> None:
        pool = executor._pool
        if finished == 1 and pool is not None:
            os.kill(next(iter(pool._processes)), signal.SIGKILL)

    outcomes = asyncio.run(_collect(executor, tasks, kill_one))
    assert sorted(outcome.key for outcome in outcomes) == ["0", "1", "2", "3"]
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert [outcome.key for outcome in failed] == ["3"]
    assert "took longer than 3 s" in failed[0].reason
    assert all(isinstance(outcome, Reviewed) for outcome in outcomes if outcome.key != "3")
