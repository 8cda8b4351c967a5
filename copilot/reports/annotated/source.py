"""A text file whose bytes stay as they are, but for what is inserted between them."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from collections.abc import Sequence

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
"""UTF-32 first: its little-endian mark begins with the one of UTF-16."""

Insertion = tuple[int, str]
"""Offset in the text with line feeds, and what is inserted there, with line feeds."""


class Source:
    """The text of a file with line feeds for line ends, and the way back to its bytes."""

    def __init__(self, data: bytes) -> None:
        """Decode bytes that the loader of documents can decode; ValueError for others."""
        self._mark, self._encoding = next(
            (found for found in _MARKS if data.startswith(found[0])), (b"", "utf-8")
        )
        self._raw = data[len(self._mark) :].decode(self._encoding)
        self.text = self._raw.replace("\r\n", "\n").replace("\r", "\n")
        pairs = [found.start() for found in re.finditer("\r\n", self._raw)]
        self._pairs = [start - nth for nth, start in enumerate(pairs)]
        first = re.search("\r\n|\r|\n", self._raw)
        self._line_end = first.group() if first else "\n"

    def with_insertions(self, insertions: Sequence[Insertion]) -> bytes:
        """The file's bytes with the insertions; those at one offset keep their order."""
        parts, done = [], 0
        for offset, text in sorted(insertions, key=lambda one: one[0]):
            at = offset + bisect_left(self._pairs, offset)
            parts += [self._raw[done:at], text.replace("\n", self._line_end)]
            done = at
        parts.append(self._raw[done:])
        return self._mark + "".join(parts).encode(self._encoding)
