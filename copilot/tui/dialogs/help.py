"""The keys that work on a screen, read from its bindings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip

from copilot.tui.dialogs.base import Dialog
from copilot.tui.rows import Lines


class KeyLines(Lines):
    """Lines that are made once; only those that show are drawn."""

    def __init__(self, lines: list[Content]) -> None:
        super().__init__()
        self.lines = lines

    def on_resize(self) -> None:
        """Measure anew."""
        self.virtual_size = Size(self.scrollable_size.width, len(self.lines))

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        index = self.scroll_offset.y + y
        line = self.lines[index] if index < len(self.lines) else Content("")
        return self._strip(line, self.visual_style, self.scrollable_size.width)


class Help(Dialog[None]):
    """Lists the keys of a screen and of what has the focus there."""

    DEFAULT_CSS = """
    Help > .box { width: 76; height: 92%; }
    """
    title_text = "Keys"
    keys_text = "esc leaves · ctrl+p all commands by name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "leave", "leave", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._groups = groups(screen)

    def body(self) -> ComposeResult:
        """One group for each owner of keys."""
        yield KeyLines(list(_lines(self._groups)))

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(KeyLines).scroll_relative(y=by, animate=False)


def _lines(groups: Iterable[tuple[str, list[tuple[str, str]]]]) -> Iterator[Content]:
    for title, keys in groups:
        yield Content.styled(title, "bold $primary")
        for shown, says in keys:
            yield Content.assemble((f"  {shown:<22}", "bold"), (says, "$muted"))
        yield Content("")


def groups(screen: Screen[Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Owner of keys -> what is pressed and what it does, nearest owner first."""
    found: dict[str, dict[str, list[str]]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.description:
            continue
        owner = _owner(active.node)
        keys = found.setdefault(owner, {}).setdefault(binding.description, [])
        keys.append(screen.app.get_key_display(binding))
    return [
        (owner, [(" ".join(shown), says) for says, shown in keys.items()])
        for owner, keys in found.items()
    ]


def _owner(node: Any) -> str:
    """What the user calls it: a pane by its title, the screen, or everywhere."""
    if isinstance(node, Screen):
        return "On this screen"
    title = getattr(node, "border_title", None)
    if title:
        return f"In {str(title).split(' ')[0]}"
    return "Everywhere"
