"""`archreview batch`: a library of designs in, a folder of reports and the portfolio out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from copilot.cli.model_options import model_options
from copilot.errors import ExitCode, InputError
from copilot.schema import Severity

if TYPE_CHECKING:
    from copilot.batch.executor import Executor, Job
    from copilot.batch.journal import Journal
    from copilot.batch.place import Place
    from copilot.batch.plan import Plan
    from copilot.batch.run import Ended
    from copilot.cli.batch_progress import BatchReporter
    from copilot.review.engine import Engine, JudgeChoice

Via = Literal["direct", "batch-api"]


@click.command("batch")
@click.argument("paths", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option("--folders", is_flag=True, help="Each folder directly in a PATH is one design.")
@click.option("--retry-failed", is_flag=True, help="Try again what failed or is incomplete.")
@click.option(
    "--timeout-per-design", type=float, metavar="SECONDS", help="Longest that a design may take."
)
@click.option("--processes", type=int, metavar="N", help="Worker processes; one per core.")
@click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where the reviews run; ray needs the extra `ray`.",
)
@click.option(
    "--ray-address", metavar="ADDRESS", help="Ray cluster; one on this machine when not given."
)
@click.option("--dimension", "dimensions", multiple=True, metavar="ID", help="Only this dimension.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    help="Exit with 1 when a finding is at least this severe.",
)
@click.option(
    "--judge",
    type=click.Choice(["auto", "offline", "model"]),
    default="auto",
    show_default=True,
    help="Who judges; auto is the offline judge unless a model is configured.",
)
@click.option(
    "--via",
    type=click.Choice(["direct", "batch-api"]),
    default="direct",
    show_default=True,
    help="Ask the model call by call, or through OpenAI's Batch API: half the price, in a day.",
)
@model_options
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps the index.")
@click.option("--ephemeral", is_flag=True, default=None, help="Keep no index and no answers.")
@click.option("--chroma", metavar="URL", help="Chroma server to use, http://host:port.")
@click.option("--embedder", metavar="NAME", help="local, or openai:NAME for /v1/embeddings.")
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one.",
)
@click.option("--max-bytes", type=int, metavar="N", help="Largest file to read.")
@click.option("--max-chars", type=int, metavar="N", help="Longest text to review.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what failed, and the count.")
def command(
    paths: tuple[str, ...],
    out: Path,
    folders: bool,
    retry_failed: bool,
    timeout_per_design: float | None,
    processes: int | None,
    executor: Literal["local", "ray"],
    ray_address: str | None,
    dimensions: tuple[str, ...],
    fail_on: str | None,
    judge: JudgeChoice,
    via: Via,
    quiet: bool,
    **options: Any,
) -> int:
    """Review all designs at PATHS (files, folders, glob patterns) into the folder --out.

    A run that was stopped, killed or extended with new designs does only what is left. A folder is
    one design where it holds a file .archreview-design; .archreviewignore leaves designs out.
    """
    from copilot.batch import processes as workers
    from copilot.settings import load_settings

    if ray_address and executor != "ray":
        raise InputError("--ray-address is for Ray", todo="give --executor ray with it")
    _positive(timeout_per_design=timeout_per_design, processes=processes)
    if via == "batch-api":
        _not_with_batch_api(executor != "local", "--executor ray")
        _not_with_batch_api(timeout_per_design is not None, "--timeout-per-design")
    settings = load_settings(**{**options, "knowledge": options["knowledge"] or None})
    if executor == "local" and via == "direct":
        workers.begin()  # it imports what this process imports next, on another core

    from copilot.batch.discovery import discover
    from copilot.batch.executor import Job
    from copilot.batch.journal import Journal
    from copilot.batch.place import Place
    from copilot.batch.plan import basis, make_plan, read_designs
    from copilot.cli.batch_progress import BatchReporter
    from copilot.review.engine import make_engine
    from copilot.review.run import select_dimensions

    engine = make_engine(settings, judge)
    if via == "batch-api":
        from copilot.batch.batch_api import check_batch_api

        check_batch_api(settings, engine)
    select_dimensions(engine.knowledge, dimensions)
    found = discover(paths, folders=folders, out=out)
    journal = _journal(Journal, out)
    try:
        designs = read_designs(found.designs, found.refused, basis(engine, dimensions))
        plan = make_plan(designs, journal.entries, out, retry_failed)
        with BatchReporter(plan, journal, quiet) as reporter:
            job = Job(settings, judge, dimensions, index=not settings.ephemeral)
            place = Place(executor, ray_address, processes, timeout_per_design)
            make = partial(_executor, via, job, engine, place, journal, out, reporter)
            ended = asyncio.run(_run(plan, engine, make, journal, out, reporter))
    finally:
        journal.close()
    rate = " at half the list price (Batch API)" if via == "batch-api" else ""
    return _finish(ended, engine, out, rate, Severity(fail_on) if fail_on else None)


def _positive(**values: float | None) -> None:
    for name, value in values.items():
        if value is not None and value <= 0:
            option = "--" + name.replace("_", "-")
            raise InputError(f"{option} is {value:g}", todo="give a number above 0")


def _not_with_batch_api(given: bool, option: str) -> None:
    if given:
        what = f"{option} has no meaning with --via batch-api"
        raise InputError(what, todo="leave it out: the service works, and takes up to a day")


def _journal(open_: type[Journal], out: Path) -> Journal:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"cannot be made ({error.strerror})"
        raise InputError(what, where=out, todo="give another --out") from error
    return open_(out)


async def _run(
    plan: Plan,
    engine: Engine,
    make: Callable[[], Executor],
    journal: Journal,
    out: Path,
    reporter: BatchReporter,
) -> Ended:
    from copilot.batch.passages import Shelf
    from copilot.batch.run import Ended, run_batch

    async for event in run_batch(plan, make(), journal, Shelf(engine), out):
        reporter.show(event)
        if isinstance(event, Ended):
            return event
    raise InputError("the batch did not finish", todo="run it again")


def _executor(
    via: Via,
    job: Job,
    engine: Engine,
    place: Place,
    journal: Journal,
    out: Path,
    reporter: BatchReporter,
) -> Executor:
    if via == "batch-api":
        from copilot.batch.batch_api import batch_api_executor

        return batch_api_executor(job, engine, journal, out, reporter.tell)
    from copilot.batch.place import make_executor

    return make_executor(job, engine, place)


def _finish(ended: Ended, engine: Engine, out: Path, rate: str, fail_on: Severity | None) -> int:
    """Write the portfolio, print where everything is and what the count came to."""
    from copilot.batch.portfolio.write import write_portfolio
    from copilot.cli.batch_progress import closing_lines

    portfolio = write_portfolio(out, engine.knowledge, ended.briefs)
    for line in closing_lines(ended.summary, portfolio, out, rate):
        click.echo(line)
    if ended.summary.failed:
        return ExitCode.BAD_INPUT
    if ended.summary.incomplete:
        return ExitCode.INCOMPLETE
    if fail_on and any(d.worst and d.worst.rank <= fail_on.rank for d in portfolio.designs):
        return ExitCode.FINDINGS
    return ExitCode.OK
