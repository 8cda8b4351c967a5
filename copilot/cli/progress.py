"""Telling on standard error how a review goes: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from copilot.reports.safe import one_line
from copilot.review.events import Done, Event, Indexed, Judged, Read


class Reporter:
    """Shows the events of one design after the other; silent when `quiet`."""

    def __init__(self, designs: int, dimensions: int, quiet: bool) -> None:
        self._quiet = quiet
        self._dimensions = dimensions
        self._bar: Progress | None = None
        if not quiet and sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=designs * (dimensions + 1))

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

    def show(self, name: str, event: Event) -> None:
        """One event of the design called `name`."""
        name = one_line(name, 60)
        match event:
            case Read(document, passages):
                self._step(name, f"{document.words:,} words in {passages} passages", advance=0)
            case Indexed(embedded, notices):
                for notice in notices:
                    self.line(f"{name}: {notice}")
                self._step(name, f"indexed, {embedded} passages embedded now", advance=1)
            case Judged(dimension, _):
                self._step(name, f"judged {dimension}", advance=1, plain=False)
            case Done(review):
                done = f"judged in {review.usage.seconds:.1f} s, {len(review.findings)} findings"
                self._step(name, done, advance=0)

    def teller(self, name: str) -> Callable[[Event], Awaitable[None]]:
        """`show` for the design called `name`, as `finished` wants it."""

        async def tell(event: Event) -> None:
            self.show(name, event)

        return tell

    def failed(self, message: str) -> None:
        """A design that could not be reviewed: always said, even when quiet."""
        self.warn(message)
        if self._bar:
            self._bar.advance(self._task, self._dimensions + 1)

    def warn(self, message: str) -> None:
        """A line that is always said, even when quiet."""
        self._print(message)

    def line(self, message: str) -> None:
        """A line that stays on the screen."""
        if not self._quiet:
            self._print(message)

    def _print(self, message: str) -> None:
        if self._bar:
            self._bar.console.print(one_line(message), markup=False, highlight=False)
        else:
            click.echo(f"archreview: {one_line(message)}", err=True)

    def _step(self, name: str, what: str, advance: int, plain: bool = True) -> None:
        if self._bar:
            self._bar.update(self._task, description=f"{name}: {what}", advance=advance)
        elif plain:
            self.line(f"{name}: {what}")
