"""Asks which findings to show: any of several severities, kinds, states, dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content

from copilot.reports.safe import one_line
from copilot.schema import Severity, TriageState
from copilot.tui import looks
from copilot.tui.dialogs.base import Dialog
from copilot.tui.facets import Facets
from copilot.tui.rows import Rows

FACETS = {
    "severities": "severity",
    "kinds": "kind",
    "states": "state",
    "dimensions": "dimension",
}
"""Name of each facet, and what it is called."""
KINDS = ("gap", "weakness", "injection")


class Facet(Rows):
    """One facet's values to tick: a row each, drawn by one widget, so that it opens at once."""

    DEFAULT_CSS = """
    Facet { background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", show=False),
        Binding("l,right", "app.focus_next", show=False),
        Binding("h,left", "app.focus_previous", show=False),
        Binding("enter", "screen.done", show=False, priority=True),
    ]

    def __init__(self, id: str, values: list[tuple[str, str]], ticked: Iterable[str]) -> None:
        """`values`: what each is called and what it is."""
        super().__init__(id=id)
        self.values, self.ticked = values, set(ticked)
        self.label = FACETS[id]
        self.styles.height = len(values) + 1
        wide = 3 + max(cell_len(says) for says, _ in values)
        self.styles.width = "1fr" if id == "dimensions" else wide

    def count(self) -> int:
        """Values of the facet."""
        return len(self.values)

    def head(self, width: int) -> Content:
        """What the facet is called."""
        return Content(self.label)

    def draw(self, index: int, width: int) -> Content:
        """A mark where it is ticked, and the value."""
        says, value = self.values[index]
        mark = "✚" if value in self.ticked else "·"
        return Content.assemble((f"{mark} ", "bold $success"), one_line(says, width - 3))

    def action_tick(self) -> None:
        """Tick the value under the cursor, or take the mark away."""
        self.ticked ^= {self.values[self.cursor][1]}
        self.refresh()

    def clear(self) -> None:
        """Tick nothing."""
        self.ticked = set()
        self.refresh()


class Filter(Dialog[Facets]):
    """Answers with the facets; nothing ticked in a facet shows all of it."""

    DEFAULT_CSS = """
    Filter > .box { width: 92; }
    Filter Horizontal { height: 10; }
    """
    title_text = "Show only"
    keys_text = "space ticks · ←→ moves · x clears · enter shows · esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done", "show", show=False),
        Binding("x", "clear", "clear", show=False),
    ]

    def __init__(self, facets: Facets, dimensions: list[tuple[str, str]]) -> None:
        """`dimensions`: id and title of each."""
        super().__init__()
        self._facets, self._dimensions = facets, dimensions

    def body(self) -> ComposeResult:
        """A column of values to tick for each facet."""
        with Horizontal():
            severities = [(f"{looks.SEVERITY[s][0]} {s.value}", s.value) for s in Severity]
            yield self._facet("severities", severities)
            yield self._facet("kinds", [(kind, kind) for kind in KINDS])
            states = [
                (f"{looks.STATE[s][0]} {s.value.replace('_', ' ')}", s.value) for s in TriageState
            ]
            yield self._facet("states", states)
            yield self._facet("dimensions", [(title, name) for name, title in self._dimensions])

    def _facet(self, name: str, values: list[tuple[str, str]]) -> Facet:
        return Facet(name, values or [("none yet", "")], getattr(self._facets, name))

    def action_clear(self) -> None:
        """Tick nothing."""
        for facet in self.query(Facet):
            facet.clear()

    def action_done(self) -> None:
        """Answer with what is ticked, in the order in which it is listed."""
        ticked = {
            str(facet.id): tuple(value for _, value in facet.values if value in facet.ticked)
            for facet in self.query(Facet)
        }
        self.dismiss(self._facets.model_copy(update={**ticked, "aspect": ""}))
