"""Cuts a text into blocks by the rules of its format.

Every scanner walks the lines once and looks for a closing mark at most once per kind, so hostile
input (unclosed fences, 100,000 headings, one line of two million characters) stays linear.
"""

from __future__ import annotations

from collections.abc import Callable

from copilot.documents.blocks import Block, Builder, enclosed_rows, table_end
from copilot.documents.lines import Lines
from copilot.documents.markdown import scan_docx, scan_markdown
from copilot.documents.plain import plain_headings
from copilot.documents.rst import scan_rst


def scan(text: str, format: str) -> list[Block]:
    """Blocks of a text by the rules of its format (see `schema.Document.format`)."""
    return _SCANNERS.get(format, _scan_plain)(Lines(text))


def _scan_plain(lines: Lines) -> list[Block]:
    return _scan_unmarked(lines, paged=False)


def _scan_pdf(lines: Lines) -> list[Block]:
    return _scan_unmarked(lines, paged=True)


def _scan_unmarked(lines: Lines, *, paged: bool) -> list[Block]:
    built, row = Builder(lines), 0
    headings = plain_headings(lines.rows, paged=paged)
    while row < len(lines):
        bare = lines.rows[row].lstrip()
        if row in headings:
            level, title, count = headings[row]
            row = built.add("heading", row, row + count, level, title)
        elif not bare:
            row = built.skip(row)
        elif end := table_end(lines, row, bare):
            row = built.add("table", row, end)
        elif enclosed := enclosed_rows(lines, row, bare) if bare[0] == "@" else None:
            row = built.add(enclosed[0], row, enclosed[1])
        else:
            row = built.extend(row)
    built.close(row)
    return built.blocks


_SCANNERS: dict[str, Callable[[Lines], list[Block]]] = {
    "markdown": scan_markdown,
    "html": scan_markdown,
    "docx": scan_docx,
    "rst": scan_rst,
    "text": _scan_plain,
    "pdf": _scan_pdf,
}
