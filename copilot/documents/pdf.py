"""Reads a PDF: markitdown's text, and the offset at which each page starts.

markitdown extracts prose and tables well but does not say where pages begin. pdfium reads the
same pages in a few milliseconds; their sizes in letters and digits tell where to cut the text.
"""

from __future__ import annotations

import io
import logging
import re
import unicodedata
import zlib
from bisect import bisect_left
from itertools import accumulate
from typing import Any

from copilot.documents.converted import Converted
from copilot.documents.converters import markitdown_converters
from copilot.documents.plaintext import tidy
from copilot.errors import DocumentError

MAX_UNPACKED = 600_000_000
"""Bytes that the compressed streams of a PDF may unpack to, all together."""
CHUNK = 65_536

_STREAM = re.compile(rb"stream\r?\n")
_GLYPH = re.compile(r"\(cid:\d+\)")
_REPAIR = "open it in a PDF viewer and export it again"


def convert_pdf(data: bytes, where: str, max_chars: int) -> Converted:
    """Text of a PDF with its page starts.

    Raises DocumentError when the PDF is broken, encrypted, a bomb, without text (scanned), or
    when it holds more than `max_chars` characters: told before the slow extraction starts.
    """
    _refuse_bomb(data, where)
    pages = _page_texts(data, where)
    if not any(page.strip() for page in pages):
        what = "holds no extractable text: its pages are pictures (a scan)"
        todo = "run text recognition (OCR) on it, or review its source"
        raise DocumentError(what, where=where, todo=todo)
    size = sum(map(len, pages))
    if size > max_chars:
        what = f"holds {size:,} characters, more than max_chars = {max_chars:,}"
        raise DocumentError(what, where=where, todo="raise max_chars or split the design")
    return _join(cut_pages(_extract(data, where), pages))


def _refuse_bomb(data: bytes, where: str) -> None:
    view, total = memoryview(data), 0
    for found in _STREAM.finditer(data):
        if data[found.end() : found.end() + 1] == b"\x78":  # a zlib header
            total += _unpacked_size(view[found.end() :], MAX_UNPACKED - total)
        if total >= MAX_UNPACKED:
            what = f"looks like a decompression bomb (over {MAX_UNPACKED:,} bytes unpacked)"
            raise DocumentError(what, where=where, todo="review only documents that you trust")


def _unpacked_size(packed: memoryview, limit: int) -> int:
    """Bytes that a zlib stream unpacks to, counted up to `limit`; in chunks, so without memory."""
    unpacker, size, position = zlib.decompressobj(), 0, 0
    pending: bytes | memoryview = b""
    while size < limit and not unpacker.eof:
        if not pending:
            pending, position = packed[position : position + CHUNK], position + CHUNK
        if not pending:
            break
        try:
            size += len(unpacker.decompress(pending, 16 * CHUNK))
        except zlib.error:
            break
        pending = unpacker.unconsumed_tail
    return size


def _page_texts(data: bytes, where: str) -> list[str]:
    """Text of each page by pdfium: fast, but it knows no tables."""
    import pypdfium2  # type: ignore[import-untyped]

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            what, todo = "is an encrypted PDF", "remove the password and try again"
        else:
            what, todo = f"is a broken PDF ({error})", _REPAIR
        raise DocumentError(what, where=where, todo=todo) from error
    try:
        return [_page_text(page) for page in document]
    except pypdfium2.PdfiumError as error:
        what = f"is a broken PDF ({error})"
        raise DocumentError(what, where=where, todo=_REPAIR) from error
    finally:
        document.close()


def _page_text(page: Any) -> str:
    layer = page.get_textpage()
    text = str(layer.get_text_bounded())
    layer.close()
    page.close()
    return text


def _extract(data: bytes, where: str) -> str:
    """The text by markitdown, before its clean-up of white space."""
    converters = markitdown_converters()
    from markitdown import StreamInfo

    # pdfminer logs a line for every odd font, which would land in the user's terminal.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        found = converters.PdfConverter().convert(io.BytesIO(data), StreamInfo(extension=".pdf"))
    except Exception as error:  # pdfminer raises almost anything on damaged objects
        what = f"cannot be read as a PDF ({type(error).__name__})"
        raise DocumentError(what, where=where, todo=_REPAIR) from error
    return str(found.markdown)


def cut_pages(text: str, pages: list[str]) -> list[str]:
    """Cut the text of a PDF into one part for each page, given the pages' own rough texts.

    Form feeds are page ends when there are as many as pages. Otherwise each page takes as many
    letters and digits as its rough text holds, up to the nearest empty line or, where that is
    far off, the nearest line end. Each cut is counted from the one before, so errors do not add up.
    """
    parts = text.split("\f")
    if len(parts) == len(pages) + 1 and not parts[-1].strip():
        return parts[:-1]
    offsets, counts = _line_ends(text)
    gaps = [index for index, offset in enumerate(offsets) if text.startswith("\n\n", offset)]
    gap_counts = [counts[index] for index in gaps]
    cuts, done = [0], 0
    for size in map(_size, pages[:-1]):
        if size:
            index = _nearest(counts, done + size)
            if gaps:
                gap = gaps[_nearest(gap_counts, done + size)]
                far = abs(counts[gap] - done - size) > 3 + size // 10
                index = index if far else gap
            done = max(done, counts[index])
            cuts.append(max(cuts[-1], offsets[index]))
        else:
            cuts.append(cuts[-1])
    return [text[a:b] for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def _line_ends(text: str) -> tuple[list[int], list[int]]:
    """Offsets of the line ends, and the letters and digits before each."""
    rows = text.split("\n")
    offsets = [end - 1 for end in accumulate(len(row) + 1 for row in rows)]
    return offsets, list(accumulate(map(_size, rows)))


def _size(text: str) -> int:
    """Letters and digits in a text, ligatures undone and unmapped glyphs left out."""
    text = unicodedata.normalize("NFKC", _GLYPH.sub("", text))
    return sum(map(str.isalnum, text))


def _nearest(values: list[int], wanted: int) -> int:
    """Index of the value nearest to `wanted` in an ascending list, the first of equals."""
    right = min(bisect_left(values, wanted), len(values) - 1)
    left = bisect_left(values, values[max(0, right - 1)])
    return left if wanted - values[left] <= abs(values[right] - wanted) else right


def _join(parts: list[str]) -> Converted:
    """Pages as one text, an empty line between them; an empty page starts where the next does."""
    pieces: list[str] = []
    starts: list[int] = []
    length = 0
    for part in parts:
        text = tidy(part.replace("\f", "\n")).strip()
        starts.append(length)
        if text:
            pieces.append(text)
            length += len(text) + 2
    joined = "\n\n".join(pieces)
    return Converted(joined, pages=tuple(min(start, len(joined)) for start in starts))
