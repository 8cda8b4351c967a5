"""Cuts the text of a document into sentence-like spans: what a reviewer would quote.

A span is a sentence of prose, a list item (or a sentence of a long one), a table row, or a short
run of code lines. Headings, rules and table borders are left out; `outline` knows the headings.
Every span holds at most `MAX_WORDS` words, so that the text of any one can serve as a quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

Span = tuple[int, int]

MAX_WORDS = 55
"""Longer units are cut, at a clause boundary where there is one."""
MAX_CHARS = 2_000
"""And at most this many characters, whatever the words are."""
CODE_WORDS = 30
"""Neighbouring code lines are joined up to this many words."""

_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_RULE = re.compile(r"[\s|+:=*_~^\"'`#.-]*$")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-+|~+|\^+|\"+|\*+|#+|\++)\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•●○▪‣➢✓]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_NUMBERED = re.compile(r"\s*\d+(?:\.\d+)*\.?\s+[A-Z][^.!?;:|]{0,70}$")
_TABLE = re.compile(r"\s*\|.*\|")
_TERMINAL = re.compile(r"[.!?:;|]['\")\]*_`]*\s*$")
_BREAK = re.compile(
    r"(?=[.!?])(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)(?<!\bFig)(?<!\bNo)(?<!\s[A-Z])(?<!^\d)(?<!\s\d)"
    r"[.!?]['\")\]*_`]*\s+(?=['\"(\[*_`<]*[A-Z0-9])"
)
_CLAUSE = re.compile(r"(?:[;:]|\.|,| -|—|<br ?/?>|\|)\s+")
_WORD = re.compile(r"\S{1,200}")
"""A longer run without a space is no word; it is cut like several."""


def sentences(text: str) -> list[Span]:
    """Spans (start, end) of the sentence-like units of `text`, in order, free of outer space.

    Takes time linear in the length of the text.
    """
    return [part for block in _blocks(text) for part in _split(text, block)]


class _Block(NamedTuple):
    """Lines that belong together."""

    start: int
    end: int
    kind: str
    """prose, item, numbered, table or code."""


def _blocks(text: str) -> Iterator[_Block]:
    """The blocks of a text in order; headings, rules and fence marks are in none."""
    block: _Block | None = None
    fence, gap = "", 0
    for start, line in _lines(text):
        end = start + len(line.rstrip())
        fence, kind = _classify(line, fence)
        if kind == "blank":
            gap += 1
            continue
        if kind == "underline":
            block, kind = _without_title(text, block), "skip"
        if block and _continues(text, block, kind, line, gap):
            block = block._replace(end=end)
        else:
            if block:
                yield block
            block = None if kind == "skip" else _Block(start, end, kind)
        gap = 0
    if block:
        yield block


def _classify(line: str, fence: str) -> tuple[str, str]:
    """The fence mark that is open after this line (or empty), and the kind of the line."""
    mark = _FENCE.match(line)
    if mark and (not fence or line.strip().startswith(fence)):
        return "" if fence else mark[1][:3], "skip"
    if not line.strip():
        return fence, "blank"
    return fence, "code" if fence else _line_kind(line)


def _without_title(text: str, block: _Block | None) -> _Block | None:
    """Nothing when the block is a single short line, which the underline makes a heading."""
    if block is None or block.kind != "prose":
        return block
    body = text[block.start : block.end]
    return None if "\n" not in body and len(body) <= 120 else block


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line
        start += len(line)


def _line_kind(line: str) -> str:
    """One of skip, underline, table, item, numbered, prose."""
    if _UNDERLINE.match(line) and len(line.strip()) >= 3:
        return "underline"
    if _HEADING.match(line) or _RULE.match(line):
        return "skip"
    if _TABLE.match(line):
        return "table"
    if _NUMBERED.match(line) and len(line.split()) <= 9:
        return "numbered"
    return "item" if _ITEM.match(line) else "prose"


def _continues(text: str, block: _Block, new: str, line: str, gap: int) -> bool:
    """Whether `line` goes on with the block before it."""
    if block.kind == "code" and new == "code":
        return (
            gap == 0
            and len(text[block.start : block.end].split()) + len(line.split()) <= CODE_WORDS
        )
    if new != "prose" or block.kind not in ("prose", "item"):
        return False
    if gap == 0:
        return True
    # Text taken from a PDF often has an empty line after every line of a paragraph.
    open_end = not _TERMINAL.search(text[max(block.start, block.end - 20) : block.end])
    return gap == 1 and open_end and line.lstrip()[:1].islower()


def _split(text: str, block: _Block) -> Iterator[Span]:
    start, end, kind = block
    if kind not in ("prose", "item"):
        yield from _shorten(text, start, end)
        return
    piece = text[start:end]
    cut = 0
    for found in _BREAK.finditer(piece):
        yield from _shorten(text, start + cut, start + found.end())
        cut = found.end()
    yield from _shorten(text, start + cut, end)


def _shorten(text: str, start: int, end: int) -> Iterator[Span]:
    """The span without outer space, cut into parts of at most `MAX_WORDS` words."""
    words = [found.span() for found in _WORD.finditer(text, start, end)]
    first = 0
    while first < len(words):
        last = min(first + MAX_WORDS, len(words))
        while last - first > 1 and words[last - 1][1] - words[first][0] > MAX_CHARS:
            last -= 1
        if last < len(words):
            last = _clause_end(text, words, first, last)
        yield words[first][0], words[last - 1][1]
        first = last


def _clause_end(text: str, words: list[Span], first: int, last: int) -> int:
    """The word index in (first, last] after the last clause of that stretch, else `last`."""
    for index in range(last, first + MAX_WORDS // 3, -1):
        if _CLAUSE.match(text, words[index - 1][1] - 1):
            return index
    return last
