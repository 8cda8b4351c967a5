"""Markdown as blocks, and DOCX once it is converted to Markdown."""

from __future__ import annotations

import re

from copilot.documents.blocks import MAX_TITLE, Block, Builder, enclosed_rows, table_end
from copilot.documents.lines import Lines
from copilot.documents.plain import plain_headings

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_SETEXT = re.compile(r" {0,3}(=+|-{3,})[ \t]*$")
_DELIMITER = re.compile(r"[ \t>]*[|:-][-|: \t]*$")
_ITEM = re.compile(r"[ \t>]*(?:[-*+•]|\d{1,9}[.)])[ \t]")
_BEFORE_FENCE = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]+(?=[`~])")
_OPENERS = frozenset("#`~|<@:=-")
"""What a line begins with that is more than a paragraph's; a list item may also hold a fence."""
_MARKS = frozenset("[]<>{}*_`\\\t")
_BOLD = re.compile(r"\*\*(?!!\[)([^*\n]{2,120})\*\*[ \t]*$")


def scan_markdown(lines: Lines) -> list[Block]:
    """Blocks of CommonMark with tables, front matter and diagrams."""
    built, row = Builder(lines), 0
    if end := _front_matter(lines):
        row = built.add("front", 0, end)
    while row < len(lines):
        row = _markdown_row(built, row)
    built.close(row)
    return built.blocks


def scan_docx(lines: Lines) -> list[Block]:
    """Markdown in which a short paragraph all in bold is a heading under the styled ones.

    Authors without styles also number their headings by hand: where nothing else is a heading,
    the rules for plain text apply to paragraphs of one line.
    """
    level, blocks = 0, []
    for block in scan_markdown(lines):
        bold = block.kind == "text" and block.end - block.start < 130
        found = _BOLD.match(lines.text, block.start, block.end) if bold else None
        if block.kind == "heading":
            level = block.level
        elif found:
            block = block._replace(kind="heading", level=level + 1, title=found[1].strip())
        blocks.append(block)
    unmarked = not any(block.kind == "heading" for block in blocks)
    return _numbered_by_hand(lines, blocks) if unmarked else blocks


def _numbered_by_hand(lines: Lines, blocks: list[Block]) -> list[Block]:
    headings = plain_headings(lines.rows, paged=True)
    marked = []
    for block in blocks:
        row = lines.row_at(block.start)
        if block.kind == "text" and row in headings and block.end == lines.end(row):
            level, title, _ = headings[row]
            block = block._replace(kind="heading", level=level, title=title)
        marked.append(block)
    return marked


def _markdown_row(built: Builder, row: int) -> int:
    """Handle the block that starts at a row; returns the row after it."""
    lines, text = built.lines, built.lines.rows[row]
    bare = text.lstrip(" \t>")
    if not bare:
        return built.extend(row) if text.strip() else built.skip(row)
    if bare[0] not in _OPENERS and "```" not in bare and "~~~" not in bare:
        return built.extend(row)
    if end := _fence_end(lines, row, bare) or table_end(lines, row, bare):
        return built.add("table" if bare[0] == "|" else "fence", row, end)
    if enclosed := enclosed_rows(lines, row, bare):
        return built.add(enclosed[0], row, enclosed[1])
    if found := _ATX.match(text):
        title = text[found.end() : found.end() + 2 * MAX_TITLE]
        return built.add("heading", row, row + 1, len(found[1]), _unmarked(_unclosed(title)))
    if built.open is not None and bare[0] in "=-:|":
        return _under(built, row)
    return built.extend(row)


def _under(built: Builder, row: int) -> int:
    """Handle a row that may underline the heading, or delimit the table head, above it."""
    lines, above = built.lines, built.lines.rows[row - 1]
    text = lines.rows[row]
    setext = _SETEXT.match(text)
    if setext and built.open == row - 1 and _may_head(above):
        built.open = None
        return built.add("heading", row - 1, row + 1, 2 - (setext[1][0] == "="), _unmarked(above))
    if "|" in text and "|" in above and _DELIMITER.match(text):
        end = row + 1
        while end < len(lines) and "|" in lines.rows[end]:
            end += 1
        first, opened = row - 1, built.open
        built.open = opened if opened is not None and opened < first else None
        return built.add("table", first, end)
    return built.extend(row)


def _may_head(row: str) -> bool:
    indent = len(row) - len(row.lstrip(" "))
    return len(row) <= MAX_TITLE and indent < 4 and row[indent] not in "|>" and not _ITEM.match(row)


def _front_matter(lines: Lines) -> int:
    """Row after the YAML or TOML front matter at the start of a text; 0 when it has none."""
    mark = lines.rows[0].rstrip()
    if mark not in ("---", "+++"):
        return 0
    closers = (mark, "...") if mark == "---" else (mark,)
    for row in range(1, len(lines)):
        if lines.rows[row].rstrip() in closers:
            return row + 1
    return 0


def _fence_end(lines: Lines, row: int, bare: str) -> int:
    """Row after the fence that opens at `row`; 0 when none does. Unclosed, it runs to the end.

    Fences may stand at any depth and on the line of a list marker: the rule of CommonMark needs
    the list's indentation, and authors indent freely.
    """
    if "```" in bare or "~~~" in bare:
        bare = _BEFORE_FENCE.sub("", bare, count=1) if _BEFORE_FENCE.match(bare) else bare
    if not bare.startswith(("```", "~~~")):
        return 0
    mark = bare[0]
    length = len(bare) - len(bare.lstrip(mark))
    if mark == "`" and "`" in bare[length:]:
        return 0
    for below in range(row + 1, len(lines)):
        closer = lines.rows[below].strip(" \t>")
        if closer.startswith(mark * length) and not closer.strip(mark):
            return below + 1
    return len(lines)


def _unclosed(title: str) -> str:
    """An ATX title without its closing run of #."""
    title = title.strip()
    cut = title.rstrip("#")
    return title if cut and cut[-1:] not in " \t" else cut


def _unmarked(title: str) -> str:
    """A heading without the marks of links, images, emphasis, code, HTML tags and anchors."""
    title = title.strip()[: 2 * MAX_TITLE]
    if not _MARKS.intersection(title):
        return title
    title = re.sub(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])", r"\1", title)
    title = re.sub(r"</?[a-zA-Z][^<>]*>|\{#[^{}]*\}|\*\*|__|`", "", title)
    return re.sub(r"\s+", " ", re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", title)).strip()
