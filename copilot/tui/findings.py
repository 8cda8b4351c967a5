"""The table of findings: one row each, sorted and filtered, with marks for bulk decisions."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from copilot.reports.safe import one_line
from copilot.schema import Finding, Standing, TriageState
from copilot.tui import looks
from copilot.tui.facets import ORDERS, Entry, Facets, chosen
from copilot.tui.rows import Rows

STATE_WIDTH = 14
DIMENSION_WIDTH = 17
KIND_WIDTH = 10
KIND_FROM, DIMENSION_FROM = 64, 80
"""From these widths on the table has columns for the kind and for the dimension."""


class FindingsTable(Rows):
    """Findings of one review; the selection is kept by fingerprint, whatever is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "select", key_display="space", show=False),
        Binding("asterisk", "select_all", "select all shown", show=False),
    ]

    class Changed(Message):
        """Other findings show, or others are selected."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.entries: list[Entry] = []
        self.shown: list[Entry] = []
        self.facets = Facets()
        self.order, self.backwards = "severity", False
        self.selected: set[str] = set()
        self.said = "No review yet: press r."

    def show(self, entries: list[Entry]) -> None:
        """Other findings, or other decisions; the cursor stays on its finding."""
        self.entries = entries
        self.selected &= {entry.finding.fingerprint for entry in entries}
        self._present()

    def present(
        self,
        facets: Facets | None = None,
        order: str | None = None,
        backwards: bool | None = None,
    ) -> None:
        """Show others, or in another order; what is not given stays."""
        self.facets = self.facets if facets is None else facets
        self.order = order if order in ORDERS else self.order
        self.backwards = self.backwards if backwards is None else backwards
        self._present()

    def _present(self) -> None:
        here = self.entry
        self.shown = chosen(self.entries, self.facets, self.order, self.backwards)
        prints = [entry.finding.fingerprint for entry in self.shown]
        fingerprint = here.finding.fingerprint if here else ""
        at = prints.index(fingerprint) if fingerprint in prints else self.cursor
        self.renew(cursor=at)
        self.post_message(self.Changed())

    @property
    def entry(self) -> Entry | None:
        """The finding under the cursor."""
        return self.shown[self.cursor] if 0 <= self.cursor < len(self.shown) else None

    def targets(self) -> list[Entry]:
        """What a decision is about: the selected findings, or the one under the cursor."""
        picked = [e for e in self.entries if e.finding.fingerprint in self.selected]
        return picked or ([self.entry] if self.entry else [])

    def go_to(self, fingerprint: str) -> bool:
        """Put the cursor on a finding; False when it does not show."""
        for index, entry in enumerate(self.shown):
            if entry.finding.fingerprint == fingerprint:
                self._put(index)
                return True
        return False

    def action_select(self) -> None:
        """Mark or unmark the finding under the cursor, and go on to the next."""
        if self.entry:
            self.selected ^= {self.entry.finding.fingerprint}
            self.post_message(self.Changed())
            self.action_move(1)
            self.refresh()

    def action_select_all(self) -> None:
        """Mark all that show; unmark them when all are marked."""
        shown = {entry.finding.fingerprint for entry in self.shown}
        self.selected = self.selected - shown if shown <= self.selected else self.selected | shown
        self.post_message(self.Changed())
        self.refresh()

    def clear_selection(self) -> None:
        """Unmark all."""
        self.selected = set()
        self.post_message(self.Changed())
        self.refresh()

    # --- drawing ------------------------------------------------------------------------------

    def count(self) -> int:
        """Findings that show."""
        return len(self.shown)

    def empty(self) -> str:
        """Why nothing shows."""
        if self.entries:
            return "No finding matches: esc shows all."
        return self.said

    def head(self, width: int) -> Content:
        """Names of the columns; the one that sorts has an arrow."""
        names = [("severity", 11), ("finding", self._title_width(width))]
        names += [("dimension", DIMENSION_WIDTH)] if width >= DIMENSION_FROM else []
        names += [("kind", KIND_WIDTH)] if width >= KIND_FROM else []
        names += [("state", STATE_WIDTH)]
        return Content("   " + "".join(self._column(name, cells) for name, cells in names))

    def _column(self, name: str, cells: int) -> str:
        arrow = ("↑" if self.backwards else "↓") if name == self.order else ""
        if name == "finding" and self.order in ("line", "confidence"):
            name, arrow = f"finding by {self.order}", "↑" if self.backwards else "↓"
        return f"{name}{arrow}".ljust(cells)[:cells]

    def _title_width(self, width: int) -> int:
        rest = 3 + 11 + STATE_WIDTH
        rest += DIMENSION_WIDTH if width >= DIMENSION_FROM else 0
        rest += KIND_WIDTH if width >= KIND_FROM else 0
        return max(8, width - rest)

    def draw(self, index: int, width: int) -> Content:
        """Mark, severity, title, dimension, state."""
        entry = self.shown[index]
        finding = entry.finding
        glyph, style = looks.SEVERITY[finding.severity]
        mark = "✚" if finding.fingerprint in self.selected else " "
        room = self._title_width(width)
        title = one_line(_brief(finding), room - 1)
        settled = entry.triage.state not in (TriageState.OPEN, TriageState.ACCEPTED)
        parts = [
            (f" {mark} ", "bold $accent"),
            (f"{glyph} {finding.severity.value:<9}", style),
            (title.ljust(room), "$muted" if settled else ""),
        ]
        if width >= DIMENSION_FROM:
            parts.append((finding.dimension.ljust(DIMENSION_WIDTH), "$muted"))
        if width >= KIND_FROM:
            parts.append((finding.kind.ljust(KIND_WIDTH), "$muted"))
        return Content.assemble(*parts, state(entry))


def _brief(finding: Finding) -> str:
    """The title without what the column of kinds says."""
    head, colon, tail = finding.title.rpartition(": ")
    return head if colon and tail.endswith("addressed") else finding.title


def state(entry: Entry) -> Content:
    """The state of a finding in STATE_WIDTH cells, with the sign of a note."""
    glyph, style, name = looks.STATE[entry.triage.state]
    if entry.triage.standing is Standing.CHANGED:
        glyph, style, name = looks.CHANGED
    elif entry.triage.standing is Standing.EXPIRED:
        glyph, style, name = looks.EXPIRED
    note = " ✎" if entry.noted else ""
    return Content.styled(f"{glyph} {name}{note}".ljust(STATE_WIDTH)[:STATE_WIDTH], style)
