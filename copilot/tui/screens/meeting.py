"""Meeting mode: a clock, one question at a time, answers that move the scorecard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from copilot.reports.safe import one_line
from copilot.review.asking import fitting
from copilot.tui import asking
from copilot.tui.answering import Answering
from copilot.tui.asked import question_text
from copilot.tui.clock import Clock, told
from copilot.tui.difference import difference
from copilot.tui.page import Page

if TYPE_CHECKING:
    from copilot.review.asking import Item

LENGTHS = (15, 30, 45, 60, 90, 120)
"""Minutes that a meeting may be set to."""


class Meeting(Answering, Page):
    """Leads through the questions of the open review."""

    entry = "meeting"
    AUTO_FOCUS = "#question"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "clock", "start/pause"),
        Binding("n,l,right", "go(1)", "next"),
        Binding("p,h,left", "go(-1)", "previous", key_display="p"),
        Binding("space", "mark", "asked", key_display="space"),
        Binding("x", "skip", "ask at the end"),
        Binding("c", "card", "scorecard"),
        Binding("greater_than_sign", "length(1)", "longer meeting", show=False),
        Binding("less_than_sign", "length(-1)", "shorter meeting", show=False),
        Binding("enter", "answer", "answer", show=False),
        Binding("j,down", "scroll(1)", "down", show=False),
        Binding("k,up", "scroll(-1)", "up", show=False),
    ]

    def body(self) -> ComposeResult:
        """The clock over the question, the scorecard beside it."""
        yield Static(id="clock")
        with Horizontal(id="table"):
            with VerticalScroll(id="question", classes="pane"):
                yield Static(id="about")
            with VerticalScroll(id="card", classes="pane") as card:
                card.border_title = "Scorecard"
                yield Static(id="score")

    def on_mount(self) -> None:
        """Show the first question that was not asked yet."""
        super().on_mount()
        self.clock = Clock()
        self._minutes = int(self.session.recall("meeting minutes", 45))
        self._items: tuple[Item, ...] = ()
        self._key = ""
        self._judging = False
        self.set_interval(1.0, self._tick)
        self.show_questions()

    # --- what it shows ------------------------------------------------------------------------

    @property
    def item(self) -> Item | None:
        """The question that is on."""
        return next((item for item in self._items if item.key == self._key), None)

    def show_questions(self) -> None:
        """The question that is on, or the first that was not asked yet."""
        self._items = tuple(item for item in self.posed.items if not item.hidden)
        if self.item is None:
            waiting = [item for item in self._items if item.asked is None]
            first = (waiting or list(self._items))[:1]
            self._turn_to(first[0].key if first else "")
        self._tell()

    def _turn_to(self, key: str) -> None:
        self._key = key
        self.clock.show(key)

    def _tell(self) -> None:
        knowledge, item = self.session.knowledge, self.item
        pane = self.query_one("#question")
        if item is None or knowledge is None:
            says = "No open questions: review a design first (screens 1 and 2)."
            self.query_one("#about", Static).update(Content.styled(says, "$muted"))
            pane.border_title = "Meeting"
        else:
            self.query_one("#about", Static).update(question_text(item, knowledge))
            at = [each.key for each in self._items].index(item.key) + 1
            pane.border_title = Content(f"Question {at} of {len(self._items)}")
            pane.border_subtitle = Content(_standing(item))
        self._score()
        self._tick()

    def _score(self) -> None:
        opened, knowledge = self.session.current, self.session.knowledge
        if opened and opened.review and knowledge:
            width = max(24, self.query_one("#card").size.width - 3)
            card = difference(self.posed.before, opened.review, knowledge, width)
            self.query_one("#score", Static).update(card)

    def _tick(self) -> None:
        self.clock.tick()
        self.query_one("#clock", Static).update(self._line())

    def _line(self) -> Content:
        """The meeting's time, the question's time, what the agenda has room for."""
        left = self._minutes * 60 - self.clock.total
        over = "$error" if left < 0 else "$warning" if left < 300 else "$success"
        sign = "▶" if self.clock.runs else "⏸" if self.clock.total else "■"
        parts: list[Content | tuple[str, str] | str] = [
            (f" {sign} {told(self.clock.total)}", f"bold {over}"),
            (f" of {self._minutes}:00", "$muted"),
        ]
        if item := self.item:
            late = self.clock.of(item.key) > item.minutes * 60
            parts += [("   this question ", "$muted")]
            parts += [(told(self.clock.of(item.key)), "$error" if late else "bold")]
            parts += [(f" of {item.minutes}:00", "$muted")]
        asked = sum(item.asked is not None for item in self._items)
        fits = len(fitting(self._items, max(0, int(left // 60))))
        parts.append((f"   {asked} asked, time for {fits} more", "$muted"))
        if self._judging:
            parts.append(("   ⟳ judging", "$accent"))
        return Content.assemble(*parts)

    def judging(self, on: bool) -> None:
        """Say so in the line of the clock."""
        self._judging = on
        self._tick()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the bars to the width."""
        self.call_after_refresh(self._score)

    # --- actions ------------------------------------------------------------------------------

    def action_clock(self) -> None:
        """Start or pause the clock."""
        self.clock.toggle()
        self._tick()

    def action_go(self, by: int) -> None:
        """The next question, or the one before."""
        keys = [item.key for item in self._items]
        if self._key in keys:
            at = max(0, min(len(keys) - 1, keys.index(self._key) + by))
            self._turn_to(keys[at])
            self._tell()
            self.query_one("#question").scroll_home(animate=False)

    def action_mark(self) -> None:
        """Mark as asked and go on; a second time takes the mark away and stays."""
        item = self.item
        if item is None:
            return
        self.keep(partial(asking.mark, self.session, item))
        if item.asked is None:
            self.action_go(1)

    def action_skip(self) -> None:
        """Ask this one at the end, and go on."""
        item = self.item
        if item is not None and len(self._items) > 1:
            self.action_go(1)
            if self._key == item.key:
                return
            last = max(each.place for each in self._items)
            self.edit(item, position=last + 1)

    def action_length(self, by: int) -> None:
        """A longer or a shorter meeting."""
        at = min(range(len(LENGTHS)), key=lambda i: abs(LENGTHS[i] - self._minutes))
        self._minutes = LENGTHS[max(0, min(len(LENGTHS) - 1, at + by))]
        self.session.remember("meeting minutes", self._minutes)
        self._tick()

    def action_card(self) -> None:
        """Show the scorecard where there is no room for both, or the question again."""
        self.toggle_class("show-card")
        self.call_after_refresh(self._score)

    def action_scroll(self, by: int) -> None:
        """Scroll the question."""
        self.query_one("#question").scroll_relative(y=by, animate=False)


def _standing(item: Item) -> str:
    if item.settled:
        return "settled by its answer"
    if item.answers:
        return f"answered by {one_line(item.answers[-1].who, 40)}"
    return "asked" if item.asked else ""
