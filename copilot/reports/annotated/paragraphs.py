"""reStructuredText and plain text with notes: references after the cited block, notes at the end.

A reference is a paragraph of its own behind the block that the cited text ends in, so that it can
break neither a list nor a literal block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from copilot.documents.blocks import Block
from copilot.documents.lines import Lines
from copilot.documents.scan import scan
from copilot.reports.annotated.notes import Note, Remarks
from copilot.reports.annotated.source import Insertion, Source

_RST = re.compile(r"([\\*`_|\[\]<>])")
_MARKER = re.compile(r"[ \t]*(?:[-*+•]|#\.|\d{1,9}[.)])[ \t]+")


@dataclass(frozen=True)
class Style:
    """How a format writes notes."""

    format: str
    reference: str
    """Of the note with this label, `{}`."""
    definition: str
    """Opening of the note with this label."""
    escape: Callable[[str], str]
    summary: Callable[[str, list[str]], str]
    """The block for the top, of its heading and items."""


def annotate_rst(data: bytes, remarks: Remarks, where: str) -> bytes:
    """The file with reStructuredText footnotes; its own bytes are all kept in order."""
    return _annotate(data, remarks, RST)


def annotate_text(data: bytes, remarks: Remarks, where: str) -> bytes:
    """The file with numbered notes; its own bytes are all kept in order."""
    return _annotate(data, remarks, TEXT)


def _rst_summary(head: str, items: list[str]) -> str:
    body = "".join(f"   - {item}\n" for item in items) or "   Nothing else.\n"
    return f".. admonition:: {head}\n\n{body}"


def _text_summary(head: str, items: list[str]) -> str:
    return "".join(f"{item}\n\n" for item in (head, *items)).removesuffix("\n")


RST = Style("rst", "[#{}]_", ".. [#{}] ", lambda text: _RST.sub(r"\\\1", text), _rst_summary)
TEXT = Style("text", "[{}]", "[{}] ", lambda text: text, _text_summary)


def _annotate(data: bytes, remarks: Remarks, style: Style) -> bytes:
    source = Source(data)
    blocks, lines = scan(source.text, style.format), Lines(source.text)
    label = _free_label(source.text, style)
    places: dict[Insertion, list[str]] = {}
    placed = []
    for mark in remarks.marks:
        place = _after(blocks, lines, mark.end, style)
        placed.append(place is not None)
        if place is not None:
            reference = style.reference.format(f"{label}{mark.note.number}")
            references = places.setdefault(place, [])
            references += [reference] if reference not in references else []
    insertions = [
        (offset, f"\n\n{lead}{' '.join(references)}\n")
        for (offset, lead), references in places.items()
    ]
    top = _top(blocks, remarks, placed, style)
    end = (len(source.text), "".join(_definitions(remarks, placed, label, style)))
    return source.with_insertions([top, *insertions, end])


def _free_label(text: str, style: Style) -> str:
    """A prefix that no note of the document's own has."""
    label, own = "ar", text.casefold()
    while style.reference.format(label).rstrip("]_") in own:
        label += "-r"
    return label


def _after(blocks: Sequence[Block], lines: Lines, end: int, style: Style) -> tuple[int, str] | None:
    """End of the block that the text before `end` stands in, and the indentation there."""
    at = bisect_right([block.start for block in blocks], max(0, end - 1)) - 1
    if at < 0:
        return None
    opened = blocks[at]
    while style is RST and lines.text[: blocks[at].end].endswith("::") and at + 1 < len(blocks):
        at += 1  # what follows "::" is its literal block
    block = blocks[at]
    row = lines.rows[lines.row_at(block.end if block.kind == "text" else opened.start)]
    marker = _MARKER.match(row) if style is RST else None
    width = marker.end() if marker else len(row) - len(row.lstrip(" \t"))
    return block.end, " " * width if block.kind != "heading" else ""


def _top(
    blocks: Sequence[Block], remarks: Remarks, placed: Sequence[bool], style: Style
) -> Insertion:
    """The summary: behind the title of reStructuredText, which has to come first, else first."""
    items = [style.escape(" ".join(lines)) for lines in remarks.summary(placed)]
    text = style.summary(style.escape(remarks.head), items)
    title = next((b for b in blocks if b.kind == "heading"), None) if style is RST else None
    return (title.end, f"\n\n{text}") if title else (0, f"{text}\n")


def _definitions(
    remarks: Remarks, placed: Sequence[bool], label: str, style: Style
) -> Iterator[str]:
    notes: dict[int, Note] = {
        m.note.number: m.note for m, ok in zip(remarks.marks, placed, strict=True) if ok
    }
    for number in sorted(notes):
        opening = style.definition.format(f"{label}{number}")
        yield f"\n\n{opening}{style.escape(' '.join(notes[number].lines))}"
    if notes:
        yield "\n"
