"""Asks for a path, completing it while it is typed."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.suggester import Suggester
from textual.widgets import Input, Label

from copilot.tui.dialogs.base import Dialog


class Completer(Suggester):
    """Completes paths from the file system."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first path that begins like `value`."""
        from copilot.tui.adding import completions

        found = completions(value, most=1)
        return found[0] if found else None


class AskPath(Dialog[Path]):
    """Answers with the path, which may not exist."""

    keys_text = "→ completes · enter does it · esc leaves"

    def __init__(self, title: str, value: str = "") -> None:
        super().__init__()
        self.title_text, self._value = title, value

    def body(self) -> ComposeResult:
        """One line to type in."""
        yield Label("Path of a file or folder", classes="label")
        yield Input(self._value, suggester=Completer(), id="path")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with what was typed, if anything."""
        self.dismiss(Path(event.value.strip()).expanduser() if event.value.strip() else None)
