"""An HTML page with the cited text highlighted and the findings listed at its top.

Only tags are inserted, between the characters of the page's own text; nothing else is rewritten.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Sequence
from html.parser import HTMLParser

from copilot.errors import InputError
from copilot.reports.annotated.letters import Letters
from copilot.reports.annotated.notes import Remarks
from copilot.reports.annotated.source import Insertion, Source

_HEAD = frozenset(("html", "head", "meta", "base", "link", "title", "script", "style", "noscript"))
_UNSHOWN = frozenset(
    ("script", "style", "title", "template", "textarea", "select", "svg", "math", "iframe",
     "noscript", "object", "video", "audio", "canvas")
)  # fmt: skip


def annotate_html(data: bytes, remarks: Remarks, where: str) -> bytes:
    """The page with a <mark> around each cited text and an <aside> with the findings.

    Cited text that is not found in the page's visible text is told in the aside. Raises
    InputError for a page in another encoding than UTF-8 or UTF-16/32 with a mark.
    """
    try:
        source = Source(data)
    except UnicodeDecodeError as error:
        todo = "save the page as UTF-8 and review it again"
        raise InputError("cannot be annotated in its encoding", where=where, todo=todo) from error
    page = _Page(source.text)
    letters = Letters(page.shown)
    size = max(1, len(remarks.text))
    insertions: list[Insertion] = []
    placed = []
    for mark in remarks.marks:
        pieces = page.pieces(letters.find(mark.citation.quote, mark.start / size))
        placed.append(bool(pieces))
        for nth, (start, end) in enumerate(pieces):
            said = html.escape(mark.note.headline)
            insertions.append((start, f'<mark class="archreview" title="{said}">'))
            link = f'<sup><a href="#archreview-{mark.note.number}">[{mark.note.number}]</a></sup>'
            insertions.append((end, "</mark>" + (link if nth == len(pieces) - 1 else "")))
    insertions.insert(0, (page.top, _aside(remarks, placed)))
    return source.with_insertions(_closers_first(insertions))


def _closers_first(insertions: Sequence[Insertion]) -> list[Insertion]:
    """At one offset, marks end before others begin."""
    return sorted(insertions, key=lambda one: (one[0], not one[1].startswith("</")))


def _aside(remarks: Remarks, placed: Sequence[bool]) -> str:
    """All findings, whether they stand in the text or not."""
    items = "".join(
        f'<li id="archreview-{number}" value="{number}">{_paragraph(lines)}</li>'
        for number, lines in remarks.everything(placed).items()
    )
    head = html.escape(remarks.head)
    return f'<aside class="archreview" role="note"><p>{head}</p><ol>{items}</ol></aside>'


def _paragraph(lines: Sequence[str]) -> str:
    return "<br>".join(html.escape(line) for line in lines)


class _Page(HTMLParser):
    """The visible text of a page and where each character of it stands in the source."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self._source = text
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._hidden, self._depth = "", 0
        """The element around that is not shown, and how many of its name are open."""
        self._runs: list[tuple[int, int, int]] = []
        """Start in the visible text, start in the source, length in both."""
        self._parts: list[str] = []
        self._length = 0
        self._body = self._content = -1
        self.feed(text)
        self.close()
        self.top = max(0, self._content if self._body < 0 else self._body)
        """Offset after the <body> tag; without one, after what belongs to the head."""
        self.shown = "".join(self._parts)
        self._starts = [shown for shown, _, _ in self._runs]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where the body begins and what is not shown."""
        if tag == "body" and self._body < 0:
            self._body = self._offset() + len(self.get_starttag_text() or "")
        if tag not in _HEAD and not self._hidden:
            self._begin(self._offset())
        if tag == self._hidden or (tag in _UNSHOWN and not self._hidden):
            self._hidden, self._depth = tag, self._depth + 1
        self._add("\n", -1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content hides nothing."""

    def handle_endtag(self, tag: str) -> None:
        """Show again what follows a hidden element."""
        if tag == self._hidden:
            self._depth -= 1
            self._hidden = self._hidden if self._depth else ""

    def handle_data(self, data: str) -> None:
        """Text of the page."""
        start = self._offset()
        if not self._hidden and self._source.startswith(data, start):
            self._add(data, start)
            if data.strip():
                self._begin(start)

    def handle_entityref(self, name: str) -> None:
        """A named character, which is never cut apart."""
        self._reference(f"&{name}")

    def handle_charref(self, name: str) -> None:
        """A numbered character, which is never cut apart."""
        self._reference(f"&#{name}")

    def _reference(self, raw: str) -> None:
        if not self._hidden:
            self._add(html.unescape(raw + ";")[:1], -1)

    def _begin(self, offset: int) -> None:
        if self._content < 0:
            self._content = offset

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _add(self, text: str, start: int) -> None:
        if start >= 0:
            self._runs.append((self._length, start, len(text)))
        self._parts.append(text)
        self._length += len(text)

    def pieces(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Source offsets of the pieces of text that the spans of the visible text cover."""
        pieces = []
        for start, end in spans:
            first = max(0, bisect_right(self._starts, start) - 1)
            last = bisect_right(self._starts, end)
            for shown, source, length in self._runs[first:last]:
                a, b = max(start, shown), min(end, shown + length)
                if a < b and self._source[source + a - shown : source + b - shown].strip():
                    pieces.append((source + a - shown, source + b - shown))
        return pieces
