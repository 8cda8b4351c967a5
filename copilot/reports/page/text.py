"""The document's text as HTML: numbered lines in blocks, cited spans marked.

Spans may overlap: the text is cut wherever one starts or ends, and each piece names all spans that
it belongs to. Blocks are laid out by the browser only when they come into view.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from copilot.reports.safe import printable
from copilot.schema import Document

LINES_PER_BLOCK = 120


@dataclass(frozen=True)
class EmbeddedFile:
    """One file of the document, ready to be put into the page."""

    path: str
    lines: int
    html: Any
    """Markup of all its lines."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text that belongs to the same spans all along."""

    start: int
    end: int
    spans: tuple[int, ...]
    first: tuple[int, ...]
    """Those of its spans that start here."""


def embed(
    document: Document,
    spans: Mapping[int, tuple[int, int]],
    named_lines: Collection[tuple[int, int]],
) -> tuple[EmbeddedFile, ...]:
    """The files of a document; `spans` are numbered offsets, `named_lines` (file, line) pairs."""
    from markupsafe import Markup

    pieces = cut(spans)
    ends = [piece.end for piece in pieces]
    files = []
    for index, file in enumerate(document.files):
        rows = document.text[file.start : file.end].split("\n")
        names = {line for where, line in named_lines if where == index}
        blocks, at = [], file.start
        for first in range(0, len(rows), LINES_PER_BLOCK):
            block = []
            for number, row in enumerate(rows[first : first + LINES_PER_BLOCK], start=first + 1):
                name = f' id="l{index}-{number}"' if number in names else ""
                inner = "".join(_row(row, at, pieces, ends))
                block.append(f'<div class="l" data-n="{number}"{name}>{inner}</div>')
                at += len(row) + 1
            blocks.append(f'<div class="block">{"".join(block)}</div>')
        html = Markup("\n".join(blocks))
        files.append(EmbeddedFile(file.path, len(rows), html))
    return tuple(files)


def cut(spans: Mapping[int, tuple[int, int]]) -> list[Piece]:
    """The marked stretches in order, without overlap."""
    edges = sorted({edge for span in spans.values() for edge in span})
    pieces = []
    for start, end in pairwise(edges):
        inside = tuple(sorted(n for n, (a, b) in spans.items() if a <= start and end <= b))
        if inside:
            first = tuple(n for n in inside if spans[n][0] == start)
            pieces.append(Piece(start, end, inside, first))
    return pieces


def _row(row: str, at: int, pieces: list[Piece], ends: list[int]) -> Iterator[str]:
    """The escaped text of one line that starts at offset `at`, its marked stretches wrapped."""
    stop, here = at + len(row), at
    low = bisect_right(ends, at)
    high = bisect_left(pieces, stop, lo=low, key=lambda piece: piece.start)
    for piece in pieces[low:high]:
        start, end = max(piece.start, at), min(piece.end, stop)
        yield _escaped(row[here - at : start - at])
        names = "".join(f'<span id="c{n}"></span>' for n in piece.first if piece.start >= at)
        numbers = " ".join(map(str, piece.spans))
        yield f'<mark data-c="{numbers}">{names}{_escaped(row[start - at : end - at])}</mark>'
        here = end
    yield _escaped(row[here - at :])


def _escaped(text: str) -> str:
    return escape(printable(text))
