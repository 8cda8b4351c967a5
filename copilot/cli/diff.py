"""`archreview diff`: what changed between two versions of a design, or two reviews of it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from copilot.cli.fail_on import FailOn, FailOnType, worse
from copilot.cli.model_options import model_options
from copilot.cli.output import PIPE_WIDTH, check_out
from copilot.documents.formats import shown
from copilot.documents.revision import check_out as check_out_revision
from copilot.errors import ExitCode, InputError
from copilot.files import write_atomically
from copilot.knowledge import Knowledge, load_knowledge
from copilot.reports.comparison import comparison_report, render_markdown, render_text
from copilot.review.compare import Comparison, compare
from copilot.review.engine import Engine, JudgeChoice, make_engine
from copilot.review.reviewed import finished
from copilot.review.run import review
from copilot.review.saved import load_review
from copilot.review.score import is_complete
from copilot.schema import Review
from copilot.settings import load_settings


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    show_default=True,
    help="Form of the comparison.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write the comparison to this file.")
@click.option(
    "--fail-on",
    type=FailOnType(),
    help="Exit with 1 when a finding (new: a new or regressed one) is at least this severe.",
)
@click.option(
    "--judge",
    type=click.Choice(["auto", "offline", "model"]),
    default="offline",
    show_default=True,
    help="Who judges documents; auto is the offline judge unless a model is configured.",
)
@model_options
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps the index.")
@click.option("--ephemeral", is_flag=True, default=None, help="Keep the index in memory only.")
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one.",
)
def command(
    old: str,
    new: str,
    form: str,
    out: Path | None,
    fail_on: FailOn | None,
    judge: JudgeChoice,
    **options: Any,
) -> int:
    """Compare two reviews: which findings are resolved, still open, new or regressed.

    OLD and NEW are each a document or folder (reviewed now), the JSON report of a review, or a
    document at a git revision, as in docs/serving.md@main.
    """
    check_out(out, form, [_split(name)[0] for name in (old, new)])
    if out is not None and out.is_dir():
        raise InputError("is a folder", where=out, todo="name a file")
    settings = load_settings(**{**options, "knowledge": options["knowledge"] or None})
    saved = [_saved(name) for name in (old, new)]
    engine = make_engine(settings, judge) if None in saved else None
    before, after = asyncio.run(_both((old, new), saved, engine))
    comparison = compare(before, after)
    knowledge = engine.knowledge if engine else load_knowledge(settings.knowledge)
    _emit(comparison, knowledge, form, out)
    if not is_complete(after):
        return ExitCode.INCOMPLETE
    if fail_on is None:
        return ExitCode.OK
    counted = worse(comparison) if fail_on.new_only else list(after.findings)
    return ExitCode.FINDINGS if fail_on.reached_by(counted) else ExitCode.OK


async def _both(
    names: tuple[str, str], saved: list[Review | None], engine: Engine | None
) -> list[Review]:
    """The two reviews: saved ones as they are, the others made now."""
    try:
        return [
            found or await _reviewed(name, engine) for name, found in zip(names, saved, strict=True)
        ]
    finally:
        if engine is not None:
            await engine.close()


def _saved(name: str) -> Review | None:
    """The review in a JSON report; None for a document."""
    path = Path(name)
    return load_review(path) if path.suffix.lower() == ".json" and path.is_file() else None


async def _reviewed(name: str, engine: Engine | None) -> Review:
    assert engine is not None, "an engine is made when a review is not saved"
    path, revision = _split(name)
    if not revision:
        return (await finished(review(path, engine))).review
    with tempfile.TemporaryDirectory(prefix="archreview-") as folder:
        there = await asyncio.to_thread(
            check_out_revision, path, revision, Path(folder), engine.limits
        )
        made = await finished(review(there, engine))
        return _renamed(made.review, shown(there), f"{shown(path)}@{revision}")


def _split(name: str) -> tuple[Path, str]:
    """Path and revision; no revision for what exists as it is named."""
    path, at, revision = name.rpartition("@")
    if Path(name).exists() or not (at and path and revision):
        return Path(name), ""
    return Path(path), revision


def _renamed(review: Review, old: str, new: str) -> Review:
    """The review with every mention of the path `old` as a file's name replaced by `new`."""

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rename(item) for key, item in value.items()}
        if isinstance(value, list):
            return [rename(item) for item in value]
        return new if value == old else value

    return Review.model_validate(rename(json.loads(review.model_dump_json())))


def _emit(comparison: Comparison, knowledge: Knowledge, form: str, out: Path | None) -> None:
    if form == "text" and out is None:
        width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
        console = Console(file=sys.stdout, width=width, soft_wrap=False)
        console.print(comparison_report(comparison, knowledge), highlight=False)
        return
    if form == "json":
        text = comparison.model_dump_json(indent=2) + "\n"
    else:
        render = render_markdown if form == "md" else render_text
        text = render(comparison, knowledge)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_atomically(out, text)
