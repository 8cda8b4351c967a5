"""The local executor for a model judge: reviews side by side in one process, behind one gate.

The engine's gate bounds the calls in flight, requests and tokens of all reviews together; here are
just enough reviews under way that it is never short of calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from copilot.batch.executor import Failed, Outcome, Reviewed, Task
from copilot.batch.pool import too_long
from copilot.batch.work import Reviewer
from copilot.documents.formats import shown
from copilot.judges.model.limits import Budget

MOST_REVIEWS = 64


class ModelExecutor:
    """Reviews designs concurrently on one event loop."""

    def __init__(
        self, reviewer: Reviewer, budget: Budget, reviews: int, timeout: float | None = None
    ) -> None:
        """`reviews` are under way at once; `timeout` is in seconds for one design."""
        self._reviewer, self._budget, self._timeout = reviewer, budget, timeout
        self._reviews = min(reviews, MOST_REVIEWS)

    async def run(self, tasks: Sequence[Task]) -> AsyncGenerator[Outcome, None]:
        """One outcome for each task, as they are done; once the budget is used up, at once."""
        waiting = list(reversed(tasks))
        running: set[asyncio.Task[Outcome]] = set()
        try:
            while waiting or running:
                while waiting and len(running) < self._reviews:
                    running.add(asyncio.create_task(self._review(waiting.pop())))
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    yield each.result()
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def close(self) -> None:
        """Give the connections back."""
        await self._reviewer.close()

    async def _review(self, task: Task) -> Outcome:
        if self._budget.refused:
            return Failed(task.key, f"{shown(task.path)}: {self._budget.refused}", keep=False)
        try:
            async with asyncio.timeout(self._timeout):
                outcome = await self._reviewer.review(task)
        except TimeoutError:
            return Failed(task.key, f"{shown(task.path)}: {too_long(self._timeout or 0.0)}")
        if self._budget.refused and isinstance(outcome, Reviewed) and not outcome.complete:
            return Failed(task.key, f"{shown(task.path)}: {self._budget.refused}", keep=False)
        return outcome
