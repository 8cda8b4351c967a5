"""What people decided about the findings of a review, for the reports that show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from copilot.errors import StoreError
from copilot.review.reviewed import Reviewed
from copilot.review.triage import standing
from copilot.schema import Decided
from copilot.settings import Settings


def with_decisions(
    one: Reviewed, settings: Settings, say: Callable[[str], None], others: Sequence[Decided] = ()
) -> Reviewed:
    """The review with what the workspace's store holds about its findings, and `others` hold.

    A store that cannot be used is told through `say`: the report is what was asked for.
    """
    try:
        known, text = _stored(one, settings)
    except StoreError as error:
        say(f"the report goes without the decisions of the workspace: {error}")
        known, text = (), None
    decided = list(known)
    if others:
        decided = sorted([*known, *others], key=lambda each: each.decision.at.astimezone(UTC))
    if not decided:
        return one
    today = datetime.now().astimezone().date()
    text = one.document.text if one.document else text
    return replace(one, triage=standing(one.review, decided, today, text))


def teller(quiet: bool) -> Callable[[str], None]:
    """Tells the user on standard error, unless nothing is to be told."""
    return lambda said: None if quiet else click.echo(f"archreview: {said}", err=True)


def _stored(one: Reviewed, settings: Settings) -> tuple[tuple[Decided, ...], str | None]:
    """The store's decisions about the design, and the reviewed text where it was kept."""
    from copilot.store import Store
    from copilot.store.database import FILE_NAME

    if settings.ephemeral or not (settings.workspace / FILE_NAME).is_file():
        return (), None
    with Store.open(settings.workspace, read_only=True) as store:
        design = store.identity(Path(one.review.document.path))
        return store.triage.all(design), store.reviews.text(one.review.document.digest)
