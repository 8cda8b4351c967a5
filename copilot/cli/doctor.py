"""`archreview doctor`: is everything in place, and what would be sent where."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from copilot.cli.model_options import model_options
from copilot.errors import ExitCode
from copilot.reports.safe import one_line
from copilot.review.checkup import Check, check_all
from copilot.settings import load_settings

_MARKS = {"ok": "ok  ", "note": "note", "broken": "FAIL"}


@click.command("doctor")
@click.option("--no-call", is_flag=True, help="Do not call the model's endpoint.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one.",
)
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps the index.")
@click.option("--chroma", metavar="URL", help="Chroma server to use, http://host:port.")
@click.option("--embedder", metavar="NAME", help="local, or openai:NAME for /v1/embeddings.")
@model_options
def command(no_call: bool, form: str, **options: Any) -> int:
    """Check Python, packages, knowledge, prompts, index and endpoint; say what is sent where.

    With a model configured its endpoint gets one tiny request, which holds nothing of yours.
    Exits with 2 when something that is needed is broken.
    """
    settings = load_settings(**{**options, "knowledge": options["knowledge"] or None})
    checks = asyncio.run(check_all(settings, call=not no_call))
    if form == "json":
        click.echo(json.dumps([check.model_dump() for check in checks], indent=2))
    else:
        _print(checks)
    broken = any(check.state == "broken" for check in checks)
    return ExitCode.BAD_INPUT if broken else ExitCode.OK


def _print(checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        click.echo(f"{_MARKS[check.state]}  {check.name:<{width}}  {one_line(check.says)}")
