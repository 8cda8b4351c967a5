"""Which executor a batch on this machine runs with."""

from __future__ import annotations

import os

from copilot.batch.executor import Executor, Job
from copilot.batch.pool import PoolExecutor
from copilot.review.engine import Engine


def local_executor(
    job: Job, engine: Engine, processes: int | None, timeout: float | None
) -> Executor:
    """A pool of processes for the offline judge, one event loop for a model judge.

    `timeout` is in seconds for one design. Raises InputError for a model that cannot be used.
    """
    if engine.judge.origin != "model":
        return PoolExecutor(job, processes or cores(), timeout)
    from copilot.batch.threads import ModelExecutor
    from copilot.batch.work import Reviewer
    from copilot.judges.model.limits import Budget
    from copilot.judges.model.prices import load_prices
    from copilot.judges.model.setup import make_answers
    from copilot.review.engine import make_engine

    settings = job.settings
    budget = Budget(settings.max_tokens, settings.max_cost)
    answers = make_answers(settings, load_prices(settings.knowledge), budget)
    reviewer = Reviewer(job, make_engine(settings, job.judge, answers))
    return ModelExecutor(reviewer, budget, settings.concurrency, timeout)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
