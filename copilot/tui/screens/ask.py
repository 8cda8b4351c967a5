"""Questions about the open design, answered by its own sentences; Enter goes to the text."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input

from copilot.reports.safe import one_line
from copilot.reports.scorecard import place
from copilot.tui.messages import ReviewOpened, Told
from copilot.tui.page import Page
from copilot.tui.rows import Rows

if TYPE_CHECKING:
    from copilot.review.ask import Reply
    from copilot.schema import Citation, Searched
    from copilot.tui.app import ArchReview


@dataclass(frozen=True)
class Line:
    """One row of the conversation."""

    text: str
    style: str = ""
    citation: Citation | None = None


@dataclass(frozen=True)
class Quoted:
    """A single citation, as `reading.show` takes it."""

    citations: tuple[Citation, ...]
    searched: Searched | None = None


class Conversation(Rows):
    """Replies, the latest at the end; rows with a citation can be chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "to the text")]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.replies: list[Reply] = []
        self._lines: list[Line] = []

    def show(self, replies: list[Reply]) -> None:
        """Other replies; the cursor goes to the first citation of the last one."""
        self.replies = replies
        self._wrap()
        lasts = [i for i, line in enumerate(self._lines) if line.style == "bold $primary"]
        begins = lasts[-1] if lasts else 0
        cited = (i for i, line in enumerate(self._lines) if i > begins and line.citation)
        self.renew(cursor=next(cited, begins))

    @property
    def line(self) -> Line | None:
        """The row under the cursor."""
        return self._lines[self.cursor] if 0 <= self.cursor < len(self._lines) else None

    def next_citation(self, by: int) -> None:
        """Go to the next row with a citation."""
        rows = [i for i, line in enumerate(self._lines) if line.citation]
        beyond = [i for i in rows if (i > self.cursor if by > 0 else i < self.cursor)]
        if beyond:
            self._put(beyond[0] if by > 0 else beyond[-1])

    def _wrap(self) -> None:
        width = max(20, self.scrollable_size.width - 2)
        self._lines = [line for reply in self.replies for line in lines(reply, width)]

    def on_resize(self, event: events.Resize) -> None:
        """Break the lines anew."""
        self._wrap()
        self.renew()

    def count(self) -> int:
        """Rows."""
        return len(self._lines)

    def empty(self) -> str:
        """How to begin."""
        return "Type a question and press enter; every sentence of the answer cites the design."

    def draw(self, index: int, width: int) -> Content:
        """One row."""
        line = self._lines[index]
        return Content.styled(f" {line.text}", line.style)


def lines(reply: Reply, width: int) -> list[Line]:
    """A reply as rows: the question, sentences each with its citations, what was thrown away."""
    found = [Line(part, "bold $primary") for part in _wrapped("? ", reply.question, width)]
    if not reply.told:
        found.append(Line("The document does not tell. Nearest to it:", "$warning"))
    for sentence in reply.sentences:
        found += [Line(p, "", sentence.citations[0]) for p in _wrapped("", sentence.text, width)]
        for citation in sentence.citations:
            quoted = "" if " ".join(citation.quote.split()) == sentence.text else citation.quote
            found += [Line(p, "$muted", citation) for p in _cited(citation, quoted, width)]
    for citation in reply.nearest:
        found += [Line(p, "$muted", citation) for p in _cited(citation, citation.quote, width)]
    for text in reply.rejected:
        said = f"rejected, no quote carries it: {text}"
        found += [Line(part, "$error") for part in _wrapped("  ✗ ", said, width)]
    return [*found, Line("")]


def _cited(citation: Citation, quote: str, width: int) -> list[str]:
    heading = " › ".join(citation.heading[-2:])
    said = f"{place(citation)}  {heading}" + (f"  “{one_line(quote, 160)}”" if quote else "")
    return _wrapped("  ↳ ", said, width)


def _wrapped(lead: str, text: str, width: int) -> list[str]:
    hang = " " * len(lead)
    flat = one_line(text)
    return textwrap.wrap(flat, width, initial_indent=lead, subsequent_indent=hang) or [lead]


class Ask(Page):
    """A line for the question over the conversation."""

    entry = "ask"
    AUTO_FOCUS = "#ask"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,i", "type", "ask"),
        Binding("n", "cite(1)", "next citation"),
        Binding("N", "cite(-1)", "citation before", show=False),
        Binding("escape", "leave", "to the answers", show=False),
    ]

    def body(self) -> ComposeResult:
        """The question's line, the conversation."""
        yield Input(id="ask", placeholder="a question about the design · esc: to the answers")
        table = Conversation(id="replies")
        table.border_title = "Answers"
        yield table

    def on_mount(self) -> None:
        """Begin with the design that is open."""
        super().on_mount()
        self._of: dict[str, list[Reply]] = {}
        self._show()

    def hear(self, message: Told) -> None:
        """Each design has its own conversation."""
        if isinstance(message, ReviewOpened):
            self._show()

    @property
    def replies(self) -> Conversation:
        """The conversation."""
        return self.query_one(Conversation)

    def _show(self) -> None:
        opened = self.session.current
        self.replies.show(self._of.get(opened.design, []) if opened else [])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Ask."""
        question = event.value.strip()
        if question:
            self.run_worker(self._ask(question), exclusive=True, group="ask")

    async def _ask(self, question: str) -> None:
        from copilot.tui.bench import Over
        from copilot.tui.errands import Asked

        app, opened = cast("ArchReview", self.app), self.session.current
        if opened is None or app.bench is None:
            self.notify("Open a design on the Workspace screen (1) first.", timeout=4)
            return
        busy = self.session.running is not None
        self.replies.border_subtitle = "waits for the review …" if busy else "searching …"
        async for said in app.bench.review(Asked(opened.path, question)):
            if isinstance(said, Over):
                self.replies.border_subtitle = ""
                if said.problem:
                    self.notify(said.problem, severity="error", timeout=12, markup=False)
                return
            self._of.setdefault(opened.design, []).append(said)
            self.query_one(Input).clear()
            self._show()
            self.replies.focus()

    # --- actions ------------------------------------------------------------------------------

    def action_type(self) -> None:
        """Back to the question's line."""
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        """From the line to the answers."""
        self.replies.focus()

    def action_cite(self, by: int) -> None:
        """The next citation."""
        self.replies.next_citation(by)

    def on_rows_chosen(self) -> None:
        """Enter on a citation shows it in the document."""
        from copilot.tui.reading import show

        line = self.replies.line
        if line and line.citation:
            show(cast("ArchReview", self.app), Quoted((line.citation,)))
        else:
            self.notify("No citation on this line: n goes to the next.", timeout=3)
