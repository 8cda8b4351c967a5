"""A text as blocks: headings, paragraphs, fences, tables and what is no content.

Blocks are whole lines, in order, without overlap, and cover all text that is not white space.
Here are the noun, the builder and the rules that several formats share.
"""

from __future__ import annotations

from typing import NamedTuple

from copilot.documents.lines import Lines

MAX_TITLE = 200
"""Longer headings are cut to this many characters in `title`; their text is untouched."""

ENCLOSED = (
    ("<!--", "-->", "comment"),
    ("<table", "</table", "table"),
    ("<pre", "</pre", "fence"),
    ("@start", "@end", "fence"),
    (":::mermaid", r"^:::[ \t]*$", "fence"),
    ("::: mermaid", r"^:::[ \t]*$", "fence"),
)
"""Opening of a line, pattern of the line that closes it, kind of the block."""


class Block(NamedTuple):
    """Whole lines that belong together; the end is past the last line's last character."""

    kind: str
    """heading, text, fence (also literal blocks), table, comment or front (front matter)."""
    start: int
    end: int
    level: int = 0
    """1 for the outermost heading; 0 for what is no heading."""
    title: str = ""


class Builder:
    """Collects blocks; lines that no rule claims run together into text blocks."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.blocks: list[Block] = []
        self.open: int | None = None
        """First row of the paragraph being collected."""

    def close(self, row: int) -> None:
        """End the paragraph that is open before `row`."""
        if self.open is not None:
            self._append("text", self.open, row)
            self.open = None

    def add(self, kind: str, first: int, after: int, level: int = 0, title: str = "") -> int:
        """Add rows `first` to `after` (exclusive) as a block; returns `after`."""
        self.close(first)
        self._append(kind, first, after, level, title)
        return after

    def extend(self, row: int) -> int:
        """Add one row to the open paragraph; returns the next row."""
        if self.open is None:
            self.open = row
        return row + 1

    def skip(self, row: int) -> int:
        """Pass over an empty row, which ends the paragraph; returns the next row."""
        self.close(row)
        return row + 1

    def _append(self, kind: str, first: int, after: int, level: int = 0, title: str = "") -> None:
        start, end = self.lines.starts[first], self.lines.end(after - 1)
        self.blocks.append(Block(kind, start, end, level, title[:MAX_TITLE].strip()))


def table_end(lines: Lines, row: int, bare: str) -> int:
    """Row after the run of rows that begin with a bar; 0 when this one does not."""
    if not bare.startswith("|"):
        return 0
    end = row + 1
    while end < len(lines) and lines.rows[end].lstrip(" \t>").startswith("|"):
        end += 1
    return end


def enclosed_rows(lines: Lines, row: int, bare: str) -> tuple[str, int] | None:
    """Kind and end of a block with an opening and a closing line, when one opens at `row`."""
    if bare[0] not in "<@:":
        return None
    opening = bare[:12].lower()
    for start, closer, kind in ENCLOSED:
        if opening.startswith(start):
            first = row + 1 if closer.startswith("^") else row
            last = lines.row_of(closer, first) if first < len(lines) else None
            return None if last is None else (kind, last + 1)
    return None
