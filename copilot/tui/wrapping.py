"""Wraps a document's lines into the rows of a screen; all in offsets of the document's text."""

from __future__ import annotations

import re
from bisect import bisect_right

from rich.cells import get_character_cell_size

from copilot.reports.safe import printable

TAB = "    "
_NOT_ONE_CELL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061c\u064b-\u065f"
    "\u0900-\u0dff\u0e31-\u0e4e\u1100-\u115f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u20d0-\u20ff\u231a-\u231b\u23e9-\u23f3\u25fd-\u25fe\u2614-\u27bf\u2b1b-\u2b55"
    "\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\ud800-\udfff\uf900-\ufaff\ufe00-\ufe6f\ufeff-\uff60"
    "\uffe0-\uffff\U00010000-\U0010ffff]"
)
"""Characters that may take no cell, two cells, or are written out as <U+001B>."""


def visible(text: str) -> str:
    """`text` as it is drawn: tabs as blanks, invisible and control characters written out."""
    return printable(text.replace("\t", TAB)).replace("\n", " ")


class Wrapped:
    """The rows that a text makes at a width, each a span of the text."""

    def __init__(self, text: str, width: int) -> None:
        """`width` in cells, at least 1."""
        self.text = text
        self.line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._starts: list[int] = []
        bounds = [*self.line_starts[1:], len(text) + 1]
        for start, end in zip(self.line_starts, bounds, strict=True):
            self._wrap(start, end - 1, max(1, width))

    def __len__(self) -> int:
        return len(self._starts)

    def span(self, row: int) -> tuple[int, int]:
        """Offsets of a row's text, without the line feed that ends its line."""
        start = self._starts[row]
        if row + 1 == len(self._starts):
            return start, len(self.text)
        end = self._starts[row + 1]
        return start, end - 1 if self.text[end - 1] == "\n" else end

    def row_at(self, offset: int) -> int:
        """The row that an offset stands in."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def line_at(self, offset: int) -> int:
        """Number, from 1, of the line that an offset stands in, counted over the whole text."""
        return bisect_right(self.line_starts, offset)

    def _wrap(self, start: int, end: int, width: int) -> None:
        """Add the rows of the line `text[start:end]`."""
        if end - start > width or _NOT_ONE_CELL.search(self.text, start, end):
            if _NOT_ONE_CELL.search(self.text, start, end):
                self._wrap_wide(start, end, width)
            else:
                self._wrap_plain(start, end, width)
        else:
            self._starts.append(start)

    def _wrap_plain(self, start: int, end: int, width: int) -> None:
        while end - start > width:
            self._starts.append(start)
            blank = self.text.rfind(" ", start + width // 3, start + width + 1)
            start = blank + 1 if blank >= 0 else start + width
        self._starts.append(start)

    def _wrap_wide(self, start: int, end: int, width: int) -> None:
        """Like `_wrap_plain`, for lines whose characters differ in width."""
        self._starts.append(start)
        used, blank = 0, -1
        for offset in range(start, end):
            cells = _cells(self.text[offset])
            if used + cells > width and offset > self._starts[-1]:
                start = blank if blank > self._starts[-1] else offset
                used = sum(_cells(c) for c in self.text[start:offset])
                self._starts.append(start)
            used += cells
            if self.text[offset] == " ":
                blank = offset + 1


def _cells(character: str) -> int:
    """Cells that a character takes as it is drawn."""
    if character == "\t":
        return len(TAB)
    shown = printable(character)
    return get_character_cell_size(character) if shown == character else len(shown)
