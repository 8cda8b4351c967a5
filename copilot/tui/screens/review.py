"""One review: dimensions and aspects, findings, what is known about each, the text beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from copilot.review.events import Judged, Read
from copilot.schema import Coverage
from copilot.tui import citing, summary
from copilot.tui.aspects import AspectTree
from copilot.tui.deciding import Deciding
from copilot.tui.detail_pane import Detail
from copilot.tui.document import DocumentView, Mark
from copilot.tui.facets import Facets, stand
from copilot.tui.findings import FindingsTable
from copilot.tui.messages import (
    KnowledgeLoaded,
    ReviewEnded,
    ReviewMoved,
    ReviewOpened,
    ReviewStarted,
    Told,
    TriageChanged,
)
from copilot.tui.page import Page
from copilot.tui.rows import Rows

if TYPE_CHECKING:
    from copilot.tui.app import ArchReview

NARROW = 100
"""Below this width (see the breakpoints of the application) one pane has the screen."""
PANES = ("tree", "findings", "detail", "document")


class ReviewPage(Deciding, Page):
    """The screen of one design's review."""

    entry = "review"
    AUTO_FOCUS = "#findings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search"),
        Binding("f", "filter", "filter"),
        Binding("n", "cite(1)", "next quote"),
        Binding("N", "cite(-1)", "previous quote", show=False),
        Binding("s", "sort", "sort", show=False),
        Binding("S", "backwards", "sort the other way", show=False),
        Binding("tab,l,right", "pane(1)", "next pane", show=False),
        Binding("shift+tab,h,left", "pane(-1)", "previous pane", show=False),
        Binding("b", "show('tree')", "aspects", show=False),
        Binding("v", "show('document')", "text", show=False),
        Binding("r", "review", "review"),
        Binding("ctrl+r", "retry", "judge what has no verdict", show=False),
        Binding("escape", "back", "show all, unmark", show=False),
        Binding("J", "design(1)", "next design", show=False),
        Binding("K", "design(-1)", "previous design", show=False),
    ]

    def body(self) -> ComposeResult:
        """A line of state over three columns."""
        yield Static(id="state")
        with Horizontal(id="columns"):
            yield _titled(AspectTree(id="tree"), "Aspects")
            with Vertical(id="middle"):
                yield _titled(FindingsTable(id="findings"), "Findings")
                yield Input(id="search", placeholder="words to find in findings")
                yield _titled(Detail(id="detail"), "Detail")
            yield _titled(DocumentView(id="document"), "Text")

    # --- parts --------------------------------------------------------------------------------

    @property
    def aspects(self) -> AspectTree:
        """Dimensions and aspects."""
        return self.query_one("#tree", AspectTree)

    @property
    def findings(self) -> FindingsTable:
        """The table."""
        return self.query_one("#findings", FindingsTable)

    @property
    def detail(self) -> Detail:
        """What is known about what the cursor is on."""
        return self.query_one("#detail", Detail)

    @property
    def text(self) -> DocumentView:
        """The document."""
        return self.query_one("#document", DocumentView)

    @property
    def _app(self) -> ArchReview:
        return cast("ArchReview", self.app)

    # --- what it shows ------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show what is open already."""
        super().on_mount()
        self.partial: dict[str, Coverage] = {}
        self._of_aspect = False
        self._citation = 0
        self._told_of = ""
        self.findings.present(
            Facets.model_validate(self.session.recall("facets", {})),
            self.session.recall("order", "severity"),
            self.session.recall("backwards", False),
        )
        self.set_class(self.session.recall("tree", False), "show-tree")
        self._all()

    def hear(self, message: Told) -> None:
        """Follow the open design: another one, verdicts that come in, decisions."""
        opened = self.session.current
        match message:
            case KnowledgeLoaded():
                self._all()
            case ReviewOpened():
                self.partial = {}
                self._citation, self._told_of = 0, ""
                self.findings.selected = set()
                self._all()
            case TriageChanged():
                self._findings()
            case ReviewStarted(path) if opened and path == opened.path:
                self.partial = {}
                self._verdicts()
            case ReviewMoved(path, event) if opened and path == opened.path:
                self._moved(event)
            case ReviewEnded(path) if opened and path == opened.path:
                self.partial = {}
                self._all()
        self._state()

    def _moved(self, event: object) -> None:
        if isinstance(event, Read) and self.text.document is None:
            self.text.show(event.document)
        if isinstance(event, Judged):
            self.partial |= {row.aspect: row for row in event.rows}
            self._verdicts()

    def _all(self) -> None:
        self._verdicts()
        self._findings()
        opened = self.session.current
        self.text.show(opened.document if opened else None, self._marks())
        self._state()

    def _verdicts(self) -> None:
        if self.session.knowledge:
            opened = self.session.current
            judging = bool(opened and self.session.running == opened.path)
            self.aspects.show(self.session.knowledge, self.rows, judging=judging)

    @property
    def rows(self) -> dict[str, Coverage]:
        """Aspect -> its verdict; while a review runs, those that came in so far."""
        opened = self.session.current
        if opened and self.session.running == opened.path:
            return self.partial
        review = opened.review if opened else None
        return {row.aspect: row for row in review.coverage} if review else {}

    def _findings(self) -> None:
        self._read_findings()

    @work(exclusive=True, group="findings")
    async def _read_findings(self) -> None:
        """Look up what was decided: for many findings that takes longer than a key may."""
        self.findings.show(await asyncio.to_thread(self.session.entries))

    def _marks(self) -> list[Mark]:
        return citing.marks(self.session.current.review if self.session.current else None)

    def _state(self) -> None:
        line = summary.line(self.session, self.rows, self.size.width)
        self.query_one("#state", Static).update(line)

    # --- following the cursor -----------------------------------------------------------------

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show what the cursor is on."""
        if event.rows is self.findings:
            entry = self.findings.entry
            told = entry.finding.fingerprint if entry else ""
            other = self._of_aspect or told != self._told_of
            self._of_aspect, self._told_of = False, told
            self._citation = 0 if other else self._citation
            self._tell(jump=other)
        elif event.rows is self.aspects and self.aspects.has_focus:
            self._of_aspect = True
            self._tell(jump=True)
        elif event.rows is self.text:
            self.text.border_subtitle = _plain(self.text.place())

    def on_findings_table_changed(self) -> None:
        """Keep the table's title true."""
        table = self.findings
        counted = stand(table.entries, len(table.shown))
        told = table.facets.told()
        chosen = f" · {len(table.selected)} selected" if table.selected else ""
        table.border_title = _plain(f"Findings {counted.shown}/{counted.all}{chosen}")
        changed = f", {counted.changed} changed since" if counted.changed else ""
        table.border_subtitle = _plain(told or f"{counted.open} open{changed}")

    def _tell(self, jump: bool) -> None:
        """Fill the detail pane; `jump` also shows the first citation in the text."""
        knowledge = self.session.knowledge
        if knowledge is None:
            return
        if self._of_aspect and self.aspects.node:
            self.detail.show_node(self.aspects.node, self.rows, self.session)
        else:
            self.detail.show_entry(self.findings.entry, self.rows, self.session, self._citation)
        if jump:
            self._jump()

    def _jump(self) -> None:
        mark = self._quotes()[self._citation] if self._quotes() else None
        if mark:
            self.text.go_to(mark)

    def _quotes(self) -> list[Mark]:
        """The verified citations of what the cursor is on, or the passages that came nearest."""
        if self._of_aspect:
            row = self.rows.get(self.aspects.node.aspect) if self.aspects.node else None
            return citing.quotes(row, self.text) if row else []
        entry = self.findings.entry
        return citing.quotes(entry.finding, self.text) if entry else []

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Enter: from a finding to its text, from a line to its findings, from an aspect on."""
        if event.rows is self.findings:
            self._jump()
            self.action_show("document")
        elif event.rows is self.text:
            self._citing()
        elif self.aspects.node:
            self._narrow()

    def _citing(self) -> None:
        """Go to the finding that cites the line; to the next one when it is shown already."""
        owners = list(dict.fromkeys(mark.owner for mark in self.text.marks_on_line()))
        if not owners:
            self.notify("No finding cites this line.", timeout=3)
            return
        entry = self.findings.entry
        here = entry.finding.fingerprint if entry else ""
        at = (owners.index(here) + 1) % len(owners) if here in owners else 0
        place = self.text.cursor, self.text.scroll_offset.y
        if not self.findings.go_to(owners[at]):
            self.findings.present(Facets())
            self.findings.go_to(owners[at])
        self.text.stay(*place)
        more = f", {at + 1} of {len(owners)}" if len(owners) > 1 else ""
        self.notify(f"{self.findings.entry.finding.title}{more}", timeout=3, markup=False)  # type: ignore[union-attr]

    def _narrow(self) -> None:
        """Show the findings of the dimension or aspect under the cursor; again: all."""
        node = self.aspects.node
        assert node is not None
        facets = self.findings.facets
        wanted = facets.model_copy(
            update={"dimensions": (node.dimension,), "aspect": node.aspect}
            if node.aspect
            else {"dimensions": (node.dimension,), "aspect": ""}
        )
        if wanted == facets:
            wanted = facets.model_copy(update={"dimensions": (), "aspect": ""})
        self._facets(wanted)

    # --- actions ------------------------------------------------------------------------------

    def action_cite(self, by: int) -> None:
        """The next citation: of the text where the text has the focus, else of the finding."""
        if self.text.has_focus:
            self.text.next_mark(by)
            return
        quotes = self._quotes()
        if not quotes:
            self.notify("Nothing is cited here.", timeout=3)
            return
        self._citation = (self._citation + by) % len(quotes)
        self._tell(jump=True)

    def action_pane(self, by: int) -> None:
        """Give the focus to the pane that follows."""
        focused = self.focused.id if self.focused else "findings"
        at = PANES.index(focused) if focused in PANES else 1
        for step in range(1, len(PANES) + 1):
            name = PANES[(at + by * step) % len(PANES)]
            if name != "tree" or self.aspects.display or self.size.width < NARROW:
                self.action_show(name)
                return

    def action_show(self, name: str) -> None:
        """Give a pane the focus and show it; the key of the tree also puts it away again."""
        away = name == "tree" and self.aspects.has_focus and not self.has_class("-wide")
        name = "findings" if away else name
        self._make_room(name, self.size.width)
        if away:
            self.remove_class("show-tree")
        if name == "tree" or away:
            self.session.remember("tree", self.has_class("show-tree"))
        self.call_after_refresh(self.query_one(f"#{name}").focus)

    def _make_room(self, name: str, width: int) -> None:
        """Let a pane show: alone on a narrow screen, beside the others on a wider one."""
        if width < NARROW:
            self.set_class(name == "tree", "show-tree")
            self.set_class(name == "document", "show-document")
        elif name == "tree":
            self.add_class("show-tree")

    def on_resize(self, event: events.Resize) -> None:
        """Keep what has the focus in sight."""
        if self.focused and self.focused.id in PANES:
            self._make_room(self.focused.id, event.size.width)
        self.call_after_refresh(self._state)

    def action_search(self) -> None:
        """Open the search line."""
        field = self.query_one("#search", Input)
        field.add_class("-open")
        field.value = self.findings.facets.text
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while typing."""
        if event.input.has_class("-open"):
            self.findings.present(
                self.findings.facets.model_copy(update={"text": event.value.strip()})
            )

    def on_input_submitted(self) -> None:
        """Leave the search line; what it found stays."""
        field = self.query_one("#search", Input)
        field.set_class(not field.has_class("-open"), "-open")
        self._facets(self.findings.facets)
        self.findings.focus()

    def action_filter(self) -> None:
        """Ask what to show."""
        from copilot.tui.dialogs.filter import Filter

        knowledge = self.session.knowledge
        dimensions = [(d.id, d.title) for d in knowledge.dimensions] if knowledge else []
        self.app.push_screen(Filter(self.findings.facets, dimensions), self._facets)

    def _facets(self, facets: Facets | None) -> None:
        if facets is not None:
            self.findings.present(facets)
            kept = facets.model_copy(update={"text": "", "aspect": ""})
            self.session.remember("facets", kept.model_dump(mode="json"))

    def action_sort(self) -> None:
        """The next order."""
        from copilot.tui.facets import ORDERS

        names = list(ORDERS)
        order = names[(names.index(self.findings.order) + 1) % len(names)]
        self.findings.present(order=order, backwards=False)
        self.session.remember("order", order)
        self.session.remember("backwards", False)

    def action_backwards(self) -> None:
        """The other direction."""
        self.findings.present(backwards=not self.findings.backwards)
        self.session.remember("backwards", self.findings.backwards)

    def action_back(self) -> None:
        """Close the search line; else unmark; else show all."""
        field = self.query_one("#search", Input)
        if field.has_class("-open"):
            field.remove_class("-open")
            self.findings.focus()
        elif self.findings.selected:
            self.findings.clear_selection()
        else:
            self._facets(Facets())

    def action_review(self) -> None:
        """Review the open design anew."""
        if self.session.current:
            self._app.review([self.session.current.path])

    def action_retry(self) -> None:
        """Judge the aspects without a verdict, and leave the others as they are."""
        from copilot.review.retry import unjudged_dimensions

        opened, knowledge = self.session.current, self.session.knowledge
        if opened is None or opened.review is None or knowledge is None:
            return
        dimensions = unjudged_dimensions(opened.review, knowledge)
        if dimensions:
            self._app.review([opened.path], dimensions)
        else:
            self.notify("Every aspect has a verdict.", timeout=3)

    def action_design(self, by: int) -> None:
        """Open the design that follows on the list."""
        opened = self.session.current
        names = [d.design for d in self.session.designs]
        if opened and opened.design in names:
            at = (names.index(opened.design) + by) % len(names)
            self._app.open(self.session.path(names[at]))


def _titled(pane: Rows | Detail, title: str) -> Rows | Detail:
    pane.border_title = title
    pane.add_class("pane")
    return pane


def _plain(text: str) -> Content:
    """Text for a border, which is never read as markup."""
    return Content(text)
