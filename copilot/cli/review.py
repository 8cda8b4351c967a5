"""`archreview review`: designs in, reports out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copilot.cli.baseline import Against, Baseline
from copilot.cli.decided import teller, with_decisions
from copilot.cli.dry_run import dry_run
from copilot.cli.fail_on import FailOn, FailOnType
from copilot.cli.keep import kept
from copilot.cli.model_options import model_options
from copilot.cli.output import check_out, emit
from copilot.cli.progress import Reporter
from copilot.errors import CopilotError, ExitCode, InputError
from copilot.judges.model.setup import tracing
from copilot.reports.formats import FORMS
from copilot.review.engine import Engine, JudgeChoice, make_engine
from copilot.review.reviewed import Reviewed, finished
from copilot.review.run import review, select_dimensions
from copilot.review.score import is_complete
from copilot.schema import Finding
from copilot.settings import Settings, load_settings

if TYPE_CHECKING:
    from copilot.cli.settled import Settled


@click.command("review")
@click.argument("designs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the report to this file, or into this existing folder, one file for each design.",
)
@click.option("--dimension", "dimensions", multiple=True, metavar="ID", help="Only this dimension.")
@click.option(
    "--fail-on",
    type=FailOnType(),
    help="Exit with 1 when a finding is at least this severe; with new: only for a new or "
    "regressed one, against --baseline.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    help="JSON report of an earlier review to tell new findings from.",
)
@click.option(
    "--triage",
    type=click.Path(path_type=Path),
    help="Exported decisions; what they settle does not count for --fail-on.",
)
@click.option(
    "--judge",
    type=click.Choice(["auto", "offline", "model"]),
    default="auto",
    show_default=True,
    help="Who judges; auto is the offline judge unless a model is configured.",
)
@model_options
@click.option("--dry-run", "dry", is_flag=True, help="Say what a model would cost; send nothing.")
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps the index.")
@click.option("--ephemeral", is_flag=True, default=None, help="Keep the index in memory only.")
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
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on standard error but errors.")
def command(
    designs: tuple[Path, ...],
    form: str,
    out: Path | None,
    dimensions: tuple[str, ...],
    fail_on: FailOn | None,
    baseline: Path | None,
    triage: Path | None,
    judge: JudgeChoice,
    dry: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Review DESIGNS: files (Markdown, reStructuredText, text, HTML, PDF, DOCX) or folders.

    A folder is one design of several files. The report goes to standard output, progress to
    standard error.
    """
    check_out(out, form, designs)
    if fail_on and fail_on.new_only and baseline is None:
        raise InputError("--fail-on new: needs a baseline", todo="give --baseline review.json")
    earlier = Baseline(baseline) if baseline else None
    settings = load_settings(**{**options, "knowledge": options["knowledge"] or None})
    settled = _settled(triage, settings) if triage else None
    engine = make_engine(settings, judge)
    asked = select_dimensions(engine.knowledge, dimensions)
    if dry:
        dry_run(designs, engine, dimensions)
        return ExitCode.OK
    with Reporter(len(designs), len(asked), quiet) as reporter:
        if engine.judge.origin == "model" and tracing(os.environ):
            reporter.line("LangSmith tracing is switched on: prompts and answers go there too")
        reviewed, failed = asyncio.run(_review_all(designs, engine, settings, dimensions, reporter))
    if reviewed:
        if FORMS[form].decided is not None:
            reviewed = [_decided(one, settings, settled, quiet) for one in reviewed]
        emit(reviewed, engine.knowledge, form, out, designs)
    reviews = [one.review for one in reviewed]
    beside = earlier.beside(reviews) if earlier else ()
    for line in () if quiet else (line for one in beside for line in one.lines()):
        click.echo(f"archreview: {line}", err=True)
    if failed or not all(map(is_complete, reviews)):
        return ExitCode.BAD_INPUT if failed else ExitCode.INCOMPLETE
    counted = _counted(reviewed, beside if fail_on and fail_on.new_only else (), settled)
    return ExitCode.FINDINGS if fail_on and fail_on.reached_by(counted) else ExitCode.OK


def _decided(one: Reviewed, settings: Settings, settled: Settled | None, quiet: bool) -> Reviewed:
    """The review with the decisions of the workspace and of `--triage`."""
    others = settled.about(one) if settled else ()
    return with_decisions(one, settings, teller(quiet), others)


def _settled(triage: Path, settings: Settings) -> Settled:
    """The decisions of the file, about designs below the folder that holds the workspace."""
    from copilot.cli.settled import Settled

    today = datetime.now().astimezone().date()
    return Settled(triage, settings.workspace.resolve().parent, today)


async def _review_all(
    designs: tuple[Path, ...],
    engine: Engine,
    settings: Settings,
    dimensions: tuple[str, ...],
    reporter: Reporter,
) -> tuple[list[Reviewed], bool]:
    """The reviews that succeeded, each with its document, and whether any design failed."""
    reviewed: list[Reviewed] = []
    failed = False
    try:
        for path in designs:
            try:
                events = kept(path, review(path, engine, dimensions), settings, reporter.warn)
                reviewed.append(await finished(events, reporter.teller(path.name)))
            except CopilotError as error:
                failed = True
                reporter.failed(str(error))
    finally:
        await engine.close()
    return reviewed, failed


def _counted(
    reviewed: list[Reviewed], beside: Sequence[Against], settled: Settled | None
) -> list[Finding]:
    """The findings that `--fail-on` looks at: new where reviews lie beside, and not settled."""
    found = [one.new_findings() for one in beside] or [list(o.review.findings) for o in reviewed]
    counted: list[Finding] = []
    for one, findings in zip(reviewed, found, strict=True):
        counted += settled.unsettled(one, findings) if settled else findings
    return counted
