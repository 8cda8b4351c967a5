"""`archreview brief`: the meeting pack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from copilot.cli.meeting_options import check_file, load_subject, meeting_options, write_report
from copilot.errors import InputError
from copilot.meeting.brief import MINUTES, brief
from copilot.meeting.brief_page import FORMS
from copilot.review.engine import JudgeChoice


@click.command("brief")
@click.option(
    "--minutes",
    type=click.IntRange(min=5),
    default=MINUTES,
    show_default=True,
    metavar="N",
    help="Length of the meeting.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    default="md",
    show_default=True,
    help="Form of the pack.",
)
@meeting_options
def command(
    design: Path,
    minutes: int,
    form: str,
    out: Path | None,
    judge: JudgeChoice,
    quiet: bool,
    **options: Any,
) -> None:
    """Write the meeting pack for DESIGN: summary, scorecard, risks, tensions, agenda, glossary.

    DESIGN is a document or a folder, or a review saved with --format json.
    """
    check_file(out, design)
    if form == "docx" and out is None and sys.stdout.isatty():
        raise InputError("a Word file is not for the terminal", todo="give --out FILE.docx")
    subject = load_subject(design, judge, quiet, **options)
    pack = brief(subject.review, subject.document, subject.knowledge, subject.meeting, minutes)
    write_report(FORMS[form](pack, subject.knowledge), out)
