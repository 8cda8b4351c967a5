"""The pane that tells all about one finding or one aspect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copilot.schema import Coverage
from copilot.tui.aspects import Node
from copilot.tui.detail import aspect_text, finding_text
from copilot.tui.facets import Entry
from copilot.tui.session import Session


class Detail(VerticalScroll, inherit_bindings=False):
    """Scrolls by vi keys; shows from the top whenever it shows something else."""

    DEFAULT_CSS = """
    Detail { scrollbar-size-vertical: 1; }
    Detail > Static { padding: 0 1; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", show=False),
        Binding("k,up", "scroll(-1)", "up", show=False),
        Binding("g,home", "scroll_home", "first", show=False),
        Binding("G,end", "scroll_end", "last", show=False),
        Binding("ctrl+d,pagedown,space", "page_down", "page down", show=False),
        Binding("ctrl+u,pageup", "page_up", "page up", show=False),
    ]

    def compose(self) -> ComposeResult:
        """One text of any length."""
        yield Static(id="about")

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

    def _show(self, text: Content, top: bool = True) -> None:
        self.query_one("#about", Static).update(text)
        if top:
            self.scroll_home(animate=False)

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=by, animate=False)
