"""Small designs for the tests of batches, and an executor that reviews them in this process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from copilot.batch.executor import Job, Outcome, Task
from copilot.batch.work import Reviewer
from copilot.settings import load_settings

TEXT = """# {name} platform

## Serving

Models run on Kubernetes with {count} replicas behind Envoy; a canary takes 5% of the traffic for a
day before a release, and the old version is kept for rollback.

## Data

Features are computed with Spark every night and stored in Redis. Access needs a role in Keycloak,
and every read is written to an audit log that is kept for 400 days.
"""


def write_designs(folder: Path, count: int) -> list[Path]:
    """`count` designs of 60 words, each different."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        path = folder / f"design-{number}.md"
        path.write_text(TEXT.format(name=f"Number {number}", count=number + 2))
        paths.append(path)
    return paths


def offline_job(**options: object) -> Job:
    """A job for the offline judge."""
    return Job(load_settings(**options), "offline", (), index=True)


class InlineExecutor:
    """Reviews one design after the other, without processes."""

    def __init__(self, reviewer: Reviewer) -> None:
        self.reviewer = reviewer
        self.seen: list[Path] = []

    async def run(self, tasks: Sequence[Task]) -> AsyncGenerator[Outcome, None]:
        for task in tasks:
            self.seen.append(task.path)
            yield await self.reviewer.review(task)

    async def close(self) -> None:
        """Nothing to stop."""
