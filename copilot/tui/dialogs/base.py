"""What all dialogs share: a box in the middle, Escape leaves it with nothing done."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widget import Widget
from textual.widgets import Static

Answer = TypeVar("Answer")


class Picture(Visual):
    """Lines that are drawn already: nothing is mixed or laid out again."""

    def __init__(self, strips: list[Strip]) -> None:
        self._strips = [strip.discard_meta() for strip in strips]

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """As many of the lines as are asked for."""
        blank = Strip.blank(width, style.rich_style)
        lines = [strip.adjust_cell_length(width) for strip in self._strips[:height]]
        return lines + [blank] * ((height or 0) - len(lines))

    def get_optimal_width(self, rules: object, container_width: int) -> int:
        """All of it."""
        return container_width

    def get_height(self, rules: object, width: int) -> int:
        """Its lines."""
        return len(self._strips)


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """A box with a title and, below, the keys that end it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background; }
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
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What has the focus; the screen behind is not drawn again when it changes."""
    title_text = ""
    _behind: Picture | None = None
    keys_text = "enter does it · esc leaves"

    def render(self) -> Visual:  # type: ignore[override]
        """The screen behind, as it was when the dialog opened or was resized."""
        stack = self.app.screen_stack
        at = stack.index(self) if self in stack else 0
        if at and self._behind is None and self.size == stack[at - 1].size:
            self._behind = Picture(stack[at - 1]._compositor.render_strips(self.size))
        return self._behind or Picture([])

    def notify_style_update(self) -> None:
        """Draw the screen behind anew: the theme may have changed."""
        super().notify_style_update()
        self._behind = None

    def on_resize(self) -> None:
        """Draw the screen behind anew."""
        self._behind = None

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
