"""The keys that work on a screen, read from its bindings."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from copilot.tui.dialogs.base import Dialog


class Help(Dialog[None]):
    """Lists the keys of a screen and of what has the focus there."""

    DEFAULT_CSS = """
    Help > .box { width: 76; }
    Help VerticalScroll { height: auto; max-height: 100%; }
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
        with VerticalScroll():
            yield Static(self._text())

    def _text(self) -> Content:
        parts: list[Content | tuple[str, str] | str] = []
        for title, keys in self._groups:
            parts.append((f"{title}\n", "bold $primary"))
            for shown, says in keys:
                parts += [(f"  {shown:<22}", "bold"), (f"{says}\n", "$muted")]
            parts.append("\n")
        return Content.assemble(*parts)

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


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
