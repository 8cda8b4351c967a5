"""Neutral edits: the form of a design changes while every statement stays."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from copilot.documents.blocks import Block
from copilot.documents.scan import scan
from copilot.documents.sentences import Span
from copilot.evaluation.edits import Edit, apply
from copilot.schema import Document

WIDTH = 68
"""Columns of a reflowed paragraph."""
SYNONYMS = {
    "introduction": "Background",
    "overview": "Summary",
    "summary": "Overview",
    "background": "Introduction",
    "architecture": "System architecture",
    "proposal": "Proposed design",
    "references": "Further reading",
}
"""Headings that can be renamed without telling anything else."""

_SPECIAL = re.compile(
    r"\s*(?:[-*+•|>#=~`:@<\[!]|\.\.|\d{1,9}[.)]|\(?[a-zA-Z][.)]\s)|\s{2,}|.*\s\s$|.*::$"
)
_BULLET = re.compile(r"^([ \t]*)-(?=[ \t]+[^-\s])", re.MULTILINE)
_ATX = re.compile(r"( {0,3}#{1,6}[ \t]+)(\S.*)")
_NUMBERED = re.compile(r"[\dIVX]+[.):\s]|(?:section|appendix)\b", re.IGNORECASE)


def neutral_texts(document: Document) -> Iterator[tuple[str, str]]:
    """Variants of the text, each with the name of what was done; only those that differ.

    CRLF line ends differ in the file alone: the text that is read from it is the same.
    """
    text = document.text
    made = {
        "reorder": reorder(document),
        "reflow": reflow(text, document.format),
        "bullets": bullets(text, document.format),
        "headings": rename_headings(text, document.format),
        "blank-lines": blank_lines(text, document.format),
        "crlf": text.replace("\n", "\r\n"),
    }
    yield from ((variant, new) for variant, new in made.items() if new != text)


def reorder(document: Document) -> str:
    """The first half of the top-level sections after the second; what is before them stays."""
    spans = _top_sections(document)
    if len(spans) < 3:
        return document.text
    text, half = document.text, len(spans) // 2
    parts = [text[start:end].strip("\n") for start, end in (*spans[half:], *spans[:half])]
    return text[: spans[0][0]] + "\n\n".join(parts) + "\n" + text[spans[-1][1] :]


def _top_sections(document: Document) -> list[Span]:
    """Sections of the highest level that occurs at least three times, if they are adjacent."""
    for level in sorted({section.level for section in document.sections}):
        chosen = [s for s in document.sections if s.level == level]
        if len(chosen) >= 3:
            adjacent = all(a.end == b.start for a, b in pairwise(chosen))
            return [(s.start, s.end) for s in chosen] if adjacent else []
    return []


def reflow(text: str, form: str) -> str:
    """Plain paragraphs wrapped anew; lists, tables, quotes, code and headings are left alone."""
    edits = []
    for block in _blocks(text, form):
        lines = text[block.start : block.end].splitlines()
        if any(_SPECIAL.match(line) for line in lines):
            continue
        new = textwrap.wrap(
            " ".join(line.strip() for line in lines),
            WIDTH,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if not any(_SPECIAL.match(line) for line in new):
            edits.append(Edit(block.start, block.end, "\n".join(new)))
    return apply(text, edits)


def bullets(text: str, form: str) -> str:
    """List items that begin with `-` begin with `*`."""
    return apply(
        text,
        [
            Edit(block.start, block.end, _BULLET.sub(r"\1*", text[block.start : block.end]))
            for block in _blocks(text, form)
        ],
    )


def rename_headings(text: str, form: str) -> str:
    """Markdown headings below the title numbered, and those with a plain synonym renamed."""
    edits: list[Edit] = []
    if form == "markdown":
        for block in scan(text, form):
            found = _ATX.fullmatch(text[block.start : block.end].rstrip())
            if block.kind == "heading" and block.level > 1 and found:
                new = _renamed(found[2], len(edits) + 1)
                edits.append(Edit(block.start, block.start + found.end(), found[1] + new))
    return apply(text, edits)


def _renamed(title: str, number: int) -> str:
    title = SYNONYMS.get(title.strip().casefold(), title)
    return title if _NUMBERED.match(title) else f"{number}. {title}"


def blank_lines(text: str, form: str) -> str:
    """One blank line more between the blocks."""
    ends = [b.end for b in scan(text, form) if b.kind in ("text", "heading")]
    return apply(text, [Edit(end, end, "\n") for end in ends if text[end : end + 2] == "\n\n"])


def _blocks(text: str, form: str) -> list[Block]:
    return [block for block in scan(text, form) if block.kind == "text"]
