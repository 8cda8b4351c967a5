"""How a batch goes, on standard error: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from copilot.batch.executor import Failed, Reviewed
from copilot.batch.journal import Journal
from copilot.batch.plan import Plan
from copilot.batch.run import Event, Finished, Stage, Summary
from copilot.reports.safe import one_line

if TYPE_CHECKING:
    from copilot.batch.portfolio.records import Portfolio

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""
LISTED = 20
"""Failures that the closing lines name."""


class BatchReporter:
    """Shows designs per second, the time that is left, the running cost and the failures."""

    def __init__(self, plan: Plan, journal: Journal, quiet: bool) -> None:
        self._total, self._quiet = len(plan.tasks), quiet
        self._done = self._failed = self._calls = 0
        self._cost: float | None = 0.0
        self._started = self._said = time.monotonic()
        self._bar = _bar() if not quiet and sys.stderr.isatty() else None
        self._task = self._bar.add_task("", total=self._total) if self._bar else None
        self._open(plan, journal)

    def _open(self, plan: Plan, journal: Journal) -> None:
        found = len(plan.designs)
        known = len(plan.done) + len(plan.failed)
        self._line(f"{found:,} found, {self._total:,} to review, {known:,} known before")
        if journal.unreadable:
            self._line(f"{journal.unreadable} lines of the journal cannot be read and count for no")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()
        if kind is not None:
            said = f"stopped after {self._done:,} of {self._total:,}; the same command goes on"
            self._print(said)

    def show(self, event: Event) -> None:
        """One event of the batch."""
        if isinstance(event, Finished):
            self._finished(event)
        elif isinstance(event, Stage) and self._bar and self._task is not None:
            self._bar.update(self._task, description=event.name)

    def tell(self, message: str) -> None:
        """A line from the executor."""
        self._line(one_line(message, 400))

    def _finished(self, event: Finished) -> None:
        self._done += 1
        if isinstance(event.outcome, Failed):
            self._failed += 1
            self._print(one_line(event.outcome.reason, 400))
        elif isinstance(event.outcome, Reviewed):
            self._calls += event.outcome.calls
            cost = event.outcome.cost_usd
            known = cost is not None and self._cost is not None
            if event.outcome.calls:
                self._cost = (self._cost or 0.0) + (cost or 0.0) if known else None
        if self._bar and self._task is not None:
            self._bar.update(self._task, advance=1, description=self._pace())
        elif time.monotonic() - self._said >= EVERY or self._done == self._total:
            self._said = time.monotonic()
            self._line(f"{self._done:,} of {self._total:,}, {self._pace()}")

    def _pace(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-6)
        rate = self._done / seconds
        left = _clock((self._total - self._done) / rate) if rate else "?"
        parts = [f"{rate:.1f}/s", f"{left} left"]
        if self._calls:
            parts.append("price unknown" if self._cost is None else f"{self._cost:.4f} USD")
        parts.append(f"{self._failed} failed")
        return ", ".join(parts)

    def _line(self, message: str) -> None:
        if not self._quiet:
            self._print(message)

    def _print(self, message: str) -> None:
        if self._bar:
            self._bar.console.print(f"archreview: {message}", markup=False, highlight=False)
        else:
            click.echo(f"archreview: {message}", err=True)


def _bar() -> Progress:
    return Progress(
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def closing_lines(
    summary: Summary, portfolio: Portfolio, out: Path, rate: str = ""
) -> Iterator[str]:
    """What the batch came to, for standard output; `rate` tells what kind of price it was."""
    linked = f" ({summary.linked:,} with the content of another)" if summary.linked else ""
    yield (
        f"{summary.found:,} found = {summary.reviewed:,} reviewed + {summary.cached:,} cached"
        f"{linked} + {len(summary.failed):,} failed"
    )
    if summary.incomplete:
        yield f"{summary.incomplete:,} incomplete: --retry-failed asks again for what is missing"
    if summary.calls:
        yield f"{summary.calls:,} calls, {summary.cost_usd:.4f} USD{rate}"
    for path, reason in list(summary.failed.items())[:LISTED]:
        said = reason if path in reason else f"{path}: {reason}"
        yield f"failed: {one_line(said, 400)}"
    if len(summary.failed) > LISTED:
        yield f"... and {len(summary.failed) - LISTED:,} more in batch.json"
    for notice in summary.notices:
        yield one_line(notice, 400)
    yield f"{portfolio.headline}"
    yield f"portfolio: {one_line(str(out / 'index.html'))}"
