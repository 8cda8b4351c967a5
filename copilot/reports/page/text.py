"""The document's text as HTML: numbered lines in blocks, cited spans marked.

Spans may overlap: the text is cut wherever one starts or ends, and each piece names all spans that
it belongs to. Blocks are laid out by the browser only when they come into view.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import accumulate, pairwise
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
    files = []
    for index, file in enumerate(document.files):
        rows = _rows(document.text[file.start : file.end], file.start, pieces)
        names = {line: f' id="l{index}-{line}"' for where, line in named_lines if where == index}
        lines = [
            f'<div class="l" data-n="{number}"{names.get(number, "")}>{row}</div>'
            for number, row in enumerate(rows, start=1)
        ]
        blocks = (
            f'<div class="block">{"".join(lines[first : first + LINES_PER_BLOCK])}</div>'
            for first in range(0, len(lines), LINES_PER_BLOCK)
        )
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


def _rows(text: str, start: int, pieces: list[Piece]) -> list[str]:
    """The escaped lines of a text that stands at offset `start`, its marked stretches wrapped.

    The text is escaped as a whole, which adds no line; only lines with a mark are taken apart.
    """
    rows, escaped = text.split("\n"), _escaped(text).split("\n")
    starts = list(accumulate((len(row) + 1 for row in rows), initial=start))
    marked: dict[int, list[Piece]] = {}
    for piece in pieces:
        first, last = (bisect_right(starts, at) - 1 for at in (piece.start, piece.end - 1))
        for row in range(max(first, 0), min(last + 1, len(rows))):
            marked.setdefault(row, []).append(piece)
    for row, own in marked.items():
        escaped[row] = "".join(_marked(rows[row], starts[row], own))
    return escaped


def _marked(row: str, at: int, pieces: list[Piece]) -> Iterator[str]:
    """One line that starts at offset `at`, with its marked stretches."""
    stop, here = at + len(row), at
    for piece in pieces:
        start, end = max(piece.start, at), min(piece.end, stop)
        if start >= end:
            continue
        yield _escaped(row[here - at : start - at])
        names = "".join(f'<span id="c{n}"></span>' for n in piece.first if piece.start >= at)
        numbers = " ".join(map(str, piece.spans))
        yield f'<mark data-c="{numbers}">{names}{_escaped(row[start - at : end - at])}</mark>'
        here = end
    yield _escaped(row[here - at :])


def _escaped(text: str) -> str:
    return escape(printable(text))
