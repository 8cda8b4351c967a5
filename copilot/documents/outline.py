"""Finds the sections of a text: its headings and how far each one reaches."""

from __future__ import annotations

from copilot.documents.blocks import Block
from copilot.documents.scan import scan
from copilot.schema import Section


def outline(text: str, format: str) -> tuple[Section, ...]:
    """Sections in document order; each ends where the next of its own or a higher level starts.

    `format` is one of `Document.format` but "folder": a folder's files have an outline each.
    Takes time linear in the length of the text.
    """
    return sections_of(scan(text, format), len(text))


def sections_of(blocks: list[Block], length: int) -> tuple[Section, ...]:
    """Sections of a text of `length` characters that was cut into these blocks."""
    headings = [block for block in blocks if block.kind == "heading" and block.title]
    ends = _ends(headings, length)
    sections: list[Section] = []
    above: list[Block] = []
    for heading, end in zip(headings, ends, strict=True):
        while above and above[-1].level >= heading.level:
            above.pop()
        above.append(heading)
        path = tuple(block.title for block in above)
        section = Section(
            title=heading.title, level=heading.level, start=heading.start, end=end, path=path
        )
        sections.append(section)
    return tuple(sections)


def _ends(headings: list[Block], length: int) -> list[int]:
    """Where the section of each heading ends."""
    ends = [length] * len(headings)
    opened: list[int] = []
    for index, heading in enumerate(headings):
        while opened and headings[opened[-1]].level >= heading.level:
            ends[opened.pop()] = heading.start
        opened.append(index)
    return ends
