"""The designs of the workspace: how each stands, what to review, where to go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from copilot.tui import looks
from copilot.tui.page import Page
from copilot.tui.rows import Rows

if TYPE_CHECKING:
    from copilot.store import DesignSummary, ReviewSummary
    from copilot.tui.app import ArchReview
    from copilot.tui.messages import Told

T = TypeVar("T")
WIDE = 110


class DesignTable(Rows):
    """One row for each design."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "open"),
        Binding("space", "screen.select", "select"),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.designs: tuple[DesignSummary, ...] = ()
        self.selected: set[str] = set()
        self.running, self.waiting, self.step = "", set[str](), ""
        self.said = "opening the workspace …"
        self.place: Callable[[str], Path] = Path
        """Where a design lies, as one would type it from here."""

    def show(self, designs: tuple[DesignSummary, ...]) -> None:
        """Other designs; the cursor stays on its design."""
        here = self.design.design if self.design else ""
        self.designs = designs
        self.selected &= {d.design for d in designs}
        names = [d.design for d in designs]
        self.renew(cursor=names.index(here) if here in names else self.cursor)

    @property
    def design(self) -> DesignSummary | None:
        """The design under the cursor."""
        return self.designs[self.cursor] if 0 <= self.cursor < len(self.designs) else None

    def targets(self) -> list[DesignSummary]:
        """The selected designs, or the one under the cursor."""
        picked = [d for d in self.designs if d.design in self.selected]
        return picked or ([self.design] if self.design else [])

    def count(self) -> int:
        """Designs on the list."""
        return len(self.designs)

    def empty(self) -> str:
        """How to begin."""
        return self.said

    def head(self, width: int) -> Content:
        """Names of the columns."""
        name = "   design".ljust(self._name_width(width))
        counts = "".join(f"{glyph:>4}" for glyph, _ in looks.SEVERITY.values())
        rest = f"  {'score':<14}{counts}  {'reviewed':<11}"
        return Content(name + rest + ("words  judge" if width >= WIDE else ""))

    def _name_width(self, width: int) -> int:
        return max(16, width - 14 - 20 - 15 - (16 if width >= WIDE else 0))

    def draw(self, index: int, width: int) -> Content:
        """Mark, name, score, findings by severity, age."""
        design = self.designs[index]
        room = self._name_width(width) - 3
        mark = "✚" if design.design in self.selected else " "
        name, folder = _name(self.place(design.design), room - 1)
        parts: list[Content | tuple[str, str]] = [
            (f" {mark} ", "bold $accent"),
            (name, "" if design.exists else "$faint"),
            (folder.ljust(room - len(name)), "$faint"),
        ]
        return Content.assemble(*parts, *self._standing(design, width))

    def _standing(self, design: DesignSummary, width: int) -> list[Content | tuple[str, str]]:
        if design.design == self.running:
            return [(f"  ⟳ {self.step}", "$accent")]
        if design.design in self.waiting:
            return [("  … waits", "$muted")]
        if design.last is None:
            return [("  not reviewed" if design.exists else "  no such file", "$muted")]
        return [*_score(design.last), *_counts(design.last), *_age(design, width)]


def _name(path: Path, room: int) -> tuple[str, str]:
    """Name of the file, and the end of its folder's path in what room is left."""
    from copilot.reports.safe import one_line

    name = one_line(path.name, room)
    folder = f"  {one_line(str(path.parent))}" if str(path.parent) != "." else ""
    left = room - len(name)
    if len(folder) > left:
        folder = "  …" + folder[len(folder) - left + 3 :] if left > 8 else ""
    return name, folder


def _score(last: ReviewSummary) -> list[tuple[str, str]]:
    if last.score is None:
        return [("  not judged    ", "$muted")]
    style = "$success" if last.score >= 0.7 else "$warning"
    style = "$error" if last.score < 0.4 else style
    return [("  ", ""), (looks.bar(last.score), style), (f" {last.score:>4.0%} ", "")]


def _counts(last: ReviewSummary) -> list[tuple[str, str]]:
    return [
        (f"{count or '·':>4}", looks.SEVERITY[severity][1] if count else "$faint")
        for severity, count in last.severities.items()
    ]


def _age(design: DesignSummary, width: int) -> list[tuple[str, str]]:
    assert design.last is not None
    stale = ("changed", "$accent") if design.stale else (age(design.last.created), "")
    stale = ("gone", "$error") if not design.exists else stale
    parts = [("  ", ""), (f"{stale[0]:<11}", stale[1] or "$muted")]
    if width >= WIDE:
        parts.append((f"{design.last.words:>5,}  {design.last.judge[:9]}", "$muted"))
    return parts


def age(then: datetime, now: datetime | None = None) -> str:
    """How long ago something was, in one short unit."""
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return "just now"


def _added(count: int) -> str:
    return f"{count} design{'s' * (count != 1)} added"


class Workspace(Page):
    """Lists designs; Enter opens one, r reviews, + adds."""

    entry = "workspace"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "review", "review"),
        Binding("A", "review_all", "review all"),
        Binding("plus,a", "add", "add"),
        Binding("minus,delete", "remove", "remove"),
        Binding("asterisk", "select_all", "select all", show=False),
        Binding("escape", "clear", "clear the selection", show=False),
        Binding("R", "relist", "look at the files again", show=False),
    ]

    def body(self) -> ComposeResult:
        """The table of designs."""
        table = DesignTable(id="designs")
        table.border_title = "Designs"
        yield table

    @property
    def table(self) -> DesignTable:
        """The table of designs."""
        return self.query_one(DesignTable)

    @property
    def _app(self) -> ArchReview:
        return cast("ArchReview", self.app)

    def on_mount(self) -> None:
        """Show what the session knows already."""
        super().on_mount()
        self._show()

    def hear(self, message: Told) -> None:
        """Lists and progress follow the session."""
        from copilot.tui.messages import ReviewMoved, ReviewStarted
        from copilot.tui.progress import told

        if isinstance(message, ReviewStarted):
            self.table.step = "reading"
        if isinstance(message, ReviewMoved):
            self.table.step = told(message.event, self.table.step)
        self._show()

    def _show(self) -> None:
        session, table = self.session, self.table
        if session.store is None:
            return
        table.place = session.path
        table.said = "No designs yet: + adds a file or a folder."
        table.running = session.store.identity(session.running) if session.running else ""
        table.waiting = {session.store.identity(path) for path in self._app.queued}
        table.show(session.designs)
        count = len(session.designs)
        chosen = f" · {len(table.selected)} selected" if table.selected else ""
        table.border_title = f"Designs {count}{chosen}"
        reviewed = [d for d in session.designs if d.last is not None]
        stale = sum(d.stale for d in reviewed)
        table.border_subtitle = f"{len(reviewed)} reviewed, {stale} changed since"

    # --- actions ------------------------------------------------------------------------------

    def on_rows_chosen(self) -> None:
        """Enter on a design."""
        self.action_open()

    def action_open(self) -> None:
        """Open the design under the cursor."""
        if self.table.design and self.session.store:
            self._app.open(self.session.path(self.table.design.design))

    def action_review(self) -> None:
        """Review the selected designs, or the one under the cursor."""
        self._review(self.table.targets())

    def action_review_all(self) -> None:
        """Review all designs of the list."""
        self._review(list(self.table.designs))

    def _review(self, designs: list[DesignSummary]) -> None:
        if self.session.store:
            self._app.review([self.session.path(d.design) for d in designs if d.exists])
            self.action_clear()

    def action_select(self) -> None:
        """Mark or unmark a design."""
        if self.table.design:
            self.table.selected ^= {self.table.design.design}
            self.table.action_move(1)
            self._show()

    def action_select_all(self) -> None:
        """Mark all designs, or none."""
        every = {d.design for d in self.table.designs}
        self.table.selected = set() if self.table.selected == every else every
        self._show()

    def action_clear(self) -> None:
        """Unmark all."""
        self.table.selected = set()
        self._show()

    def action_add(self) -> None:
        """Ask for a path and list what is there."""
        from copilot.tui.dialogs.path import AskPath

        self.app.push_screen(AskPath("Add a design, or a folder of designs"), self._add)

    def _add(self, path: Path | None) -> None:
        if path is not None:
            self._kept(partial(self.session.add, path), _added)

    def action_remove(self) -> None:
        """Take designs off the list; their reviews and decisions are kept."""
        names = [design.design for design in self.table.targets()]
        if names and self.session.store:
            self.table.selected = set()
            self._kept(partial(self.session.remove, names))

    @work(group="relist")
    async def _kept(self, act: Callable[[], T], tell: Callable[[T], str] | None = None) -> None:
        """Have the writing thread change the list, then show it."""
        from copilot.errors import CopilotError

        try:
            done = await self.session.write(act)
        except CopilotError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if tell:
            self.notify(tell(done), markup=False)
        self.action_relist()

    def action_relist(self) -> None:
        """Read the list anew: files may have changed."""
        self._relist()

    @work(exclusive=True, group="relist files")
    async def _relist(self) -> None:
        await asyncio.to_thread(self.session.relist)
        self._show()
