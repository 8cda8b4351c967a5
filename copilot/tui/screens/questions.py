"""The questions to ask: ranked, by role, in the reviewer's words and order, with answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copilot.reports.safe import one_line
from copilot.review.asking import between, for_role
from copilot.tui import asking, looks
from copilot.tui.answering import Answering
from copilot.tui.asked import question_text
from copilot.tui.page import Page
from copilot.tui.rows import Rows

if TYPE_CHECKING:
    from copilot.review.asking import Item


class QuestionTable(Rows):
    """One row for each question."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "answer", show=False),
        Binding("space", "screen.mark", "mark asked", key_display="space"),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.items: tuple[Item, ...] = ()
        self.said = "No review is open: choose a design on the Workspace screen (1)."

    def show(self, items: tuple[Item, ...]) -> None:
        """Other questions; the cursor stays on its question."""
        here = self.item.key if self.item else ""
        self.items = items
        keys = [item.key for item in items]
        self.renew(cursor=keys.index(here) if here in keys else self.cursor)

    @property
    def item(self) -> Item | None:
        """The question under the cursor."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    def count(self) -> int:
        """Questions that show."""
        return len(self.items)

    def empty(self) -> str:
        """Why there are none."""
        return self.said

    def head(self, width: int) -> Content:
        """Names of the columns."""
        return Content("      " + "min  " + "question")

    def draw(self, index: int, width: int) -> Content:
        """Number, mark, severity, minutes, text."""
        item = self.items[index]
        glyph, style = looks.SEVERITY[item.severity]
        mark, shade = state(item)
        quiet = item.settled or item.hidden or item.asked is not None
        text = one_line(item.short, max(10, width - 13))
        return Content.assemble(
            (f"{mark} ", shade),
            (f"{index + 1:>2} ", "$faint"),
            (f"{glyph} ", style),
            (f"{item.minutes:>2}   ", "$muted"),
            (text, "$muted" if quiet else ""),
            (" ✎" if item.edited else "", "$accent"),
        )


def state(item: Item) -> tuple[str, str]:
    """Glyph and style of where a question stands."""
    if item.hidden:
        return "✕", "$muted"
    if item.settled:
        return "✔", "$success"
    if item.answers:
        return "●", "$primary"
    return ("○", "$primary") if item.asked else (" ", "")


class Questions(Answering, Page):
    """Lists the questions beside what is known about each."""

    entry = "questions"
    AUTO_FOCUS = "#questions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "role(1)", "role"),
        Binding("F", "role(-1)", "role before", show=False),
        Binding("J,shift+down", "shift(1)", "ask later"),
        Binding("K,shift+up", "shift(-1)", "ask earlier"),
        Binding("x", "hide", "leave out"),
        Binding("H", "all", "show what is left out", show=False),
        Binding("tab", "app.focus_next", "next pane", show=False),
    ]

    def body(self) -> ComposeResult:
        """The table beside the question under the cursor."""
        with Horizontal(id="asking"):
            yield QuestionTable(id="questions")
            with VerticalScroll(id="question", classes="pane") as pane:
                pane.border_title = "Question"
                yield Static(id="about")

    @property
    def table(self) -> QuestionTable:
        """The table of questions."""
        return self.query_one(QuestionTable)

    @property
    def item(self) -> Item | None:
        """The question under the cursor."""
        return self.table.item

    def on_mount(self) -> None:
        """Show what is open."""
        super().on_mount()
        self._role = str(self.session.recall("role", ""))
        self._hidden = False
        self.show_questions()

    def show_questions(self) -> None:
        """The questions for the role, and the one under the cursor."""
        every = self.posed.items
        shown = tuple(i for i in for_role(every, self._role) if self._hidden or not i.hidden)
        table = self.table
        if self.session.current and self.session.current.review and not self._stale:
            table.said = "Nothing to ask here: f shows other roles, + adds a question."
        table.show(shown)
        asked = sum(item.asked is not None for item in shown)
        minutes = sum(item.minutes for item in shown if item.asked is None)
        who = f" for {self._role_title()}" if self._role else ""
        table.border_title = Content(f"Questions {len(shown)}{who}")
        table.border_subtitle = Content(f"{asked} asked, {minutes} min left")
        self._tell()

    def _role_title(self) -> str:
        roles = self.session.knowledge.roles if self.session.knowledge else ()
        return next((role.title for role in roles if role.id == self._role), self._role)

    def on_rows_moved(self) -> None:
        """Show the question under the cursor."""
        self._tell()

    def on_rows_chosen(self) -> None:
        """Enter types the answer."""
        self.action_answer()

    def _tell(self) -> None:
        knowledge, item = self.session.knowledge, self.item
        text = question_text(item, knowledge) if item and knowledge else Content("")
        self.query_one("#about", Static).update(text)
        self.query_one("#question").scroll_home(animate=False)

    def judging(self, on: bool) -> None:
        """Say so where the question stands."""
        pane = self.query_one("#question")
        pane.border_subtitle = "judging the answers …" if on else ""

    # --- actions ------------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark as asked, or take the mark away."""
        if self.item:
            self.keep(partial(asking.mark, self.session, self.item))

    def action_hide(self) -> None:
        """Leave the question out, or take it back in."""
        if self.item:
            self.edit(self.item, hidden=not self.item.hidden)

    def action_all(self) -> None:
        """Show what is left out as well, or not."""
        self._hidden = not self._hidden
        self.show_questions()

    def action_role(self, by: int) -> None:
        """Questions for the next role; after the last, for all."""
        roles = (
            ["", *(r.id for r in self.session.knowledge.roles)] if self.session.knowledge else []
        )
        if roles:
            at = roles.index(self._role) if self._role in roles else 0
            self._role = roles[(at + by) % len(roles)]
            self.session.remember("role", self._role)
            self.show_questions()

    def action_shift(self, by: int) -> None:
        """Ask the question one place later or earlier."""
        item = self.item
        place = between(self.table.items, self.table.cursor, by) if item else None
        if item is not None and place is not None:
            self.edit(item, position=place)
