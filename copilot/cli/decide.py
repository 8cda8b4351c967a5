"""`archreview decide`: answers and triage in, a decision by the policy out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
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
from copilot.errors import ExitCode, InputError
from copilot.files import write_atomically
from copilot.knowledge import load_knowledge
from copilot.meeting.answers import load_answers
from copilot.meeting.decision import Outcome, Posture, decide
from copilot.meeting.decision_page import FORMS, adr
from copilot.meeting.ledger import ledger
from copilot.meeting.policy import load_policy
from copilot.review.engine import JudgeChoice
from copilot.review.triage import standing
from copilot.schema import Decided, Triage

_FAIL = {"conditions": (Posture.CONDITIONS, Posture.REWORK), "rework": (Posture.REWORK,)}


@click.command("decide")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="The organisation's own policy (YAML); the bundled one without it.",
)
@click.option(
    "--triage",
    type=click.Path(path_type=Path),
    help="Decisions about findings, as `archreview triage export` writes them, beside the store's.",
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help="Answers of the authors (YAML); one counts when it has `accepted_by`.",
)
@click.option("--adr", "record", type=click.Path(path_type=Path), help="Draft the record here.")
@click.option("--by", default="", metavar="NAME", help="Who decides, for the record.")
@click.option("--date", "day", metavar="YYYY-MM-DD", help="Day of the decision; today without it.")
@click.option(
    "--fail-on",
    type=click.Choice(list(_FAIL)),
    help="Exit with 1 when there are conditions, or when it is rework.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="Form of the decision.",
)
@meeting_options
def command(
    design: Path,
    policy: Path | None,
    triage: Path | None,
    answers: Path | None,
    record: Path | None,
    by: str,
    day: str | None,
    fail_on: str | None,
    form: str,
    out: Path | None,
    judge: JudgeChoice,
    quiet: bool,
    **options: Any,
) -> int:
    """Decide about DESIGN by a policy: approve, approve with conditions, or rework.

    DESIGN is a document or a folder, or a review saved with --format json. What people decided
    about findings comes from the workspace's store and from --triage.
    """
    check_file(out, design, policy, triage, answers)
    check_file(record, design, policy, triage, answers)
    today = _day(day)
    known = load_knowledge(options["knowledge"] or ())
    rules = load_policy(policy, known)
    given = load_answers(answers, known) if answers else ()
    subject = load_subject(design, judge, quiet, **options)
    stands = _standing(subject, triage, today)
    outcome = decide(subject.review, subject.knowledge, rules, today, stands, given)
    if record is not None:
        write_atomically(record, _adr(outcome, subject, by))
    write_report(FORMS[form](outcome), out)
    failed = fail_on is not None and outcome.posture in _FAIL[fail_on]
    return ExitCode.FINDINGS if failed else ExitCode.OK


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now().astimezone().date()
    except ValueError as error:
        raise InputError(f"--date {text!r} is no day", todo="write YYYY-MM-DD") from error


def _adr(outcome: Outcome, subject: Subject, by: str) -> str:
    entries = ledger(subject.document, subject.meeting) if subject.document else ()
    return adr(outcome, subject.review, entries, subject.knowledge, by)


def _standing(subject: Subject, file: Path | None, today: date) -> Mapping[str, Triage]:
    """Where each finding stands by the store's decisions and the file's, oldest first."""
    from copilot.store import Store
    from copilot.store.database import FILE_NAME

    decided: list[Decided] = []
    workspace = subject.settings.workspace
    if not subject.settings.ephemeral and (workspace / FILE_NAME).is_file():
        with Store.open(workspace, read_only=True) as store:
            design = store.identity(Path(subject.review.document.path))
            decided += store.triage.all(design)
    if file is not None:
        decided += _from_file(file, subject)
    text = subject.document.text if subject.document else None
    decided.sort(key=lambda each: each.decision.at.astimezone(UTC))
    return standing(subject.review, decided, today, text)


def _from_file(file: Path, subject: Subject) -> list[Decided]:
    """The decisions of an export; of several designs those that name this one's file."""
    from copilot.store.decisions import identifier
    from copilot.store.exchange import read_decisions

    blocks = read_decisions(file)
    name = Path(subject.review.document.path).name
    mine = [block for block in blocks if Path(block.design).name == name]
    if blocks and not mine:
        others = ", ".join(sorted({block.design for block in blocks})[:3])
        raise InputError(
            f"decides about {others}, not about {name}", where=file, todo="give its own export"
        )
    return [
        Decided(
            id=identifier(block.design, block.anchor, block.decision),
            design=block.design,
            anchor=block.anchor,
            decision=block.decision,
            replaces=block.replaces,
            batch="file",
        )
        for block in mine
    ]
