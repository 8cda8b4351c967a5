"""Where a footnote reference may stand in a Markdown text without changing what is around it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from copilot.documents.lines import Lines
from copilot.documents.markdown import scan_markdown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LEAVES = frozenset(
    ("paragraph_open", "heading_open", "fence", "code_block", "html_block", "table_open", "hr")
)
_END = "archreview end of text"
_LEAD = re.compile(r"[ \t>]*")
_MARKERS = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]+")

MAX_PARAGRAPH = 20_000
"""Longer paragraphs get their references behind them: markdown-it is not linear in a paragraph."""


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _block_parser() -> MarkdownIt:
    """A parser that leaves the text of paragraphs alone, and so is fast."""
    return _parser().disable("inline")


class Page:
    """A Markdown text by its blocks."""

    def __init__(self, text: str) -> None:
        self._lines = Lines(text)
        self._parser = _parser()
        self._env: dict[str, Any] = {}
        front = next((b for b in scan_markdown(self._lines)[:1] if b.kind == "front"), None)
        self.top = front.end if front else 0
        """Offset after the front matter: the summary's place."""
        self._first = self._lines.row_at(front.end) + 1 if front else 0
        shown = "\n" * self._first + "\n".join(self._lines.rows[self._first :])
        tokens = _block_parser().parse(f"{shown}\n\n{_END}", self._env)
        self.closed = any(token.content == _END for token in tokens[-2:-1])
        """False when a fence or comment runs to the end of the text."""
        self._leaves = [
            (token, tokens[at + 1] if at + 1 < len(tokens) else token)
            for at, token in enumerate(tokens)
            if token.type in _LEAVES and token.map and token.map[0] < len(self._lines)
        ]
        self._rows = [leaf.map[0] if leaf.map else 0 for leaf, _ in self._leaves]

    def place(self, end: int, reference: str) -> tuple[int, str] | None:
        """Where the reference to text that ends at `end` goes, and how it is written there.

        At the end of the text or of its line where that is running text, else after the block;
        None where neither can be.
        """
        text = self._lines.text
        while end and text[end - 1].isspace():
            end -= 1
        row = self._lines.row_at(max(0, end - 1))
        leaf = self._leaf(row)
        if leaf is None:
            return self._front(row, reference)
        token, inline = leaf
        if token.type == "paragraph_open" and len(inline.content) <= MAX_PARAGRAPH:
            for offset in self._candidates(end, row, token):
                if self._fits(offset, token, inline, reference):
                    return offset, reference
        return self._after(token, reference)

    def _leaf(self, row: int) -> tuple[Token, Token] | None:
        at = bisect_right(self._rows, row) - 1
        if at < 0:
            return None
        token, inline = self._leaves[at]
        return (token, inline) if token.map and row < token.map[1] else None

    def _front(self, row: int, reference: str) -> tuple[int, str] | None:
        """After the front matter; nowhere for what markdown-it passes over (link targets)."""
        return (self.top, f"\n\n{reference}\n") if row < self._first else None

    def _candidates(self, end: int, row: int, token: Token) -> Iterator[int]:
        text = self._lines.text
        yield end
        word = end
        while word < len(text) and not text[word].isspace():
            word += 1
        yield word
        yield self._line_end(row)
        yield self._line_end(_last_row(token, self._lines))

    def _line_end(self, row: int) -> int:
        return self._lines.starts[row] + len(self._lines.rows[row].rstrip())

    def _fits(self, offset: int, token: Token, inline: Token, reference: str) -> bool:
        """True when the reference is text there, and everything else stays what it is."""
        text = self._lines.text
        if text[offset - 1 : offset] in ("!", "]", "^", "\\", "[") or (
            text[offset : offset + 1] in ("(", ":", "[", "{")
        ):
            return False
        at = self._inline_offset(offset, token, inline.content)
        if at is None:
            return False
        content = inline.content[:at] + reference + inline.content[at:]
        before, _ = self._shape(inline.content, reference)
        after, shown = self._shape(content, reference)
        return shown == 1 and before == after

    def _inline_offset(self, offset: int, token: Token, content: str) -> int | None:
        """The offset within the paragraph's content, counted from the end of its line."""
        row = self._lines.row_at(offset)
        nth = row - (token.map[0] if token.map else row)
        rows = content.split("\n")
        if not 0 <= nth < len(rows):
            return None
        column = len(rows[nth].rstrip()) - (self._line_end(row) - offset)
        if column <= 0 or rows[nth][:column][-1] != self._lines.text[offset - 1]:
            return None
        return sum(len(line) + 1 for line in rows[:nth]) + column

    def _shape(self, content: str, reference: str) -> tuple[list[tuple[str, str]], int]:
        """Inline tokens without the reference, and how often it stands in text of no link."""
        children = self._parser.parseInline(content, self._env)[0].children or []
        shape: list[tuple[str, str]] = []
        shown = 0
        for child, linked in _with_links(children):
            said = child.content
            if child.type == "text":
                shown += said.count(reference) * (not linked)
            said += str(child.attrs) if child.attrs else ""
            if child.type == "text" and shape and shape[-1][0] == "text":
                shape[-1] = ("text", shape[-1][1] + said)
            else:
                shape.append((child.type, said))
        plain = [(kind, said.replace(reference, "")) for kind, said in shape]
        return [one for one in plain if one != ("text", "")], shown

    def _after(self, token: Token, reference: str) -> tuple[int, str] | None:
        """After the block, in the container that it stands in."""
        unclosed = not self.closed and token is self._leaves[-1][0]
        if token.map is None or unclosed or (token.type == "code_block" and token.level):
            return None
        row = _last_row(token, self._lines)
        lead = _lead(self._lines.rows[row]) if token.level else ""
        bare = lead.rstrip()
        return self._lines.end(row), f"\n{bare}\n{lead}{reference}\n{bare}"


def _last_row(token: Token, lines: Lines) -> int:
    """The last row of a block that is not empty."""
    first, after = token.map or [0, 1]
    row = min(after, len(lines)) - 1
    while row > first and not lines.rows[row].strip(" \t>"):
        row -= 1
    return row


def _lead(row: str) -> str:
    """What a row begins with, blanks in place of its list markers."""
    lead = _LEAD.match(row)
    start = lead.group() if lead else ""
    marker = _MARKERS.match(row, len(start))
    return start + " " * (marker.end() - len(start)) if marker else start


def _with_links(children: Iterable[Token]) -> Iterator[tuple[Token, bool]]:
    depth = 0
    for child in children:
        depth += (child.type == "link_open") - (child.type == "link_close")
        yield child, depth > 0


def count_in_text(text: str, references: set[str]) -> dict[str, int]:
    """How often each reference stands in running text that is no link's."""
    counts = dict.fromkeys(references, 0)
    env: dict[str, Any] = {}
    parser = _parser()
    for token in _block_parser().parse(text, env):
        if token.type == "inline" and any(one in token.content for one in references):
            children = parser.parseInline(token.content, env)[0].children or []
            said = [
                c.content for c, linked in _with_links(children) if c.type == "text" and not linked
            ]
            for reference in references:
                counts[reference] += sum(text.count(reference) for text in said)
    return counts
