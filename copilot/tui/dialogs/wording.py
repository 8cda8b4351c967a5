"""Asks for the words of a question."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from copilot.tui.dialogs.base import Dialog


class Reword(Dialog[str]):
    """Answers with the text; an empty one asks for the review's own words again."""

    DEFAULT_CSS = """
    Reword TextArea { height: 8; border: none; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "save", priority=True)]
    keys_text = "ctrl+s keeps it · empty: as it was · esc leaves"

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.title_text, self._text = title, text

    def body(self) -> ComposeResult:
        """A field with the words of now, the cursor behind them."""
        area = TextArea(self._text, id="text")
        area.move_cursor(area.document.end)
        yield area

    def action_save(self) -> None:
        """Answer with the text."""
        text = " ".join(self.query_one(TextArea).text.split())
        if len(text) > 10_000:
            self.complain(f"{len(text):,} characters are too many: keep it under 10,000.")
        else:
            self.dismiss(text)
