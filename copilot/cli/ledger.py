"""`archreview ledger`: the decisions that a design states, and what it gives up for them."""

from __future__ import annotations

from pathlib import Path

import click

from copilot.cli.meeting_options import check_file, write_report
from copilot.documents.load import load_document
from copilot.knowledge import load_knowledge
from copilot.knowledge.meeting import load_meeting
from copilot.meeting.ledger import ledger
from copilot.meeting.ledger_page import FORMS


@click.command("ledger")
@click.argument("design", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="Form of the ledger.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one.",
)
def command(design: Path, form: str, out: Path | None, knowledge: tuple[Path, ...]) -> None:
    """List the decisions that DESIGN states: option taken, options rejected, effects.

    Flags decisions without an alternative or without a stated cost. Reads wordings, not minds: a
    decision that is not stated as one is not found.
    """
    check_file(out, design)
    known = load_knowledge(knowledge)
    entries = ledger(load_document(design), load_meeting(known, knowledge))
    write_report(FORMS[form](str(design), entries, known), out)
