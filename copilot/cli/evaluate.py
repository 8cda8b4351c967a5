"""`archreview eval`: how right a judge is on labelled designs."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from copilot.cli.output import PIPE_WIDTH
from copilot.errors import ExitCode, InputError
from copilot.evaluation.cases import Case, Split, load_cases, sealed_archetypes
from copilot.evaluation.console import print_evaluation
from copilot.evaluation.evaluate import Plan, evaluate, read_baseline
from copilot.evaluation.gate import read_gate
from copilot.evaluation.judges import NAMES, make_baselines, make_judge
from copilot.evaluation.junit import render_junit
from copilot.evaluation.page import check_plotting, render_page
from copilot.evaluation.report import METRICS, Evaluation
from copilot.files import write_atomically
from copilot.knowledge import Knowledge, load_knowledge
from copilot.locations import bundled

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("eval")
@click.option(
    "--cases",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder with designs/ and labels/; the sample designs of the source tree by default.",
)
@click.option(
    "--split",
    type=click.Choice(["sealed", "train", "all"]),
    help="Which cases; where the folder has a splits.json, sealed by default, else all.",
)
@click.option(
    "--judge", type=click.Choice(NAMES), default="offline", show_default=True, help="Who judges."
)
@click.option("--baseline", type=_FILE, help="Compare with these stored verdicts, in pairs.")
@click.option("--write-baseline", type=_FILE, help="Store the verdicts as a baseline.")
@click.option(
    "--gate", type=_FILE, help="Limits for the bounds of the intervals; exit with 4 below them."
)
@click.option("--mutants/--no-mutants", default=True, show_default=True, help="Judge mutants too.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N cases.")
@click.option("--json", type=_FILE, help="Write everything that was measured to this file.")
@click.option("--junit", type=_FILE, help="Write JUnit XML: the gate's limits and the designs.")
@click.option("--html", type=_FILE, help="Write a page with charts; needs archreview[eval].")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on standard error but errors.")
def command(
    folder: Path | None,
    split: str | None,
    judge: str,
    mutants: bool,
    limit: int | None,
    quiet: bool,
    **files: Path | None,
) -> int:
    """Score a judge on labelled designs, with 95% intervals, beside trivial baselines.

    A case is labels/ID.json and the design that it names; a label that two annotators contest
    counts either way. The table goes to standard output, progress to standard error.
    """
    _check_files(files)
    knowledge = load_knowledge()
    cases, named = _cases(folder, cast("Split | None", split), limit, knowledge)
    plan = _plan(files, knowledge, judge, mutants)
    with Talk(quiet) as talk:
        evaluation = asyncio.run(
            evaluate(lambda: make_judge(judge, knowledge), knowledge, cases, named, plan, talk.show)
        )
    _write(evaluation, files)
    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH + 20
    print_evaluation(Console(file=sys.stdout, width=width), evaluation)
    return ExitCode.OK if evaluation.passed else ExitCode.GATE


def _check_files(files: dict[str, Path | None]) -> None:
    """Refuse what cannot be written before any work is done."""
    if files["html"]:
        check_plotting()
    for name in ("write_baseline", "json", "junit", "html"):
        path = files[name]
        if path is not None and not path.absolute().parent.is_dir():
            option = f"--{name.replace('_', '-')}"
            raise InputError(
                "no such folder", where=path.parent, todo=f"create it or change {option}"
            )


def _cases(
    folder: Path | None, split: Split | None, limit: int | None, knowledge: Knowledge
) -> tuple[tuple[Case, ...], tuple[str, str]]:
    """The cases, with the folder and the split as the report calls them."""
    where = folder or bundled("evals")
    if folder is None and not where.is_dir():
        raise InputError(
            "the sample designs are not installed with the package",
            todo="name a folder by --cases, or run in a checkout of the source",
        )
    cases = load_cases(where, knowledge.aspects, split, limit)
    chosen = split or ("all" if sealed_archetypes(where) is None else "sealed")
    return cases, (str(folder or "evals"), chosen)


def _plan(files: dict[str, Path | None], knowledge: Knowledge, judge: str, mutants: bool) -> Plan:
    baseline, gate = files["baseline"], files["gate"]
    known = [metric.name for metric in METRICS]
    limits = read_gate(gate, known) if gate else None
    if limits and limits.drop and not baseline:
        raise InputError("limits a drop", where=gate, todo="give the baseline by --baseline")
    return Plan(
        baselines=make_baselines(knowledge, judge),
        stored=read_baseline(baseline) if baseline else None,
        mutants=mutants,
        gate=limits,
    )


def _write(evaluation: Evaluation, files: dict[str, Path | None]) -> None:
    made: dict[str, Any] = {
        "json": lambda: evaluation.model_dump_json(indent=1) + "\n",
        "write_baseline": lambda: evaluation.verdicts.model_dump_json(indent=1) + "\n",
        "junit": lambda: render_junit(evaluation),
        "html": lambda: render_page(evaluation),
    }
    for name, render in made.items():
        if path := files[name]:
            write_atomically(path, render())


class Talk:
    """Progress on standard error: a bar in a terminal, a line per finished step elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Progress | None = None
        self._tasks: dict[str, Any] = {}
        if not quiet and sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                console=Console(stderr=True),
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, what: str, done: int, of: int) -> None:
        """`done` of `of` things are done."""
        if self._bar:
            if what not in self._tasks:
                self._tasks[what] = self._bar.add_task(what, total=of)
            self._bar.update(self._tasks[what], completed=done)
        elif done == of and not self._quiet:
            click.echo(f"archreview: {what}: {of}", err=True)
