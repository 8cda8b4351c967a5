"""The review of one design of a batch, as every executor runs it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

from copilot.batch.executor import FORMS as FORM_NAMES
from copilot.batch.executor import Failed, Job, Outcome, Reviewed, Task
from copilot.batch.portfolio.build import brief_json
from copilot.documents.formats import shown
from copilot.documents.names import NameFinder
from copilot.errors import CopilotError
from copilot.index.direct import DirectIndex
from copilot.knowledge import Knowledge
from copilot.reports.formats import FORMS
from copilot.review.engine import Engine, limits_of, make_engine
from copilot.review.findings import worst
from copilot.review.reviewed import finished
from copilot.review.run import review
from copilot.review.score import is_complete
from copilot.schema import Document, Review, Status, Technology
from copilot.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


class Reviewer:
    """An engine made once for many designs; reviews of it may run side by side."""

    def __init__(self, job: Job, engine: Engine | None = None) -> None:
        """Raises InputError or KnowledgeError for settings that cannot be used."""
        self.job = job
        self.engine = engine or make_engine(job.settings, job.judge)
        self._names = Names(self.engine.knowledge.technologies)

    async def review(self, task: Task) -> Outcome:
        """Review one design; what goes wrong with it is its outcome."""
        started = time.perf_counter()
        index = DirectIndex(self.engine.embedder)
        engine = replace(self.engine, vectors=index)
        try:
            made = await finished(review(task.path, engine, self.job.dimensions))
            if why := _nothing(made.review):
                return Failed(task.key, f"{shown(task.path)}: {why}", keep=False)
            found = self._names.of(made.document.text) if made.document else ()
            outcome = _outcome(task, made.review, engine.knowledge, made.document, found)
        except CopilotError as error:
            return Failed(task.key, str(error))
        except Exception as error:  # converters and judges are third parties' code
            return Failed(task.key, f"{shown(task.path)}: the review failed ({_named(error)})")
        embedded = index.embedded if self.job.index else None
        return replace(outcome, seconds=time.perf_counter() - started, embedded=embedded)

    def run(self, task: Task) -> Outcome:
        """`review` from code that is not asynchronous, in this thread alone."""
        with asyncio.Runner() as runner:
            runner.get_loop().set_default_executor(_AtOnce())
            return runner.run(self.review(task))

    def warm_up(self) -> None:
        """Import and build what the first review would, so that no design is charged for it."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "design.md"
            path.write_text("# Design\n\nThree replicas run behind a load balancer.\n", "utf-8")
            self.run(Task("", path, "design"))

    async def close(self) -> None:
        """Give a model judge's connections back."""
        await self.engine.close()


class _AtOnce(ThreadPoolExecutor):
    """Does each step where it is asked for: one design after the other needs no second thread."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future that is done already."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def reviewer_for(job: Job) -> Reviewer:
    """A reviewer that is warm; raises what `Reviewer` does."""
    settings = job.settings
    plain = settings.embedder == "local" and not (settings.knowledge or settings.model)
    if plain and job.judge != "model":
        made = plain_reviewer().engine
        return Reviewer(job, replace(made, limits=limits_of(settings)))
    reviewer = Reviewer(job)
    reviewer.warm_up()
    return reviewer


@cache
def plain_reviewer() -> Reviewer:
    """The offline judge on the bundled knowledge, warm; made once in a process, or before it forks.

    Raises KnowledgeError, IndexFault, JudgeError.
    """
    settings = Settings(embedder="local", knowledge=(), ephemeral=True)
    reviewer = Reviewer(Job(settings, "offline", (), index=False))
    reviewer.warm_up()
    return reviewer


def _outcome(
    task: Task,
    done: Review,
    knowledge: Knowledge,
    document: Document | None,
    technologies: tuple[str, ...],
) -> Reviewed:
    return Reviewed(
        key=task.key,
        reports={
            FORMS[name].suffix_for(done): FORMS[name].render(done, knowledge, document)
            for name in FORM_NAMES
            if name in FORMS
        },
        seconds=0.0,
        cost_usd=done.usage.cost_usd,
        calls=done.usage.calls,
        findings=len(done.findings),
        worst=worst(done.findings),
        complete=is_complete(done),
        technologies=technologies,
        brief=brief_json(done, knowledge),
    )


def _nothing(done: Review) -> str:
    """Why not one aspect has a verdict (the endpoint is gone); empty when some have."""
    asked = [row for row in done.coverage if row.dimension in done.manifest.dimensions]
    judged = any(row.status is not Status.UNJUDGED for row in asked)
    return "" if judged or not asked else f"no aspect could be judged: {asked[0].rationale}"


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


class Names:
    """Finds the technologies that a text names, by their names and aliases as whole words."""

    def __init__(self, technologies: Iterable[Technology]) -> None:
        self._ids: dict[str, str] = {}
        exact: list[str] = []
        loose: list[str] = []
        for technology in technologies:
            for name in (technology.name, *technology.aliases):
                key = name if technology.case_sensitive else name.lower()
                (exact if technology.case_sensitive else loose).append(key)
                self._ids[key] = technology.id
        self._exact, self._loose = NameFinder(exact), NameFinder(loose)

    def of(self, text: str) -> tuple[str, ...]:
        """Ids of the technologies, sorted."""
        found = {*self._exact.find(text), *self._loose.find(text.lower())}
        return tuple(sorted({self._ids[name] for name in found}))


def source_digest(path: Path) -> str:
    """SHA-256 of a design's bytes and of the formats that they are read as; raises OSError."""
    import hashlib

    from copilot.documents.folder import members
    from copilot.documents.formats import format_of

    digest = hashlib.sha256()
    folder = path.is_dir()
    for file in members(path) if folder else [path]:
        name = file.relative_to(path).as_posix() if folder else ""
        digest.update(f"\0{name}\0{format_of(file)}\0".encode("utf-8", "surrogatepass"))
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
