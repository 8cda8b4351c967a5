"""What the commands for a meeting share: a design or a saved review, and how it is judged."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from copilot.cli.model_options import model_options
from copilot.cli.progress import Reporter
from copilot.documents.load import Limits, load_document
from copilot.errors import CopilotError, InputError
from copilot.files import check_replaceable, write_atomically
from copilot.knowledge import Knowledge, load_knowledge
from copilot.knowledge.meeting import MeetingKnowledge, load_meeting
from copilot.review.engine import Engine, JudgeChoice, make_engine
from copilot.review.reviewed import Reviewed, finished
from copilot.review.run import review
from copilot.review.saved import load_review
from copilot.schema import Document, Review
from copilot.settings import Settings, load_settings

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--out", type=click.Path(path_type=Path), help="Write to this file."),
    click.option(
        "--judge",
        type=click.Choice(["auto", "offline", "model"]),
        default="auto",
        show_default=True,
        help="Who judges; auto is the offline judge unless a model is configured.",
    ),
    model_options,
    click.option(
        "--workspace", type=click.Path(path_type=Path), help="Folder that keeps the index."
    ),
    click.option("--ephemeral", is_flag=True, default=None, help="Keep the index in memory only."),
    click.option(
        "--knowledge",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Lay this knowledge folder over the bundled one.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing on standard error but errors."),
)


def meeting_options(command: F) -> F:
    """Add the options to a command; DESIGN is its argument `design`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return click.argument("design", type=click.Path(path_type=Path))(command)


@dataclass(frozen=True)
class Subject:
    """One reviewed design, ready for the meeting."""

    review: Review
    document: Document | None
    """The text that was reviewed; None where only a saved review is at hand."""
    knowledge: Knowledge
    meeting: MeetingKnowledge
    settings: Settings
    engine: Engine | None
    """What reviewed it just now; None for a saved review."""


def load_subject(design: Path, judge: JudgeChoice, quiet: bool, **options: Any) -> Subject:
    """Review the design, or read the saved review that it names.

    Raises InputError for a design, review, setting or pack that cannot be used.
    """
    given = {**options, "knowledge": options.get("knowledge") or None}
    settings = load_settings(**given)
    if design.suffix == ".json" and design.is_file():
        return _saved(design, settings, quiet)
    engine = make_engine(settings, judge)
    meeting = load_meeting(engine.knowledge, settings.knowledge)
    with Reporter(1, len(engine.knowledge.dimensions), quiet) as reporter:
        done = asyncio.run(_review(design, engine, reporter))
    return Subject(done.review, done.document, engine.knowledge, meeting, settings, engine)


async def _review(design: Path, engine: Engine, reporter: Reporter) -> Reviewed:
    try:
        return await finished(review(design, engine), reporter.teller(design.name))
    finally:
        await engine.close()


def _saved(path: Path, settings: Settings, quiet: bool) -> Subject:
    saved = load_review(path)
    knowledge = load_knowledge(settings.knowledge)
    _check_aspects(saved, knowledge, path)
    document = _document_of(
        saved, Limits(max_bytes=settings.max_bytes, max_chars=settings.max_chars)
    )
    if document is None and not quiet:
        what = f"{saved.document.path} is not there as it was reviewed; working from the review"
        click.echo(f"archreview: {what}", err=True)
    meeting = load_meeting(knowledge, settings.knowledge)
    return Subject(saved, document, knowledge, meeting, settings, None)


def _check_aspects(saved: Review, knowledge: Knowledge, path: Path) -> None:
    rows = [row.aspect for row in saved.coverage]
    if sorted(rows) != sorted(knowledge.aspects):
        raise InputError(
            "does not hold one row for each aspect",
            where=path,
            todo="review the design again with --format json",
        )


def _document_of(saved: Review, limits: Limits) -> Document | None:
    """The document of a saved review, when it still stands where it stood, unchanged."""
    try:
        document = load_document(Path(saved.document.path), limits)
    except CopilotError:
        return None
    return document if document.digest == saved.document.digest else None


def check_file(out: Path | None, *inputs: Path | None) -> None:
    """Refuse a file that cannot be written, or that is one of the inputs, before any work."""
    if out is None:
        return
    check_replaceable(out)
    if out.is_dir():
        raise InputError("is a folder, one file is wanted", where=out, todo="change --out")
    if not out.parent.is_dir():
        raise InputError("no such folder", where=out.parent, todo="create it or change --out")
    if not os.access(out.parent, os.W_OK | os.X_OK):
        raise InputError("is a folder you may not write to", where=out.parent, todo="change --out")
    for path in inputs:
        if path is not None and path.exists() and out.exists() and out.samefile(path):
            raise InputError("would be replaced by the report", where=out, todo="change --out")


def write_report(content: str | bytes, out: Path | None) -> None:
    """To the file, or to standard output."""
    if out is not None:
        write_atomically(out, content)
        return
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
