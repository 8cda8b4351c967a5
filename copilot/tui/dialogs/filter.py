"""Asks which findings to show: any of several severities, kinds, states, dimensions."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Label, SelectionList
from textual.widgets.selection_list import Selection

from copilot.schema import Severity, TriageState
from copilot.tui import looks
from copilot.tui.dialogs.base import Dialog
from copilot.tui.facets import Facets

KINDS = ("gap", "weakness", "injection")


class Facet(SelectionList[str]):
    """One facet's values, with vi keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("l,right", "app.focus_next", show=False),
        Binding("h,left", "app.focus_previous", show=False),
        Binding("enter", "screen.done", show=False, priority=True),
    ]


class Filter(Dialog[Facets]):
    """Answers with the facets; nothing ticked in a facet shows all of it."""

    DEFAULT_CSS = """
    Filter > .box { width: 78; }
    Filter Horizontal { height: auto; }
    Filter Horizontal > Vertical { height: auto; width: 1fr; }
    Filter #dimensions-column { width: 1.4fr; }
    Filter SelectionList { height: auto; border: none; padding: 0; background: $surface; }
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
        """Three columns of values to tick."""
        with Horizontal():
            with Vertical():
                severities = [(f"{looks.SEVERITY[s][0]} {s.value}", s.value) for s in Severity]
                yield from self._list("severities", "severity", severities)
                yield from self._list("kinds", "kind", [(kind, kind) for kind in KINDS])
            with Vertical():
                states = [
                    (f"{looks.STATE[s][0]} {s.value.replace('_', ' ')}", s.value)
                    for s in TriageState
                ]
                yield from self._list("states", "state", states)
            with Vertical(id="dimensions-column"):
                dimensions = [(title, name) for name, title in self._dimensions]
                yield from self._list("dimensions", "dimension", dimensions)

    def _list(self, facet: str, label: str, values: list[tuple[str, str]]) -> ComposeResult:
        ticked = getattr(self._facets, facet)
        yield Label(label, classes="label")
        yield Facet(
            *(Selection(Content(says), value, value in ticked) for says, value in values), id=facet
        )

    def action_clear(self) -> None:
        """Tick nothing."""
        for facet in self.query(Facet):
            facet.deselect_all()

    def action_done(self) -> None:
        """Answer with what is ticked."""
        ticked = {str(facet.id): tuple(facet.selected) for facet in self.query(Facet)}
        self.dismiss(self._facets.model_copy(update={**ticked, "aspect": ""}))
