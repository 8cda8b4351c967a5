"""reStructuredText as blocks."""

from __future__ import annotations

import re

from copilot.documents.blocks import MAX_TITLE, Block, Builder
from copilot.documents.lines import Lines

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{1,}[ \t]*$")
_LITERAL = re.compile(
    r"[ \t]*\.\. (?:code|code-block|sourcecode|uml|mermaid|graphviz|literalinclude|math|parsed-"
    r"literal|productionlist|digraph|graph|highlight|plantuml)::"
)


def scan_rst(lines: Lines) -> list[Block]:
    """Blocks of reStructuredText; the first adornment that is met is the outermost level."""
    built, row = Builder(lines), 0
    styles: dict[tuple[str, bool], int] = {}
    while row < len(lines):
        row = _rst_row(built, row, styles)
    built.close(row)
    return built.blocks


def _rst_row(built: Builder, row: int, styles: dict[tuple[str, bool], int]) -> int:
    """Handle the block that starts at a row; returns the row after it."""
    lines, text = built.lines, built.lines.rows[row]
    bare = text.lstrip()
    if not bare:
        return built.skip(row)
    if built.open is None and (found := _rst_title(lines, row)):
        mark, over, title, end = found
        level = styles.setdefault((mark, over), len(styles) + 1)
        return built.add("heading", row, end, level, title)
    if bare.startswith(("+--", "+==", "|")):
        return built.add("table", row, _rst_grid_end(lines, row))
    if _LITERAL.match(text):
        return built.add("fence", row, _dedent(lines, row + 1, _indent(text)))
    following = built.extend(row)
    if text.rstrip().endswith("::") and not bare.startswith(".."):
        return _literal(built, following, _indent(text))
    return following


def _literal(built: Builder, row: int, indent: int) -> int:
    """Handle what follows a paragraph that ends in "::": an empty row, then indented ones."""
    lines, first = built.lines, row
    while first < len(lines) and not lines.rows[first].strip():
        first += 1
    end = _dedent(lines, first, indent) if first > row else row
    return built.add("fence", first, end) if end > first else row


def _rst_title(lines: Lines, row: int) -> tuple[str, bool, str, int] | None:
    """Adornment, whether it also stands above, title and end of a section title at `row`."""
    rows = [line.rstrip() for line in lines.rows[row : row + 3]]
    rows += [""] * (3 - len(rows))
    above, under = _ADORNMENT.match(rows[0]), _ADORNMENT.match(rows[1])
    if above and rows[1] and rows[2] == rows[0] and not (under and len(rows[1]) > 3):
        return above[1], True, rows[1].strip(), row + 3
    titled = not above and rows[0][:1].strip() and len(rows[0]) <= MAX_TITLE
    if under and titled and len(rows[1]) >= max(min(4, len(rows[0])), len(rows[0]) // 2):
        return under[1], False, rows[0], row + 2
    return None


def _rst_grid_end(lines: Lines, row: int) -> int:
    """Row after a grid table or line block."""
    end = row + 1
    while end < len(lines) and lines.rows[end].lstrip().startswith(("+", "|")):
        end += 1
    return end


def _dedent(lines: Lines, row: int, indent: int) -> int:
    """Row after the last non-empty row that is indented by more than `indent`, or `row`."""
    end = row
    while row < len(lines) and (not lines.rows[row].strip() or _indent(lines.rows[row]) > indent):
        row += 1
        end = row if lines.rows[row - 1].strip() else end
    return end


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" \t"))
