"""Asks for one of the saved reviews."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from copilot.reports.safe import one_line
from copilot.store.records import ReviewSummary
from copilot.tui import looks
from copilot.tui.dialogs.base import Dialog

NAME = 24


class PickReview(Dialog[int]):
    """Answers with the id of the review."""

    DEFAULT_CSS = """
    PickReview > .box { width: 84; }
    PickReview OptionList { height: auto; max-height: 16; border: none; padding: 0; }
    """
    keys_text = "↑↓ moves · enter takes it · esc leaves"
    BINDINGS = [("j", "down", "down"), ("k", "up", "up")]  # noqa: RUF012

    def __init__(self, title: str, reviews: Sequence[ReviewSummary], now: int) -> None:
        """`now`: the id of the one that is taken already."""
        super().__init__()
        self.title_text, self._reviews, self._now = title, reviews, now

    def body(self) -> ComposeResult:
        """A line for each review."""
        yield OptionList(*(Option(line(each), id=str(each.id)) for each in self._reviews))

    def on_mount(self) -> None:
        """Begin at the one that is taken."""
        ids = [each.id for each in self._reviews]
        choices = self.query_one(OptionList)
        choices.highlighted = ids.index(self._now) if self._now in ids else 0
        choices.focus()

    def action_down(self) -> None:
        """One further."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """One back."""
        self.query_one(OptionList).action_cursor_up()

    @on(OptionList.OptionSelected)
    def _done(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(int(event.option_id or 0))


def line(review: ReviewSummary) -> Content:
    """Design, date, score, findings by severity."""
    name = one_line(review.design, 0)
    name = name if len(name) <= NAME else "…" + name[1 - NAME :]
    share = "  –  " if review.score is None else f"{review.score:>4.0%} "
    parts: list[Content | tuple[str, str] | str] = [
        name.ljust(NAME + 1),
        f"{review.created.astimezone():%Y-%m-%d %H:%M}  {share}",
    ]
    for severity, count in review.severities.items():
        glyph, style = looks.SEVERITY[severity]
        parts.append((f" {glyph}{count}", style if count else "$faint"))
    return Content.assemble(*parts)
