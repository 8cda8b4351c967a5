"""Turns HTML and DOCX into Markdown by markitdown's converters, without its network or plugins.

The converters are called directly: `MarkItDown()` would load a model that guesses file types and
look for plugins, and its `convert` follows addresses. Importing them takes 0.4 s, so it is late.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import NamedTuple

from copilot.documents.archive import check_docx
from copilot.documents.converters import markitdown_converters
from copilot.documents.plaintext import decode, tidy
from copilot.documents.unseen import keep_apart
from copilot.errors import DocumentError

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)


class Converted(NamedTuple):
    """What a loader makes of a file."""

    text: str
    title: str = ""
    """The title that the file declares outside its text, if any."""
    pages: tuple[int, ...] = ()
    """Start offset of each page in the text."""


def convert_html(data: bytes, where: str) -> Converted:
    """Markdown of an HTML page's body, without scripts and styles; what it hides as comments.

    Raises DocumentError when the bytes are no text or cannot be parsed.
    """
    converters = markitdown_converters()
    from markitdown import StreamInfo

    source = keep_apart(_decode_html(data, where))
    info = StreamInfo(extension=".html", charset="utf-8")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # too deep a page falls back to plain text
            found = converters.HtmlConverter().convert(io.BytesIO(source.encode()), info)
    except Exception as error:  # parsers of third parties raise anything on malformed markup
        todo = "save the page again, or review its Markdown source"
        raise DocumentError("cannot be read as HTML", where=where, todo=todo) from error
    return Converted(tidy(found.markdown), " ".join((found.title or "").split()))


def convert_docx(data: bytes, where: str) -> Converted:
    """Markdown of a Word document; pictures that it links from elsewhere are never fetched.

    Raises DocumentError when the file is broken, encrypted or looks like an attack.
    """
    check_docx(data, where)
    converters = markitdown_converters()
    from markitdown import StreamInfo

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converter = converters.DocxConverter()
            found = converter.convert(io.BytesIO(data), StreamInfo(extension=".docx"))
    except Exception as error:  # mammoth raises KeyError, ValueError and more on broken parts
        todo = "open it in a word processor and save it again as .docx"
        what = "cannot be read as a Word document"
        raise DocumentError(what, where=where, todo=todo) from error
    return Converted(tidy(found.markdown))


def _decode_html(data: bytes, where: str) -> str:
    """Text of a page: by its mark or as UTF-8, else in the charset that it declares."""
    try:
        return decode(data, where)
    except DocumentError:
        declared = _CHARSET.search(data[:4096])
        if declared is None or b"\0" in data:
            raise
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
        raise
