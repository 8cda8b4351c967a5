"""Panes that draw only the lines that show: texts of any length, lists with a cursor."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style


class Lines(ScrollView, can_focus=True, inherit_bindings=False):
    """Base of all panes that draw `Content` line by line; its text is never read as markup."""

    DEFAULT_CSS = """
    Lines {
        height: 1fr;
        background: $surface;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._parsed: dict[str | Style, Style] = {}

    def _strip(self, content: Content, base: Style, width: int) -> Strip:
        parts = content.render(base, end="", parse_style=self._parse)
        segments = [Segment(text, style.rich_style) for text, style in parts]
        return Strip(segments).adjust_cell_length(width, base.rich_style)

    def _parse(self, style: str | Style) -> Style:
        if style not in self._parsed:
            self._parsed[style] = style if isinstance(style, Style) else Style.parse(style)
        return self._parsed[style]

    def notify_style_update(self) -> None:
        """Forget parsed styles: the theme may have changed."""
        super().notify_style_update()
        self._parsed.clear()


class Rows(Lines):
    """Base of all lists: a subclass says how many rows there are and draws one of them."""

    DEFAULT_CSS = """
    Rows {
        & > .rows--head { color: $muted; text-style: none; }
        & > .rows--cursor { background: $cursor-blurred; }
        &:focus > .rows--cursor { background: $cursor; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--head", "rows--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False),
        Binding("ctrl+d", "page(0.5)", "half a page down", show=False),
        Binding("ctrl+u", "page(-0.5)", "half a page up", show=False),
        Binding("home,g", "edge(0)", "first", show=False),
        Binding("end,G", "edge(1)", "last", show=False),
        Binding("enter", "choose", "open", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    class _InRows(Message):
        def __init__(self, rows: Rows) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Rows:
            """The list that it happened in."""
            return self.rows

    class Moved(_InRows):
        """The cursor stands on another row, or the row holds something else."""

    class Chosen(_InRows):
        """Enter was pressed on a row, or it was clicked twice."""

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown_rows = 0

    # --- what a subclass says ---------------------------------------------------------------

    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def draw(self, index: int, width: int) -> Content:
        """The row at `index`, at most `width` cells wide."""
        raise NotImplementedError

    def head(self, width: int) -> Content | None:
        """A line that stays above the rows; None for none."""
        return None

    def empty(self) -> str:
        """What is said where there are no rows."""
        return ""

    # --- drawing ----------------------------------------------------------------------------

    @property
    def _head_lines(self) -> int:
        return 0 if self.head(self.scrollable_size.width) is None else 1

    def renew(self, cursor: int | None = None) -> None:
        """The rows are others now: measure, keep the cursor within them, draw."""
        self._shown_rows = self.count()
        self.virtual_size = Size(self.scrollable_size.width, self._shown_rows + self._head_lines)
        self._put(self.cursor if cursor is None else cursor, renewed=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        width = self.scrollable_size.width
        head = self.head(width)
        if head is not None and y == 0:
            return self._strip(head, self.get_visual_style("rows--head"), width)
        index = self.scroll_offset.y + y - (head is not None)
        if index >= self._shown_rows:
            said = self.empty() if self._shown_rows == 0 and y == (head is not None) else ""
            return self._strip(Content(f" {said}"), self.get_visual_style("rows--head"), width)
        on_cursor = index == self.cursor
        style = self.get_visual_style("rows--cursor") if on_cursor else self.visual_style
        return self._strip(self.draw(index, width), style, width)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in sight."""
        self.renew()

    # --- moving -----------------------------------------------------------------------------

    def _put(self, index: int, *, renewed: bool = False) -> None:
        index = max(0, min(index, self._shown_rows - 1))
        moved = index != self.cursor
        if moved and not renewed:
            self._redraw(self.cursor)
            self._redraw(index)
        self.cursor = index
        self._reveal()
        if moved or renewed:
            self.post_message(self.Moved(self))

    def _redraw(self, index: int) -> None:
        """Draw one row again."""
        self.refresh_line(index + self._head_lines)

    def _reveal(self) -> None:
        """Scroll so that the cursor's row shows."""
        height = max(1, self.size.height - self._head_lines)
        top = self.scroll_offset.y
        if self.cursor < top:
            top = self.cursor
        elif self.cursor >= top + height:
            top = self.cursor - height + 1
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self._put(self.cursor + by)

    def action_page(self, by: float) -> None:
        """Move the cursor by pages."""
        self._put(self.cursor + round(by * max(1, self.size.height - self._head_lines)))

    def action_edge(self, last: int) -> None:
        """Move the cursor to the first or the last row."""
        self._put(self._shown_rows if last else 0)

    def action_choose(self) -> None:
        """Say that the row under the cursor is chosen."""
        if self._shown_rows:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a double click chooses."""
        index = self.scroll_offset.y + event.y - self._head_lines
        if 0 <= index < self._shown_rows and event.y >= self._head_lines:
            self._put(index)
            if event.chain == 2:
                self.action_choose()
