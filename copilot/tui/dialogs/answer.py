"""Asks for the answer to a question and for who gave it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Label, Static, TextArea

from copilot.reports.safe import one_line
from copilot.tui.dialogs.base import Dialog


class TypeAnswer(Dialog[tuple[str, str]]):
    """Answers with the text and the name; both must be there."""

    DEFAULT_CSS = """
    TypeAnswer #asked { height: auto; max-height: 6; margin-bottom: 1; }
    TypeAnswer TextArea { height: 7; border: none; background: $panel; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep", "keep", priority=True),
    ]
    title_text = "The answer"
    keys_text = "tab moves · ctrl+s keeps it · esc leaves"

    def __init__(self, question: str, who: str) -> None:
        super().__init__()
        self._question, self._who = question, who

    def body(self) -> ComposeResult:
        """The question, a field of several lines, a line for the name."""
        yield Static(Content.styled(one_line(self._question), "bold"), id="asked")
        yield TextArea(id="text")
        yield Label("Who answers", classes="label")
        yield Input(self._who, id="who")

    def on_input_submitted(self) -> None:
        """Enter on the name keeps it."""
        self.action_keep()

    def action_keep(self) -> None:
        """Answer, or say what is missing."""
        text = self.query_one(TextArea).text.strip()
        who = " ".join(self.query_one("#who", Input).value.split())
        if not text:
            self.complain("The answer is empty: type what was said.")
        elif len(text) > 10_000:
            self.complain(f"{len(text):,} characters are too many: keep it under 10,000.")
        elif not who or len(who) > 200:
            self.complain("Say who answers, in 1 to 200 characters.")
        else:
            self.dismiss((text, who))
