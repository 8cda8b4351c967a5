"""Where a batch runs, and the executor for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from copilot.batch.executor import Executor, Job
from copilot.batch.pool import PoolExecutor
from copilot.review.engine import Engine


@dataclass(frozen=True)
class Place:
    """What the user says about where reviews run."""

    executor: Literal["local", "ray"] = "local"
    ray_address: str | None = None
    """None for a cluster on this machine, for the time of the batch."""
    processes: int | None = None
    """Worker processes; one per core when None."""
    timeout: float | None = None
    """Seconds for one design."""


def make_executor(job: Job, engine: Engine, place: Place) -> Executor:
    """The executor; raises InputError for a model or a cluster that cannot be used."""
    model = engine.judge.origin == "model"
    processes = place.processes or cores()
    if place.executor == "ray":
        from copilot.batch.cluster import RayExecutor

        return RayExecutor(job, model, processes, place.ray_address, place.timeout)
    if not model:
        return PoolExecutor(job, processes, place.timeout)
    from copilot.batch.model_pool import ModelExecutor

    return ModelExecutor(job, processes, place.timeout)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
