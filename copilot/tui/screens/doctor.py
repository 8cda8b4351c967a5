"""Is everything in place, which settings hold, and what would be sent where."""

from __future__ import annotations

import asyncio
import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copilot.reports.safe import one_line
from copilot.tui.page import Page

if TYPE_CHECKING:
    from copilot.review.checkup import Check
    from copilot.settings import Settings
    from copilot.tui.messages import Told

_STATES = {
    "ok": ("✓", "$success"),
    "note": ("!", "$warning"),
    "broken": ("✗", "$error"),
}

Part = Content | tuple[str, str] | str


class Doctor(Page):
    """Checks on arrival without calling anybody; c asks the model's endpoint as well."""

    entry = "doctor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "check(0)", "check again"),
        Binding("c", "check(1)", "check with a call to the model"),
        Binding("T", "app.next_theme", "theme"),
        Binding("j,down", "scroll(1)", "down", show=False),
        Binding("k,up", "scroll(-1)", "up", show=False),
    ]

    def body(self) -> ComposeResult:
        """Checks above settings."""
        with VerticalScroll(classes="pane", id="report") as pane:
            pane.border_title = "Doctor"
            yield Static(id="checks")
            yield Static(id="settings")

    def on_mount(self) -> None:
        """Check at once."""
        super().on_mount()
        self._checks: list[Check] = []
        self._show_settings()
        self.action_check(0)

    def hear(self, message: Told) -> None:
        """Settings are there a moment after the start."""
        self._show_settings()

    def action_check(self, call: int) -> None:
        """Look at everything again; `call` allows one small request to the model."""
        self.query_one("#checks", Static).update(Content.styled("checking …", "$muted"))
        self._check(bool(call))

    @work(exclusive=True, group="check")
    async def _check(self, call: bool) -> None:
        from copilot.review.checkup import check_all

        while self.session.settings is None:  # the session is loading
            await asyncio.sleep(0.05)
        checks = await check_all(self.session.settings, call=call)
        self._checks = checks
        self._redraw()

    def _show_settings(self) -> None:
        settings = self.session.settings
        if settings is not None:
            self.query_one("#settings", Static).update(settings_text(settings, self._room))

    @property
    def _room(self) -> int:
        return max(40, self.size.width - 8)

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.call_after_refresh(self._redraw)

    def _redraw(self) -> None:
        self._show_settings()
        if self._checks:
            self.query_one("#checks", Static).update(checks_text(self._checks, self._room))

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one("#report").scroll_relative(y=by, animate=False)


def checks_text(checks: list[Check], width: int) -> Content:
    """A line for each check, its words indented under each other."""
    names = max(len(check.name) for check in checks)
    parts: list[Part] = [("Checks\n\n", "bold $primary")]
    for check in checks:
        glyph, style = _STATES[check.state]
        parts += [(f"{glyph} ", style), (f"{check.name:<{names}}  ", "bold")]
        parts += [_hanging(one_line(check.says), width, names + 4), "\n"]
    return Content.assemble(*parts)


def settings_text(settings: Settings, width: int) -> Content:
    """Every setting with its value; what differs from the default stands out."""
    fields = type(settings).model_fields
    names = max(map(len, fields)) + 2
    parts: list[Part] = [("\nSettings", "bold $primary")]
    parts.append(("   set by options or ARCHREVIEW_* variables\n\n", "$muted"))
    for name, field in fields.items():
        value = getattr(settings, name)
        shown = "–" if value in (None, ()) else one_line(str(value))
        changed = value != field.default
        parts += [("● " if changed else "  ", "$accent"), (f"{name:<{names}}", "bold")]
        parts += [(f"{shown:<14}  ", "" if changed else "$muted")]
        said = _hanging(field.description or "", width, names + 18, max(14, len(shown)) - 14)
        parts.append((f"{said}\n", "$muted"))
    return Content.assemble(*parts)


def _hanging(text: str, width: int, indent: int, used: int = 0) -> str:
    """Text broken into lines that all begin at `indent`; the first has `used` cells less."""
    room = max(20, width - indent)
    blanks = "\n" + " " * indent
    lines = textwrap.wrap(" " * used + text, room, drop_whitespace=True) or [""]
    return blanks.join(line.strip() for line in lines)
