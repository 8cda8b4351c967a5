"""The document as it was reviewed: numbered lines, citations highlighted, nothing interpreted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from textual import events
from textual.content import Content
from textual.reactive import reactive

from copilot.documents.locate import Locator
from copilot.schema import Document
from copilot.tui.rows import Rows
from copilot.tui.wrapping import Wrapped, visible

GUTTER = 7
"""Cells for the line number and the mark of lines that are cited."""


@dataclass(frozen=True, order=True)
class Mark:
    """A span of the document that a finding or an aspect cites."""

    start: int
    end: int
    owner: str = ""
    """Fingerprint of the finding; the aspect's id where there is none."""
    style: str = "$primary"
    """Of the mark beside the line."""
    near: bool = False
    """True for a passage that came near without being evidence."""


class DocumentView(Rows):
    """Shows a document of any size; the cursor is a row, Enter asks who cites its line."""

    DEFAULT_CSS = """
    DocumentView { background: $background; overflow-y: scroll; }
    """

    document: reactive[Document | None] = reactive(None, repaint=False)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._wrapped = Wrapped("", 80)
        self._width = 0
        self._locator: Locator | None = None
        self._marks: list[Mark] = []
        self._longest = 0
        self._current: Mark | None = None

    # --- what it shows ----------------------------------------------------------------------

    def show(self, document: Document | None, marks: Iterable[Mark] = ()) -> None:
        """Another document, or other marks; the place is kept while the text is the same."""
        same = document is not None and document == self.document
        self.document = document
        self._mark(marks)
        if not same:
            self._locator = Locator(document) if document else None
            self._current = None
            self._wrap()
            self.renew(cursor=0)
        self.refresh()

    def _mark(self, marks: Iterable[Mark]) -> None:
        self._marks = sorted(marks)
        self._longest = max((mark.end - mark.start for mark in self._marks), default=0)

    def go_to(self, mark: Mark) -> None:
        """Highlight a citation and show it with some lines before it."""
        self._current = mark
        row = self._wrapped.row_at(mark.start)
        self._put(row)
        self.scroll_to(y=max(0, row - self.size.height // 4), animate=False, immediate=True)
        self.refresh()

    def next_mark(self, by: int) -> None:
        """Go to the next citation in the text, or the previous one, from the cursor on."""
        start, end = self._wrapped.span(self.cursor) if self.count() else (0, 0)
        if self._current and self._current.start in range(start, end + 1):
            start = end = self._current.start
        if by > 0:
            found = next((m for m in self._marks if m.start > start), None)
        else:
            found = next((m for m in reversed(self._marks) if m.start < start), None)
        if found:
            self.go_to(found)

    def stay(self, cursor: int, top: int) -> None:
        """Put cursor and view back to where they were."""
        self._put(cursor)
        self.scroll_to(y=top, animate=False, immediate=True)

    def lines_span(self, file: str, first: int, last: int) -> tuple[int, int] | None:
        """Offsets of lines of one file, its first line is 1; None when they are not there."""
        document = self.document
        found = next((f for f in document.files if f.path == file), None) if document else None
        if found is None:
            return None
        before = self._wrapped.line_at(found.start) - 1
        starts = self._wrapped.line_starts
        if not 0 < first <= last or before + last > len(starts):
            return None
        end = starts[before + last] - 1 if before + last < len(starts) else len(self._wrapped.text)
        return starts[before + first - 1], end

    @property
    def offset_at_cursor(self) -> int:
        """Offset of the first character of the row under the cursor."""
        return self._wrapped.span(self.cursor)[0] if len(self._wrapped) else 0

    def marks_on_line(self) -> list[Mark]:
        """The marks that touch the line under the cursor, in order."""
        if not len(self._wrapped):
            return []
        line = self._wrapped.line_at(self.offset_at_cursor)
        starts = [*self._wrapped.line_starts, len(self._wrapped.text) + 1]
        return self._marks_in(starts[line - 1], starts[line])

    def place(self) -> str:
        """File, line and headings at the cursor."""
        if self._locator is None:
            return ""
        offset = self.offset_at_cursor
        line, _ = self._locator.lines(offset, offset + 1)
        return " › ".join(
            (f"{self._locator.file(offset).path}:{line}", *self._locator.heading(offset))
        )

    # --- drawing ----------------------------------------------------------------------------

    def count(self) -> int:
        """Rows after wrapping."""
        return len(self._wrapped) if self.document else 0

    def empty(self) -> str:
        """Said where no document is there."""
        return "No document."

    def draw(self, index: int, width: int) -> Content:
        """The line's number, its mark, its text with citations highlighted."""
        start, end = self._wrapped.span(index)
        marks = self._marks_in(start, max(end, start + 1))
        return Content.assemble(*self._gutter(index, start, marks), *self._text(start, end, marks))

    def _gutter(self, index: int, start: int, marks: Sequence[Mark]) -> list[tuple[str, str]]:
        first = start == 0 or self._wrapped.text[start - 1] == "\n"
        number = ""
        if first and self._locator:
            number = str(self._locator.lines(start, start + 1)[0])
        mark = ("▌", marks[0].style) if marks else (" ", "")
        return [(f"{number:>{GUTTER - 2}} ", "$faint"), mark]

    def _text(self, start: int, end: int, marks: Sequence[Mark]) -> list[tuple[str, str]]:
        """The row in pieces, cut where a highlight begins or ends."""
        text = self._wrapped.text
        line = self._wrapped.line_starts[self._wrapped.line_at(start) - 1]
        plain = "bold $primary" if text.startswith("#", line) else ""
        shown = [*marks, *([self._current] if self._current else [])]
        edges = {start, end}
        for mark in shown:
            edges |= {min(max(edge, start), end) for edge in (mark.start, mark.end)}
        cuts = sorted(edges)
        return [(visible(text[a:b]), self._style(a, shown, plain)) for a, b in pairwise(cuts)]

    def _style(self, offset: int, marks: Sequence[Mark], plain: str) -> str:
        current = self._current
        if current and current.start <= offset < current.end:
            shade = "on $near" if current.near else "$foreground on $quote-current"
            return f"{plain} {shade}".strip()
        if any(mark.start <= offset < mark.end for mark in marks):
            return f"{plain} on $quote".strip()
        return plain

    def _marks_in(self, start: int, end: int) -> list[Mark]:
        """Marks that touch `[start, end)`."""
        first = bisect_left(self._marks, Mark(start - self._longest, 0))
        last = bisect_right(self._marks, Mark(end, 0))
        return [mark for mark in self._marks[first:last] if mark.end > start and mark.start < end]

    # --- sizes ------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew and stay at the same text."""
        if self.scrollable_size.width != self._width:
            offset = self.offset_at_cursor
            above = self.cursor - self.scroll_offset.y
            self._wrap()
            self.renew(cursor=self._wrapped.row_at(offset))
            self.scroll_to(y=max(0, self.cursor - above), animate=False, immediate=True)
        else:
            self.renew()

    def _wrap(self) -> None:
        self._width = self.scrollable_size.width
        text = self.document.text if self.document else ""
        self._wrapped = Wrapped(text, max(10, self._width - GUTTER))
