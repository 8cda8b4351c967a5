"""The tree of nine dimensions and thirty aspects, each with its status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from copilot.knowledge import Knowledge
from copilot.reports.safe import one_line
from copilot.schema import Coverage, Status
from copilot.tui import looks
from copilot.tui.rows import Rows

WAITING = ("∙", "$faint")
"""Of an aspect that is not judged yet while a review runs."""


@dataclass(frozen=True)
class Node:
    """A row of the tree: a dimension, or an aspect of it."""

    dimension: str
    aspect: str
    """Empty for the dimension's own row."""
    title: str


class AspectTree(Rows):
    """Dimensions that open and close, aspects under them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold", "open or close", show=False),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.knowledge: Knowledge | None = None
        self.rows: dict[str, Coverage] = {}
        self.folded: set[str] = set()
        self.judging = False
        self._listed: list[Node] = []

    def show(
        self, knowledge: Knowledge, rows: dict[str, Coverage], *, judging: bool = False
    ) -> None:
        """Other verdicts; aspects without a row wait for theirs while `judging`."""
        self.knowledge, self.rows, self.judging = knowledge, rows, judging
        self._list()

    def _list(self) -> None:
        self._listed = []
        for dimension in self.knowledge.dimensions if self.knowledge else ():
            self._listed.append(Node(dimension.id, "", dimension.title))
            if dimension.id not in self.folded:
                self._listed += [Node(dimension.id, a.id, a.title) for a in dimension.aspects]
        self.renew()

    @property
    def node(self) -> Node | None:
        """The row under the cursor."""
        return self._listed[self.cursor] if 0 <= self.cursor < len(self._listed) else None

    def action_fold(self) -> None:
        """Open or close the dimension under the cursor."""
        if self.node:
            self.folded ^= {self.node.dimension}
            at = next(i for i, n in enumerate(self._listed) if n.dimension == self.node.dimension)
            self._list()
            self._put(at)

    def count(self) -> int:
        """Rows that are not folded away."""
        return len(self._listed)

    def empty(self) -> str:
        """Said before the knowledge is there."""
        return "reading the knowledge …"

    def draw(self, index: int, width: int) -> Content:
        """Glyph of the status, title; for a dimension the counts of its aspects."""
        node = self._listed[index]
        if node.aspect:
            glyph, style = self._look(node.aspect)
            return Content.assemble("   ", (glyph, style), f" {one_line(node.title, width - 6)}")
        sign = "▸" if node.dimension in self.folded else "▾"
        met, judged = self._tally(node.dimension)
        count = f"{met}/{judged}" if judged else ""
        room = max(4, width - len(count) - 4)
        title = f" {sign} {one_line(node.title, room - 3)}".ljust(room + 2)
        return Content.assemble((title, "bold"), (f"{count} ", "$muted"))

    def _look(self, aspect: str) -> tuple[str, str]:
        row = self.rows.get(aspect)
        if row is None:
            return WAITING
        return looks.STATUS[row.status]

    def _tally(self, dimension: str) -> tuple[int, int]:
        """Aspects of a dimension that are addressed, and that are judged."""
        statuses = [row.status for row in self.rows.values() if row.dimension == dimension]
        judged = [s for s in statuses if s not in (Status.UNJUDGED, Status.NOT_APPLICABLE)]
        return statuses.count(Status.ADDRESSED), len(judged)
