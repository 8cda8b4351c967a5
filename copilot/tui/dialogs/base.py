"""What all dialogs share: a box in the middle, Escape leaves it with nothing done."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """A box with a title and, below, the keys that end it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > .box {
        width: 72; max-width: 94%; height: auto; max-height: 92%;
        border: round $primary; background: $surface; padding: 1 2;
        border-title-color: $primary; border-title-style: bold;
        border-subtitle-color: $muted;
    }
    Dialog .label { color: $muted; height: auto; }
    Dialog .problem { color: $error; height: auto; display: none; }
    Dialog .problem.-said { display: block; margin-top: 1; }
    Dialog Input { border: none; background: $panel; padding: 0 1; height: 1; margin-bottom: 1; }
    Dialog Input:focus { background: $cursor; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]
    title_text = ""
    keys_text = "enter does it · esc leaves"

    def compose(self) -> ComposeResult:
        """The box with the dialog's own widgets."""
        with Vertical(classes="box") as box:
            box.border_title = self.title_text
            box.border_subtitle = self.keys_text
            yield from self.body()
            yield Static(classes="problem", id="problem")

    def body(self) -> ComposeResult:
        """The widgets in the box."""
        raise NotImplementedError

    def complain(self, what: str) -> None:
        """Say why it cannot be done as given."""
        problem = self.query_one("#problem", Static)
        problem.update(Content(what))
        problem.set_class(bool(what), "-said")

    def action_leave(self) -> None:
        """Leave with nothing done."""
        self.dismiss(None)
