"""The pane that tells all about one finding or one aspect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip

from copilot.schema import Coverage
from copilot.tui.aspects import Node
from copilot.tui.detail import aspect_text, finding_text
from copilot.tui.facets import Entry
from copilot.tui.rows import Lines
from copilot.tui.session import Session


class Detail(Lines):
    """Scrolls by vi keys; shows from the top whenever it shows something else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", show=False),
        Binding("k,up", "scroll(-1)", "up", show=False),
        Binding("g,home", "edge(0)", "first", show=False),
        Binding("G,end", "edge(1)", "last", show=False),
        Binding("ctrl+d,pagedown,space", "page(1)", "page down", show=False),
        Binding("ctrl+u,pageup", "page(-1)", "page up", show=False),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = Content("")
        self._wrapped: list[Content] = []
        self._width = 0

    def show_entry(
        self, entry: Entry | None, rows: Mapping[str, Coverage], session: Session, current: int
    ) -> None:
        """All about a finding; its `current` citation is marked."""
        if entry is None or session.knowledge is None:
            self._show(Content(""))
            return
        notes = session.notes(entry.finding.fingerprint, entry.finding.aspect)
        row = rows.get(entry.finding.aspect)
        self._show(finding_text(entry, row, session.knowledge, notes, current), current == 0)

    def show_node(self, node: Node, rows: Mapping[str, Coverage], session: Session) -> None:
        """All about an aspect; what a dimension asks."""
        assert session.knowledge is not None
        row = rows.get(node.aspect)
        if row is not None:
            self._show(aspect_text(row, session.knowledge, session.notes(node.aspect)))
            return
        dimension = session.knowledge.dimension(node.dimension)
        waits = "\n\nNot judged yet." if node.aspect else ""
        title = node.title if node.aspect else dimension.title
        asks = "" if node.aspect else dimension.question
        self._show(Content.assemble((title, "bold"), f"\n\n{asks}{waits}"))

    # --- drawing ------------------------------------------------------------------------------

    def _show(self, text: Content, top: bool = True) -> None:
        if top:
            self.scroll_to(y=0, animate=False, immediate=True)
        self.text = text
        self._wrap()

    def _wrap(self) -> None:
        self._width = self.scrollable_size.width
        room = max(10, self._width - 2)
        self._wrapped = self.text.wrap(room)
        self.virtual_size = Size(self._width, len(self._wrapped))
        self.refresh()

    def on_resize(self) -> None:
        """Break the lines anew."""
        if self.scrollable_size.width != self._width:
            self._wrap()

    def render_line(self, y: int) -> Strip:
        """One line of the visible part, with a blank at each side."""
        index = self.scroll_offset.y + y
        line = self._wrapped[index] if index < len(self._wrapped) else Content("")
        return self._strip(Content(" ") + line, self.visual_style, self.scrollable_size.width)

    # --- moving -------------------------------------------------------------------------------

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        self.action_scroll(by * max(1, self.size.height - 1))

    def action_edge(self, last: int) -> None:
        """Scroll to the first or the last line."""
        self.scroll_to(y=len(self._wrapped) if last else 0, animate=False)
