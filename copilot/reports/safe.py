"""Text of a document made safe to show: in a terminal, in Markdown.

A design under review is hostile input; nothing it holds may act on the reader's terminal, pose
as part of the report, or change its direction.
"""

from __future__ import annotations

import html
import re

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_NO_XML = re.compile("[\ufffe\uffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~!$])")
_LINE_START = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)
_BARE_LINK = re.compile(r"\b(https?|ftp|mailto|www)([:.])", re.IGNORECASE)


def printable(text: str) -> str:
    """`text` with control, bidirectional and invisible characters written out as <U+001B>.

    Halves of surrogate pairs, which no file can hold, are written out too.
    """
    if text.isprintable():  # most are; it is faster than to look for what is not
        return text
    return _CONTROL.sub(lambda match: f"<U+{ord(match.group()):04X}>", text)


def xml_text(text: str) -> str:
    """`text` printable and without the two non-characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", printable(text))


def one_line(text: str, limit: int = 0) -> str:
    """`text` printable on one line, cut with an ellipsis after `limit` characters (0: never)."""
    flat = printable(" ".join(text.split()))
    return flat if not limit or len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def markdown(text: str) -> str:
    """`text` printable, on one line, with every character that Markdown would act on escaped."""
    escaped = html.escape(_MARKDOWN.sub(r"\\\1", one_line(text)), quote=False)
    escaped = _LINE_START.sub(r"\1\\\2", escaped)
    return _BARE_LINK.sub(lambda m: f"{m.group(1)}{m.group(2)}\u200b", escaped)
