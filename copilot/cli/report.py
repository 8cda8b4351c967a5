"""`archreview report`: a saved review in another form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copilot.cli.decided import teller, with_decisions
from copilot.cli.output import check_out, emit
from copilot.documents.load import Limits
from copilot.errors import ExitCode, InputError
from copilot.knowledge import load_knowledge
from copilot.reports.formats import FORMS
from copilot.reports.safe import one_line
from copilot.review.reviewed import Reviewed, candidates, reread
from copilot.review.saved import check_against, load_reviews
from copilot.settings import load_settings


@click.command("report")
@click.argument("saved", metavar="REVIEW.json", type=click.Path(path_type=Path))
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
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one, as in the review.",
)
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    help="Folder that keeps what was decided about the findings.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on standard error but errors.")
def command(saved: Path, form: str, out: Path | None, quiet: bool, **options: Any) -> int:
    """Write REVIEW.json, saved by `archreview review --format json`, in another form.

    Nothing is judged again. The forms that show the design's text read it from where the review
    says that it was; without it, or when it has changed, they go without. The forms md and html
    show what was decided about the findings in the workspace.
    """
    reviews = load_reviews(saved)
    settings = load_settings(**{**options, "knowledge": options["knowledge"] or None})
    knowledge = load_knowledge(settings.knowledge)
    for review in reviews:
        check_against(review, knowledge, saved)
    inputs = [Path(review.document.path) for review in reviews]
    check_out(out, form, inputs)
    limits = Limits(max_bytes=settings.max_bytes, max_chars=settings.max_chars)
    if FORMS[form].shows_document:
        reviewed = [reread(review, saved, limits) for review in reviews]
    else:
        reviewed = [Reviewed(review, None) for review in reviews]
    for one in reviewed:
        if one.absent and FORMS[form].needs_document:
            raise InputError(one.absent, todo=f"{form} needs the design: review it again")
        if one.absent and not quiet:
            said = f"archreview: the report goes without the design's text: {one_line(one.absent)}"
            click.echo(said, err=True)
    if FORMS[form].decided is not None:
        reviewed = [with_decisions(one, settings, teller(quiet)) for one in reviewed]
    designs = [path for review in reviews for path in candidates(review, saved)]
    emit(reviewed, knowledge, form, out, [saved, *designs])
    return ExitCode.OK
