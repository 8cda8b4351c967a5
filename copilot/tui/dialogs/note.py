"""Asks for a note of any length."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from copilot.tui.dialogs.base import Dialog


class WriteNote(Dialog[str]):
    """Answers with the text; an empty one counts as leaving."""

    DEFAULT_CSS = """
    WriteNote TextArea { height: 8; border: none; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "save", priority=True)]
    keys_text = "ctrl+s keeps it · esc leaves"

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title_text = title

    def body(self) -> ComposeResult:
        """A field of several lines."""
        yield TextArea(id="text")

    def action_save(self) -> None:
        """Answer with the text."""
        self.dismiss(self.query_one(TextArea).text.strip() or None)
