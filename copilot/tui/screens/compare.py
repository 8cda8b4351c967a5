"""Two reviews of a design, or of two designs: what is resolved, open, new, regressed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copilot.errors import CopilotError
from copilot.reports.safe import one_line
from copilot.tui import comparing, looks
from copilot.tui.messages import ReviewEnded, ReviewOpened, Told
from copilot.tui.page import Page
from copilot.tui.rows import Rows

if TYPE_CHECKING:
    from copilot.review.compare import Change, Comparison
    from copilot.tui.app import ArchReview


class ChangeTable(Rows):
    """One row for each finding of either review."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.changes: tuple[Change, ...] = ()
        self.said = "Two reviews are needed: o and n choose them."

    def show(self, changes: tuple[Change, ...]) -> None:
        """Other changes, from the top."""
        self.changes = changes
        self.renew(cursor=0)

    @property
    def change(self) -> Change | None:
        """The change under the cursor."""
        return self.changes[self.cursor] if 0 <= self.cursor < len(self.changes) else None

    def count(self) -> int:
        """Changes that show."""
        return len(self.changes)

    def empty(self) -> str:
        """Why there are none."""
        return self.said

    def draw(self, index: int, width: int) -> Content:
        """Outcome, severity as it was and is, title."""
        change = self.changes[index]
        glyph, style = comparing.OUTCOMES[change.outcome]
        sides = [
            (_glyph(side.severity) if side else ("·", "$faint"))
            for side in (change.old, change.new)
        ]
        title = one_line(change.finding.title, max(10, width - 20))
        return Content.assemble(
            (f" {glyph} {change.outcome.value:<10}", style),
            sides[0],
            (" → ", "$faint"),
            sides[1],
            f"  {title}",
        )


def _glyph(severity: str) -> tuple[str, str]:
    return looks.SEVERITY[severity]


class Compare(Page):
    """Shows the last two reviews of the open design until others are chosen."""

    entry = "compare"
    AUTO_FOCUS = "#changes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "pick('old')", "choose the old one"),
        Binding("n", "pick('new')", "choose the new one"),
        Binding("x", "swap", "swap"),
        Binding("f", "outcome", "only one outcome"),
        Binding("tab", "app.focus_next", "next pane", show=False),
    ]

    def body(self) -> ComposeResult:
        """Both reviews in brief, over the changes and the one under the cursor."""
        yield Static(id="heads")
        with Horizontal(id="comparing"):
            yield ChangeTable(id="changes")
            with VerticalScroll(id="change", classes="pane") as pane:
                pane.border_title = "Change"
                yield Static(id="about")

    def on_mount(self) -> None:
        """Compare what is open."""
        super().on_mount()
        self._chosen: dict[str, int] = {}
        self._comparison: Comparison | None = None
        self._only = ""
        self._renew()

    def hear(self, message: Told) -> None:
        """Another design, or another review of it: its last two again."""
        if isinstance(message, ReviewOpened | ReviewEnded):
            self._chosen = {}
        if self._comparison is None or not self._chosen:
            self._renew()

    @property
    def table(self) -> ChangeTable:
        """The table of changes."""
        return self.query_one(ChangeTable)

    def _renew(self) -> None:
        self.run_worker(self._compare(), exclusive=True, group="compare")

    async def _compare(self) -> None:
        from copilot.review.compare import compare

        reviews = comparing.saved(self.session)
        old, new = comparing.usual(reviews) if reviews else (0, 0)
        old, new = self._chosen.get("old", old), self._chosen.get("new", new)
        self._pair = old, new
        store = self.session.store
        if store is None or not old or not new:
            self._comparison = None
        else:
            try:
                pair = await asyncio.to_thread(
                    lambda: (store.reviews.get(old), store.reviews.get(new))
                )
            except CopilotError as error:
                self.notify(str(error), severity="error", markup=False)
                return
            self._comparison = await asyncio.to_thread(compare, *pair)
        self._show()

    def _show(self) -> None:
        comparison = self._comparison
        heads = self.query_one("#heads", Static)
        if comparison is None:
            few = "A second review makes a comparison: review this design again, or another one."
            heads.update(Content.styled(f" {few}", "$muted"))
            self.table.show(())
            return
        heads.update(comparing.heads(comparison, self.size.width))
        changes = [c for c in comparison.changes if self._only in ("", c.outcome.value)]
        self.table.said = "Nothing with this outcome: f shows others."
        self.table.show(tuple(changes))
        only = f", {self._only} only" if self._only else ""
        self.table.border_title = Content(f"Findings {len(changes)}{only}")
        count = len(comparison.aspects)
        self.table.border_subtitle = f"{count} aspect{'s' * (count != 1)} changed"
        self._tell()

    def on_rows_moved(self) -> None:
        """Show the change under the cursor."""
        self._tell()

    def _tell(self) -> None:
        knowledge, change = self.session.knowledge, self.table.change
        text = Content("")
        if change and knowledge and self._comparison:
            text = comparing.change_text(change, self._comparison, knowledge)
        self.query_one("#about", Static).update(text)
        self.query_one("#change").scroll_home(animate=False)

    # --- actions ------------------------------------------------------------------------------

    def action_pick(self, side: str) -> None:
        """Ask which review."""
        from copilot.tui.dialogs.pick import PickReview

        def take(number: int | None) -> None:
            if number:
                self._chosen = dict(zip(("old", "new"), self._pair, strict=True)) | {side: number}
                self._renew()

        reviews = comparing.saved(self.session)
        if reviews:
            now = self._pair[side == "new"]
            self.app.push_screen(PickReview(f"The {side} review", reviews, now), take)

    def action_swap(self) -> None:
        """Old for new, new for old."""
        self._chosen = {"old": self._pair[1], "new": self._pair[0]}
        self._renew()

    def action_outcome(self) -> None:
        """Show the findings with the next outcome alone; after the last, all."""
        names = ["", *(outcome.value for outcome in comparing.OUTCOMES)]
        self._only = names[(names.index(self._only) + 1) % len(names)]
        self._show()

    def on_rows_chosen(self) -> None:
        """Enter: the finding's text, where it is of the open design as it is reviewed now."""
        from copilot.tui.reading import show

        change, opened = self.table.change, self.session.current
        there = opened and opened.review and change and change.new in opened.review.findings
        if change and change.new and there:
            show(cast("ArchReview", self.app), change.new)
        else:
            self.notify("Only findings of the open review lead to its text.", timeout=3)
