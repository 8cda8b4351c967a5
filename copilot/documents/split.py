"""Cuts a document into passages: the pieces that are embedded, retrieved and cited as a whole.

A passage holds up to LIMIT tokens of whole blocks. It stays within its section, but a piece under
SMALL tokens joins its neighbour under the same parent. Text is counted in tokens of four bytes of
UTF-8 that are no white space: for English that is about 1.3 tokens a word, and it also holds for
text without spaces. Only blocks that alone exceed LIMIT are cut: tables between rows, fences
between lines, lists between items, prose between sentences, and what is still too long between
words. A single row or line of more than HARD tokens (no real one is) is cut as well.

Why not a library: langchain's MarkdownHeaderTextSplitter does not keep the text verbatim, and
RecursiveCharacterTextSplitter, which does, knows neither table rows nor fences and takes 0.25 s
to import.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from copilot.documents.blocks import Block
from copilot.documents.formats import format_of
from copilot.documents.locate import Locator
from copilot.documents.scan import scan
from copilot.schema import Document, Passage, SourceFile

LIMIT = 400
"""Tokens of a passage, unless one table row or a heading makes it longer."""
SMALL = 200
"""Pieces with fewer tokens are joined to a neighbour when both fit the limit together."""
HARD = 4_000
"""Tokens of a table row beyond which it is cut after all."""

Path = tuple[str, ...]


class _Piece(NamedTuple):
    """Part of a passage to be; offsets in the document."""

    start: int
    end: int
    tokens: int
    path: Path
    """Heading path of all of its text."""
    last: Path
    """Heading path of its end."""
    bare: bool
    """True when it is nothing but headings."""


def split(document: Document) -> tuple[Passage, ...]:
    """Passages in document order that cover all text but white space exactly once.

    `passage.text == document.text[passage.start:passage.end]`; no passage spans two files. Takes
    time linear in the length of the text.
    """
    locator = Locator(document)
    pieces = [piece for file in document.files for piece in _file_pieces(document, file, locator)]
    return tuple(_passage(document, locator, n, piece) for n, piece in enumerate(pieces, 1))


def count_tokens(text: str) -> int:
    """Approximate tokens: bytes of UTF-8 that are no white space, divided by four, rounded up."""
    solid = "".join(text.split())
    size = len(solid) if solid.isascii() else len(solid.encode("utf-8", "replace"))
    return -(-size // 4)


def _passage(document: Document, locator: Locator, number: int, piece: _Piece) -> Passage:
    line_start, line_end = locator.lines(piece.start, piece.end)
    return Passage(
        id=f"p{number:04d}",
        start=piece.start,
        end=piece.end,
        line_start=line_start,
        line_end=line_end,
        file=locator.file(piece.start).path,
        heading=piece.path,
        text=document.text[piece.start : piece.end],
    )


def _file_pieces(document: Document, file: SourceFile, locator: Locator) -> list[_Piece]:
    format = document.format if document.format != "folder" else format_of(file.path) or "text"
    text = document.text[file.start : file.end]
    atoms: list[_Piece] = []
    for block in scan(text, format):
        path = locator.heading(file.start + block.start)
        for start, end in _cut(text, block):
            tokens = count_tokens(text[start:end])
            if tokens:
                bare = block.kind == "heading"
                first, last = file.start + start, file.start + end
                atoms.append(_Piece(first, last, tokens, path, path, bare))
    return [_trimmed(document.text, piece) for piece in _merge(_pack(atoms))]


def _pack(atoms: list[_Piece]) -> list[_Piece]:
    """Fill pieces with atoms of one section up to the limit; headings begin a piece."""
    pieces: list[_Piece] = []
    for atom in atoms:
        above = pieces[-1] if pieces else None
        if above and above.path == atom.path and not (atom.bare and not above.bare):
            room = LIMIT + (above.tokens if above.bare and above.tokens < SMALL else 0)
            if above.tokens + atom.tokens <= room:
                pieces[-1] = _joined(above, atom)
                continue
        pieces.append(atom)
    return pieces


def _merge(pieces: list[_Piece]) -> list[_Piece]:
    """Join small pieces with the neighbour below, and headings without text with what follows."""
    merged: list[_Piece] = []
    for piece in pieces:
        above = merged[-1] if merged else None
        if above and _near(above.last, piece.path) and _may_join(above, piece):
            merged[-1] = _joined(above, piece)
        else:
            merged.append(piece)
    return merged


def _may_join(above: _Piece, below: _Piece) -> bool:
    together = above.tokens + below.tokens
    if above.bare and above.tokens < SMALL:
        return together <= LIMIT + above.tokens
    return min(above.tokens, below.tokens) < SMALL and together <= LIMIT


def _near(above: Path, below: Path) -> bool:
    """True for the same section, a section and its first child, and children of one parent."""
    common = _common(above, below)
    return len(common) >= len(above) - 1 and len(common) >= len(below) - 1


def _joined(above: _Piece, below: _Piece) -> _Piece:
    return _Piece(
        above.start,
        below.end,
        above.tokens + below.tokens,
        _common(above.path, below.path),
        below.last,
        above.bare and below.bare,
    )


def _common(one: Path, other: Path) -> Path:
    """The titles that two heading paths share from the outside in."""
    size = 0
    while size < min(len(one), len(other)) and one[size] == other[size]:
        size += 1
    return one[:size]


def _trimmed(text: str, piece: _Piece) -> _Piece:
    body = text[piece.start : piece.end]
    start = piece.start + len(body) - len(body.lstrip())
    return piece._replace(start=start, end=start + len(body.strip()))


# --- blocks beyond the limit -----------------------------------------------------------------

_ROW = re.compile(r"\n")
_HTML_ROW = re.compile(r"\n(?=[ \t]*<tr\b)", re.IGNORECASE)
_ITEM_START = re.compile(r"\n(?=[ \t]*(?:[-*+•●]|\d{1,9}[.)])[ \t])")
_SENTENCE = re.compile(r"[.!?]['\")\]]{0,3}\s+(?=\S)")
_WORD = re.compile(r"\s+")


def _cut(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Spans of a block, each within the limit where its kind allows to cut it."""
    start, end = block.start, block.end
    if end - start <= LIMIT or count_tokens(text[start:end]) <= LIMIT:
        yield start, end
    elif block.kind == "table":
        html = text[start:end].lstrip(" \t>").startswith("<")
        yield from _fill(text, start, end, [_HTML_ROW if html else _ROW], HARD)
    elif block.kind == "fence":
        yield from _fill(text, start, end, [_ROW], LIMIT)
    else:
        yield from _fill(text, start, end, [_ITEM_START, _SENTENCE, _ROW], LIMIT)


def _fill(
    text: str, start: int, end: int, breaks: list[re.Pattern[str]], longest: int
) -> Iterator[tuple[int, int]]:
    """Cut a span at the first kind of break, and parts above `longest` at the next kind, and so on;
    then join neighbours again up to the limit."""
    opened, tokens = start, 0
    for part_start, part_end in _parts(text, start, end, breaks, longest):
        size = count_tokens(text[part_start:part_end])
        if tokens and tokens + size > LIMIT:
            yield opened, part_start
            opened, tokens = part_start, 0
        tokens += size
    yield opened, end


def _parts(
    text: str, start: int, end: int, breaks: list[re.Pattern[str]], longest: int
) -> Iterator[tuple[int, int]]:
    if not breaks:
        yield from _hard_cut(text, start, end)
        return
    edges = [start, *(m.end() for m in breaks[0].finditer(text, start, end)), end]
    for a, b in pairwise(edges):
        if count_tokens(text[a:b]) > longest:
            yield from _parts(text, a, b, breaks[1:], longest)
        elif a < b:
            yield a, b


def _hard_cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of at most LIMIT tokens, cut between words where there are any."""
    while end - start > LIMIT:
        stop = start + LIMIT
        while stop < min(end, start + 4 * LIMIT):
            longer = min(end, stop + LIMIT // 4)
            if count_tokens(text[start:longer]) > LIMIT:
                break
            stop = longer
        space = max(text.rfind(" ", start, stop), text.rfind("\n", start, stop))
        stop = space + 1 if space > start + LIMIT // 2 else stop
        yield start, stop
        start = stop
    if start < end:
        yield start, end
