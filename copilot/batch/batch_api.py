"""The executor over OpenAI's Batch API: half the price, answers within a day.

Reviews are repeated on the answers that are there until nothing is open: the first round asks for
the verdicts of all designs, the next ones for what depends on the answers (repairs, re-asks, the
critic, the completeness pass). A design whose answers are all there is reported at once.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

from copilot.batch.account import SHARE, Account
from copilot.batch.executor import Failed, Job, Outcome, Task
from copilot.batch.journal import Journal
from copilot.batch.pending import PendingAnswers
from copilot.batch.request_files import FileLimits, Folder
from copilot.batch.transit import Say, Transit
from copilot.batch.work import Reviewer
from copilot.documents.formats import shown
from copilot.errors import InputError
from copilot.judges.model.access import Access
from copilot.judges.model.batch_lines import Lines
from copilot.judges.model.batch_service import BatchService
from copilot.judges.model.cache import AnswerCache
from copilot.judges.model.limits import Budget
from copilot.judges.model.prices import load_prices
from copilot.judges.model.setup import accesses, check_budget, make_model_judge, parameters
from copilot.review.engine import Engine
from copilot.settings import Settings

NAME = "batch-api"
"""Folder in --out for files of requests and for answers that are in no report yet."""


class BatchApiExecutor:
    """Reviews designs with answers from the Batch API, one design after the other."""

    def __init__(
        self,
        reviewer: Reviewer,
        answers: PendingAnswers,
        transit: Transit,
        folder: Folder,
        budget: Budget,
        say: Say,
    ) -> None:
        """`answers` are those of the reviewer's judge, and `transit` fills them."""
        self._reviewer, self._answers, self._transit = reviewer, answers, transit
        self._folder, self._budget, self._say = folder, budget, say

    async def run(self, tasks: Sequence[Task]) -> AsyncGenerator[Outcome, None]:
        """One outcome for each task; what is under way when it is stopped goes on."""
        waiting = list(tasks)
        try:
            await self._transit.resume()
            while waiting:
                open_: list[Task] = []
                for task in waiting:
                    outcome = await self._review(task)
                    if outcome is None:
                        open_.append(task)
                        continue
                    yield outcome
                    if not isinstance(outcome, Failed):  # it is in the journal by now
                        self._answers.told()
                waiting = open_
                await self._transit.depart()
                await self._transit.arrive()
        finally:
            if self._transit.flights:
                self._say(f"{self._transit.under_way}: left so, the same command takes it up again")

    async def close(self) -> None:
        """Give the connections back."""
        await self._transit.close()
        self._folder.tidy()
        await self._reviewer.close()

    async def _review(self, task: Task) -> Outcome | None:
        """What became of a design; None while answers are to come."""
        self._answers.begin()
        outcome = await self._reviewer.review(task)
        wanted = self._answers.open
        if not wanted:
            return outcome
        if not await self._transit.take(wanted.values()):
            return Failed(task.key, f"{shown(task.path)}: {self._budget.refused}", keep=False)
        return None


def batch_api_executor(
    job: Job,
    engine: Engine,
    journal: Journal,
    out: Path,
    say: Say,
    limits: FileLimits | None = None,
) -> BatchApiExecutor:
    """The executor for the model of the settings; nothing is sent before it runs.

    `limits` are those of one file, the service's own by default. Raises InputError for a judge,
    model, key or budget that cannot be used.
    """
    settings = job.settings
    found = check_batch_api(settings, engine)
    prices = load_prices(settings.knowledge)
    folder = Folder(out / NAME)
    stored = AnswerCache(None if settings.ephemeral else settings.workspace / "answers")
    answers = PendingAnswers(
        AnswerCache(folder.path / "answers"), stored, {a.model: a.address for a in found}
    )
    budget = Budget(settings.max_tokens, settings.max_cost)
    judge = make_model_judge(settings, engine.knowledge, answers, prices.times(SHARE))
    transit = Transit(
        BatchService(found[0], settings.timeout, settings.retries),
        {each.model: Lines(each, parameters(settings)) for each in found},
        answers,
        Account(budget, prices),
        journal,
        folder,
        say,
        poll=settings.batch_poll,
        limits=limits,
    )
    reviewer = Reviewer(job, replace(engine, judge=judge))
    return BatchApiExecutor(reviewer, answers, transit, folder, budget, say)


def check_batch_api(settings: Settings, engine: Engine) -> list[Access]:
    """How the models are reached, all at one address; raises InputError where they cannot be."""
    if engine.judge.origin != "model":
        todo = "give --judge model --model openai:NAME"
        raise InputError("--via batch-api is about a model, and none judges", todo=todo)
    found = accesses(settings, os.environ)
    check_budget(settings, load_prices(settings.knowledge), found)
    for access in found:
        if access.provider != "openai":
            what = f"{access.model} cannot be asked through OpenAI's Batch API"
            raise InputError(what, todo="give models openai:NAME, or use --via direct")
    return found
