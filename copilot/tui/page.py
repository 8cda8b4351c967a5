"""What every screen has: the line of tabs above, the line of keys below, an ear for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

from copilot.tui.pages import PAGES

if TYPE_CHECKING:
    from copilot.tui.app import ArchReview
    from copilot.tui.messages import Told
    from copilot.tui.session import Session


PRESS = "press"
"""Name under which a piece of a line carries the key that a click on it presses."""


class _Clickable(Widget):
    """A line whose pieces press keys when they are clicked."""

    def on_click(self, event: events.Click) -> None:
        """Press the key of the piece under the mouse."""
        key = event.style.meta.get(PRESS)
        if key:
            self.app.simulate_key(key)


class Tabs(_Clickable):
    """The screens with their keys, and at the right what is open."""

    DEFAULT_CSS = """
    Tabs { height: 1; dock: top; background: $panel; color: $muted; padding: 0 1; }
    """

    def render(self) -> Content:
        """One line; a click on a tab goes there."""
        page = cast("Page", self.screen)
        parts = [Content.styled("archreview", "bold $primary"), Content("  ")]
        for entry in PAGES:
            here = entry.name == page.entry
            go = Style.from_meta({PRESS: entry.key})
            label = Content.styled(
                f" {entry.key} {entry.title} ", "bold $foreground on $surface" if here else ""
            )
            parts.append(label.stylize(go))
        left = Content.assemble(*parts)
        if left.cell_length > self.size.width:
            left = Content.assemble(*parts[2:])
        room = self.size.width - left.cell_length - 1
        right = Content(page.subject())
        if room < 8:
            return left
        return left + right.truncate(room, ellipsis=True).pad_left(
            max(1, room - right.cell_length + 1)
        )


class Keys(_Clickable):
    """The keys that matter here, as many as fit, and always the one for help."""

    DEFAULT_CSS = """
    Keys { height: 1; dock: bottom; background: $footer-background; padding: 0 1; }
    """

    def on_mount(self) -> None:
        """Draw again whenever other keys work."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render(self) -> Content:
        """One line; a click does what the key does."""
        help_key = self._key("?", "help", "?")
        room, parts, seen = self.size.width - help_key.cell_length, [], set()
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if not (binding.show and enabled) or binding.action in seen:
                continue
            seen.add(binding.action)
            shown = self.app.get_key_display(binding)
            part = self._key(shown, binding.description, binding.key)
            if part.cell_length > room:
                break
            room -= part.cell_length
            parts.append(part)
        return Content.assemble(*parts, help_key)

    def _key(self, shown: str, says: str, key: str) -> Content:
        press = Style.from_meta({PRESS: key})
        part = Content.assemble((shown, "bold $primary"), (f" {says}  ", "$muted"))
        return part.stylize(press)


class Page(Screen[None]):
    """Base of the screens that have a key of their own."""

    entry: ClassVar[str]
    """Its name in the table of pages."""
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What has the focus; only the two panes are drawn when it changes, not the whole screen."""

    @property
    def session(self) -> Session:
        """What the screens share: settings, store, knowledge, the design that is open."""
        return cast("ArchReview", self.app).session

    def compose(self) -> ComposeResult:
        """Tabs, the screen's own body, keys."""
        yield Tabs()
        yield from self.body()
        yield Keys()

    def body(self) -> ComposeResult:
        """The widgets between tabs and keys."""
        raise NotImplementedError

    def subject(self) -> str:
        """What the right end of the line of tabs says."""
        return self.session.subject()

    def on_mount(self) -> None:
        """Listen to the session from now on."""
        cast("ArchReview", self.app).told.subscribe(self, self._told)

    def _told(self, message: Told) -> None:
        self.query_one(Tabs).refresh()
        self.hear(message)

    def hear(self, message: Told) -> None:
        """The session changed; a screen shows what is new to it."""
