"""`archreview questions`: what to ask the authors, and what fits the meeting."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from copilot.cli.meeting_options import (
    Subject,
    check_file,
    load_subject,
    meeting_options,
    write_report,
)
from copilot.errors import JudgeError
from copilot.knowledge import load_knowledge
from copilot.meeting.agenda import check_roles, pack
from copilot.meeting.ask_page import FORMS
from copilot.meeting.questions import Asked, ask
from copilot.review.engine import JudgeChoice


@click.command("questions")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="Only questions that this role can answer; may be given several times.",
)
@click.option(
    "--minutes",
    type=click.IntRange(min=1),
    metavar="N",
    help="Pack an agenda for a meeting of this length.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="Form of the questions.",
)
@meeting_options
def command(
    design: Path,
    roles: tuple[str, ...],
    minutes: int | None,
    form: str,
    out: Path | None,
    judge: JudgeChoice,
    quiet: bool,
    **options: Any,
) -> None:
    """Say what to ask the authors of DESIGN, most valuable first.

    DESIGN is a document or a folder, or a review saved with --format json.
    """
    check_file(out, design)
    check_roles(roles, load_knowledge(options["knowledge"] or ()))
    subject = load_subject(design, judge, quiet, **options)
    asked = ask(subject.review, subject.document, subject.knowledge, subject.meeting)
    if judge == "model" or (judge == "auto" and subject.settings.model):
        asked = asyncio.run(_reworded(asked, subject, quiet))
    agenda = pack(asked.questions, roles, minutes)
    write_report(FORMS[form](asked, agenda, subject.knowledge), out)


async def _reworded(asked: Asked, subject: Subject, quiet: bool) -> Asked:
    """In the model's words; in the offline ones where the model cannot be asked."""
    from copilot.judges.model.setup import make_model_judge
    from copilot.meeting.wording import reworded

    model = make_model_judge(subject.settings, subject.knowledge)
    try:
        worded = await reworded(asked, model)
    except JudgeError as error:
        click.echo(f"archreview: questions keep their offline words: {error}", err=True)
        return asked
    finally:
        await model.close()
    if not quiet:
        kept = sum(question.origin == "model" for question in worded.questions)
        click.echo(f"{kept} of {len(worded.questions)} questions in the model's words", err=True)
    return worded
