"""Decodes text files: byte order marks, UTF-8, line ends; refuses what is no text."""

from __future__ import annotations

import codecs
import re

from copilot.errors import DocumentError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
"""UTF-32 first: its little-endian mark begins with the one of UTF-16."""

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""Control characters that text files do not hold; the escape of terminals is let through."""
MAX_CONTROL = 0.05
"""Larger share of control characters: binary."""

_AS_TEXT = "save the design as UTF-8 text"


def decode(data: bytes, where: str) -> str:
    """Text of a file: verbatim but for a byte order mark, and with "\\n" for every line end.

    Raises DocumentError when the bytes are binary or not in UTF-8 (UTF-16/32 need a mark).
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data:
        raise DocumentError("is a binary file, not text", where=where, todo=_AS_TEXT)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1 if encoding.startswith("utf-8") else None
        what = f"is not valid {encoding.removesuffix('-sig').upper()} (byte {error.start})"
        raise DocumentError(what, where=where, line=line, todo=_AS_TEXT) from error
    if "\0" in text or len(_CONTROL.findall(text)) > MAX_CONTROL * len(text):
        raise DocumentError("is a binary file, not text", where=where, todo=_AS_TEXT)
    return line_feeds(text)


def line_feeds(text: str) -> str:
    """The text with "\\n" for every "\\r\\n" and "\\r"."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def tidy(text: str) -> str:
    """Converted text with line feeds, no space at line ends and at most one empty line in a row.

    The same clean-up as markitdown's own; characters that UTF-8 or a database cannot hold (lone
    surrogates, NUL) come out as U+FFFD.
    """
    text = re.sub("[\0\ud800-\udfff]", "\ufffd", line_feeds(text))
    text = "\n".join(row.rstrip() for row in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text)
