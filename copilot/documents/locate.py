"""Answers where an offset of a document stands: file, line, page and heading."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from copilot.schema import Document, Section, SourceFile


class Locator:
    """Looks places up by bisection; building it takes one pass over the document."""

    def __init__(self, document: Document) -> None:
        self._files = document.files
        self._file_starts = [file.start for file in document.files]
        self._feeds = [found.start() for found in re.finditer("\n", document.text)]
        self._cuts, self._paths = _heading_map(document.sections)

    def file(self, offset: int) -> SourceFile:
        """The file that an offset stands in; between two files, the one before."""
        return self._files[max(0, bisect_right(self._file_starts, offset) - 1)]

    def lines(self, start: int, end: int) -> tuple[int, int]:
        """First and last line, from 1, of the span `[start, end)` within the file of its start."""
        file = self.file(start)
        last = max(start, min(end, file.end) - 1)
        before = bisect_left(self._feeds, file.start)
        first_line = bisect_left(self._feeds, start) - before + 1
        return first_line, bisect_left(self._feeds, last) - before + 1

    def page(self, offset: int) -> int | None:
        """Page, from 1, that an offset stands on; None where the file has no pages."""
        pages = self.file(offset).pages
        return max(1, bisect_right(pages, offset)) if pages else None

    def heading(self, offset: int) -> tuple[str, ...]:
        """Titles from the outermost section down to the innermost one around an offset."""
        index = bisect_right(self._cuts, offset) - 1
        return self._paths[index] if index >= 0 else ()


def _heading_map(
    sections: tuple[Section, ...],
) -> tuple[list[int], list[tuple[str, ...]]]:
    """Offsets at which the innermost section changes, and its path from there on."""
    cuts: list[int] = []
    paths: list[tuple[str, ...]] = []
    opened: list[Section] = []
    for section in sections:
        _close(opened, section.start, cuts, paths)
        opened.append(section)
        cuts.append(section.start)
        paths.append(section.path)
    _close(opened, None, cuts, paths)
    return cuts, paths


def _close(
    opened: list[Section], before: int | None, cuts: list[int], paths: list[tuple[str, ...]]
) -> None:
    """Pop the sections that end at or before an offset (all, for None), noting what lies around."""
    while opened and (before is None or opened[-1].end <= before):
        end = opened.pop().end
        cuts.append(end)
        paths.append(opened[-1].path if opened else ())
