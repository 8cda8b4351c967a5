"""`archreview prompts`: what a model is told, as files; and reviews from answers in files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from copilot.cli.model_options import model_options
from copilot.errors import ExitCode, InputError
from copilot.prompts import load_prompts
from copilot.reports.formats import FORMS

if TYPE_CHECKING:
    from copilot.judges.model.exchange import FolderAnswers
    from copilot.judges.model.judge import ModelJudge
    from copilot.judges.model.requests import Answers
    from copilot.review.engine import Engine
    from copilot.settings import Settings

UNNAMED = "exchange:unnamed"
"""Stands for the model when the requests go to one that has no name here."""

F = TypeVar("F", bound=Callable[..., Any])


def _shared(function: F) -> F:
    """Options that decide what the requests hold: give the same ones to export and import."""
    options = (
        click.option("--dimension", "dimensions", multiple=True, metavar="ID"),
        click.option("--knowledge", multiple=True, type=click.Path(path_type=Path)),
        click.option("--workspace", type=click.Path(path_type=Path)),
        click.option("--ephemeral", is_flag=True, default=None, help="Write no workspace."),
    )
    for option in reversed(options):
        function = option(function)
    return model_options(function)


@click.group("prompts")
def command() -> None:
    """What a model is told; and a model's review without calling it: export, answer, import."""


@command.command("list")
def list_() -> None:
    """List the prompts with their versions."""
    prompts = load_prompts()
    for identifier, version in prompts.versions.items():
        click.echo(f"{identifier}: version {version}")
    click.echo(f"digest {prompts.digest[:16]}")


@command.command("export")
@click.argument("design", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@_shared
def export(design: Path, out: Path, dimensions: tuple[str, ...], **options: Any) -> None:
    """Write each request of a model's review of DESIGN as a JSON file; nothing is sent."""
    from copilot.judges.model.exchange import write_requests
    from copilot.review.run import prepare, select_dimensions

    _, engine, judge = _engine(options, None)
    asked = select_dimensions(engine.knowledge, dimensions)
    evidence = asyncio.run(prepare(design, engine, asked))
    for path in write_requests(judge.requests(asked, evidence), out):
        click.echo(path)


@command.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("design", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write the report to this file.")
@click.option(
    "--further",
    type=click.Path(path_type=Path),
    help="Write the requests that the answers give rise to into this folder, for another round.",
)
@_shared
def import_(
    folder: Path,
    design: Path,
    form: str,
    out: Path | None,
    further: Path | None,
    dimensions: tuple[str, ...],
    **options: Any,
) -> int:
    """Finish a review of DESIGN with the answers in DIR, verified as any model's are.

    DIR holds a file for each exported request, of the same name, with the model's answer to it.
    """
    from copilot.cli.output import check_out, emit
    from copilot.judges.model.exchange import FolderAnswers, write_requests
    from copilot.review.reviewed import finished
    from copilot.review.run import review
    from copilot.review.score import is_complete

    check_out(out, form, [design])
    answers = FolderAnswers(folder)
    if answers.names == {"judge-all"} and not options.get("depth"):
        options["depth"] = "quick"
    _, engine, _ = _engine(options, answers)
    reviewed = asyncio.run(finished(review(design, engine, dimensions)))
    _tell(answers, further)
    if further is not None and answers.open:
        write_requests(answers.open, further)
    emit([reviewed], engine.knowledge, form, out, [design])
    return ExitCode.OK if is_complete(reviewed.review) else ExitCode.INCOMPLETE


def _tell(answers: FolderAnswers, further: Path | None) -> None:
    """Say on standard error which requests have no answer, and which files no request."""
    if answers.open:
        place = f"; written to {further}" if further else "; --further DIR writes them"
        ids = ", ".join(request.id for request in answers.open)
        click.echo(f"archreview: no answer for {ids}{place}", err=True)
    if answers.unused:
        names = ", ".join(answers.unused[:10])
        click.echo(f"archreview: files that answer no request: {names}", err=True)


def _engine(
    options: dict[str, Any], answers: Answers | None
) -> tuple[Settings, Engine, ModelJudge]:
    """Settings, engine and judge; without `answers` the judge cannot be asked anything."""
    from copilot.judges.model.setup import make_model_judge
    from copilot.review.engine import make_engine
    from copilot.settings import load_settings

    options = {**options, "knowledge": options.get("knowledge") or None}
    settings = load_settings(**options)
    settings = load_settings(**{**options, "model": settings.model or UNNAMED})
    engine = make_engine(settings, "offline")
    judge = make_model_judge(settings, engine.knowledge, answers or _Nobody())
    return settings, replace(engine, judge=judge, second=engine.judge), judge


class _Nobody:
    """Stands where answers come from while requests are only written."""

    async def answer(self, request: Any) -> Any:
        raise InputError("nothing is sent while prompts are exported")

    async def keep(self, request: Any, answer: Any) -> None:
        """There is nothing to keep."""
