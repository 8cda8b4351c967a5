"""Cuts a text into blocks: headings, paragraphs, fences, tables and what is no content.

Blocks are whole lines, in order, without overlap, and cover all text that is not white space.
Every scanner walks the lines once and looks for a closing mark at most once per kind, so hostile
input (unclosed fences, 100,000 headings, one line of two million characters) stays linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from copilot.documents.lines import Lines
from copilot.documents.plain import plain_headings

MAX_TITLE = 200
"""Longer headings are cut to this many characters in `title`; their text is untouched."""

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_SETEXT = re.compile(r" {0,3}(=+|-{3,})[ \t]*$")
_DELIMITER = re.compile(r"[ \t>]*[|:-][-|: \t]*$")
_ITEM = re.compile(r"[ \t>]*(?:[-*+•]|\d{1,9}[.)])[ \t]")
_BEFORE_FENCE = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]+(?=[`~])")
_OPENERS = frozenset("#`~|<@:=-")
"""What a line begins with that is more than a paragraph's; a list item may also hold a fence."""
_MARKS = frozenset("[]<>{}*_`\\\t")
_BOLD = re.compile(r"\*\*(?!!\[)([^*\n]{2,120})\*\*[ \t]*$")
_ENCLOSED = (
    ("<!--", "-->", "comment"),
    ("<table", "</table", "table"),
    ("<pre", "</pre", "fence"),
    ("@start", "@end", "fence"),
    (":::mermaid", r"^:::\s*$", "fence"),
    ("::: mermaid", r"^:::\s*$", "fence"),
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


class _Builder:
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


def scan(text: str, format: str) -> list[Block]:
    """Blocks of a text by the rules of its format (see `schema.Document.format`)."""
    return _SCANNERS.get(format, _scan_plain)(Lines(text))


def _scan_markdown(lines: Lines) -> list[Block]:
    built, row = _Builder(lines), 0
    if end := _front_matter(lines):
        row = built.add("front", 0, end)
    while row < len(lines):
        row = _markdown_row(built, row)
    built.close(row)
    return built.blocks


def _scan_docx(lines: Lines) -> list[Block]:
    """Markdown in which a short paragraph all in bold is a heading under the styled ones.

    Authors without styles also number their headings by hand: where nothing else is a heading,
    the rules for plain text apply to paragraphs of one line.
    """
    level, blocks = 0, []
    for block in _scan_markdown(lines):
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


def _markdown_row(built: _Builder, row: int) -> int:
    """Handle the block that starts at a row; returns the row after it."""
    lines, text = built.lines, built.lines.rows[row]
    bare = text.lstrip(" \t>")
    if not bare:
        return built.extend(row) if text.strip() else built.skip(row)
    if bare[0] not in _OPENERS and "```" not in bare and "~~~" not in bare:
        return built.extend(row)
    if end := _fence_end(lines, row, bare) or _table_end(lines, row, bare):
        return built.add("table" if bare[0] == "|" else "fence", row, end)
    if enclosed := _enclosed(lines, row, bare):
        return built.add(enclosed[0], row, enclosed[1])
    if found := _ATX.match(text):
        title = text[found.end() : found.end() + 2 * MAX_TITLE]
        return built.add("heading", row, row + 1, len(found[1]), _unmarked(_unclosed(title)))
    if built.open is not None and bare[0] in "=-:|":
        return _under(built, row)
    return built.extend(row)


def _under(built: _Builder, row: int) -> int:
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


def _table_end(lines: Lines, row: int, bare: str) -> int:
    """Row after the run of rows that begin with a bar; 0 when this one does not."""
    if not bare.startswith("|"):
        return 0
    end = row + 1
    while end < len(lines) and lines.rows[end].lstrip(" \t>").startswith("|"):
        end += 1
    return end


def _enclosed(lines: Lines, row: int, bare: str) -> tuple[str, int] | None:
    """Kind and end of a block with an opening and a closing line, when one opens at `row`."""
    if bare[0] not in "<@:":
        return None
    opening = bare[:12].lower()
    for start, closer, kind in _ENCLOSED:
        if opening.startswith(start):
            first = row + 1 if closer.startswith("^") else row
            last = lines.row_of(closer, first) if first < len(lines) else None
            return None if last is None else (kind, last + 1)
    return None


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


# --- reStructuredText ------------------------------------------------------------------------

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{1,}[ \t]*$")
_LITERAL = re.compile(
    r"[ \t]*\.\. (?:code|code-block|sourcecode|uml|mermaid|graphviz|literalinclude|math|parsed-"
    r"literal|productionlist|digraph|graph|highlight|plantuml)::"
)


def _scan_rst(lines: Lines) -> list[Block]:
    built, row = _Builder(lines), 0
    styles: dict[tuple[str, bool], int] = {}
    while row < len(lines):
        row = _rst_row(built, row, styles)
    built.close(row)
    return built.blocks


def _rst_row(built: _Builder, row: int, styles: dict[tuple[str, bool], int]) -> int:
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


def _literal(built: _Builder, row: int, indent: int) -> int:
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


# --- plain text and PDF ----------------------------------------------------------------------


def _scan_plain(lines: Lines) -> list[Block]:
    return _scan_unmarked(lines, paged=False)


def _scan_pdf(lines: Lines) -> list[Block]:
    return _scan_unmarked(lines, paged=True)


def _scan_unmarked(lines: Lines, *, paged: bool) -> list[Block]:
    built, row = _Builder(lines), 0
    headings = plain_headings(lines.rows, paged=paged)
    while row < len(lines):
        bare = lines.rows[row].lstrip()
        if row in headings:
            level, title, count = headings[row]
            row = built.add("heading", row, row + count, level, title)
        elif not bare:
            row = built.skip(row)
        elif end := _table_end(lines, row, bare):
            row = built.add("table", row, end)
        elif enclosed := _enclosed(lines, row, bare) if bare[0] == "@" else None:
            row = built.add(enclosed[0], row, enclosed[1])
        else:
            row = built.extend(row)
    built.close(row)
    return built.blocks


_SCANNERS: dict[str, Callable[[Lines], list[Block]]] = {
    "markdown": _scan_markdown,
    "html": _scan_markdown,
    "docx": _scan_docx,
    "rst": _scan_rst,
    "text": _scan_plain,
    "pdf": _scan_pdf,
}
