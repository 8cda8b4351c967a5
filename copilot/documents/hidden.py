"""What a text holds that its reader does not see: comments, hidden elements, invisible characters.

A judge must not read it either: whoever writes "<!-- encryption: AES-256 -->" has told no reader
anything. Text in code fences is shown as it stands, so nothing there is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from copilot.documents.formats import format_of
from copilot.documents.scan import scan
from copilot.schema import Document

MIN_INVISIBLE = 12
"""So many invisible characters in a row are a message; joiners and marks come in ones and twos."""


class Hidden(NamedTuple):
    """A span that a reader does not see; offsets in the document's text."""

    start: int
    end: int
    carrier: str
    """comment, element (hidden by HTML or its style) or invisible (characters without a shape)."""


CONCEALING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0*(?:\.0+)?[01]?"
    r"(?:px|pt|em|rem|%)?\s*(?:[;\"'!]|$)|opacity\s*:\s*0*(?:\.0\d*)?\s*(?:[;\"'!]|$)|"
    r"(?<![-\w])color\s*:\s*(?:white\b|#fff(?:fff)?(?:ff)?\b|transparent|snow\b|ivory\b|"
    r"rgba?\(\s*255\s*,\s*255\s*,\s*255|rgba\([^)]{0,40},\s*0?\.?0\s*\)|"
    r"hsla?\([^)]{0,30}100%\s*\))|"
    r"text-indent\s*:\s*-\d{3,}|(?:left|top|right)\s*:\s*-\d{3,}|clip(?:-path)?\s*:\s*"
    r"(?:rect\(\s*0|inset\(\s*(?:50|100)%)|(?:max-)?(?:width|height)\s*:\s*0(?:px)?\s*(?:[;\"']|$)|"
    r"mso-hide\s*:\s*all|transform\s*:\s*scale\(\s*0",
    re.IGNORECASE,
)
"""Style declarations that leave nothing to see (white text: on the white of a page)."""

_COMMENT = re.compile(r"<!--[\s\S]*?(?:--!?>|(?=\Z))")
_LINK_COMMENT = re.compile(
    r"^ {0,3}\[(?://|\\\\|#|_|comment|hidden|note|todo|[^\]\w]{1,3})\d*\]:[ \t]*\S+"
    r"[ \t]*(?:\n[ \t]*)?(?:\([^)\n]*\)?|\"[^\"\n]*\"?|'[^'\n]*'?)[^\n]*|"
    r"^ {0,3}\[(?://|comment)\d*\]:[ \t]*[^\n]+",
    re.MULTILINE | re.IGNORECASE,
)
_TAG = re.compile(r"<([a-z][a-z0-9]{0,15})\b([^<>]{0,2000})>", re.IGNORECASE)
_NEVER_SHOWN = {"script", "style", "template", "noscript"}
_VOID = {"img", "br", "hr", "input", "meta", "link", "source", "area", "col", "embed", "wbr"}
_HIDDEN_ATTRIBUTE = re.compile(
    r"\shidden(?=[\s=/]|$)|\bcolor\s*=\s*[\"']?(?:white\b|#fff(?:fff)?\b)|\bsize\s*=\s*[\"']?0\b",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(
    "(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+|"
    f"[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u180e\ufe00-\ufe0f\U000e0100-\U000e01ef]{{{MIN_INVISIBLE},}}"
)
"""Tag characters (a shadow of ASCII; flags use them after U+1F3F4), long runs without shape."""
_INLINE_CODE = re.compile(r"(`+)(?!`)[^\n]{1,300}?(?<!`)\1(?!`)")
_RST_COMMENT = re.compile(
    r"^([ \t]*)\.\.(?:[ \t]+(?!\[|\||_|[\w:+.-]+::)\S[^\n]*|[ \t]*)"
    r"(?:\n(?:\1[ \t]+\S[^\n]*|"
    r"[ \t]*(?=\n)))*",
    re.MULTILINE,
)


def hidden_spans(document: Document) -> tuple[Hidden, ...]:
    """Spans that a reader of the document does not see, in order and without overlaps."""
    found: list[Hidden] = []
    for file in document.files:
        format = document.format if document.format != "folder" else format_of(file.path) or "text"
        text = document.text[file.start : file.end]
        found += [
            Hidden(file.start + start, file.start + end, carrier)
            for start, end, carrier in _of_text(text, format)
        ]
    return tuple(found)


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with the spans blank but for their line feeds: all offsets and lines stay."""
    pieces, done = [], 0
    for start, end in sorted(spans):
        start = max(start, done)
        if start < end:
            pieces += [text[done:start], re.sub(r"[^\n]", " ", text[start:end])]
            done = end
    return "".join([*pieces, text[done:]])


def _of_text(text: str, format: str) -> list[Hidden]:
    found = [Hidden(*match.span(), "invisible") for match in _INVISIBLE.finditer(text)]
    if format in ("markdown", "html"):
        code = _code_spans(text, format)
        found += _outside(_markup(text), code)
    elif format == "rst":
        code = _code_spans(text, format)
        rst = (
            Hidden(match.start(), match.start() + len(match.group().rstrip()), "comment")
            for match in _RST_COMMENT.finditer(text)
        )
        found += _outside((span for span in rst if text[span.start : span.end].strip(". \n")), code)
    return _joined(found)


def _markup(text: str) -> Iterator[Hidden]:
    for match in _COMMENT.finditer(text):
        closed = match.group().endswith(">")
        line_start = text.rfind("\n", 0, match.start()) + 1
        if closed or not text[line_start : match.start()].strip():
            yield Hidden(*match.span(), "comment")
    for match in _LINK_COMMENT.finditer(text):
        yield Hidden(*match.span(), "comment")
    yield from _elements(text)


def _elements(text: str) -> Iterator[Hidden]:
    """Elements that markup or style hides, from the opening tag to the end of the closing one."""
    done = 0
    for match in _TAG.finditer(text):
        name, attributes = match[1].lower(), match[2]
        if match.start() < done or name in _VOID or attributes.rstrip().endswith("/"):
            continue
        if name in _NEVER_SHOWN or conceals(attributes):
            done = _element_end(text, name, match.end())
            yield Hidden(match.start(), done, "element")


def conceals(attributes: str) -> bool:
    """True when the attributes of an HTML tag hide its content."""
    if _HIDDEN_ATTRIBUTE.search(f" {attributes}"):
        return True
    style = re.search(r"style\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", attributes, re.IGNORECASE)
    return bool(style and CONCEALING.search(style[1]) and not _on_dark(style[1]))


def _on_dark(style: str) -> bool:
    """White text on a background of its own is a badge, not a secret."""
    ground = re.search(r"background(?:-color)?\s*:\s*([^;\"']+)", style, re.IGNORECASE)
    plain = r"\s*(?:white|#fff(?:fff)?|transparent|none|inherit)\s*$"
    gone = re.search(r"display|visibility|font-size|opacity|indent", style, re.IGNORECASE)
    return bool(ground and not re.match(plain, ground[1], re.IGNORECASE) and not gone)


def _element_end(text: str, name: str, start: int) -> int:
    """End of the element's closing tag; of the paragraph when it is never closed."""
    depth, end = 1, 0
    for match in re.compile(rf"<(/?){name}\b[^<>]{{0,2000}}>", re.IGNORECASE).finditer(text, start):
        depth += -1 if match[1] else 1
        end = match.end() if match[1] else end
        if depth == 0:
            return match.end()
    if end:
        return end
    gap = text.find("\n\n", start)
    return len(text) if gap < 0 else gap


def _code_spans(text: str, format: str) -> list[tuple[int, int]]:
    """Fences and inline code: markup in them is shown as it stands."""
    fences = [(block.start, block.end) for block in scan(text, format) if block.kind == "fence"]
    return sorted([*fences, *(match.span() for match in _INLINE_CODE.finditer(text))])


def _outside(found: Iterable[Hidden], code: list[tuple[int, int]]) -> list[Hidden]:
    """The spans that do not begin within code."""
    kept, at = [], 0
    for span in sorted(found):
        while at < len(code) and code[at][1] <= span.start:
            at += 1
        if at == len(code) or not code[at][0] <= span.start:
            kept.append(span)
    return kept


def _joined(found: list[Hidden]) -> list[Hidden]:
    joined: list[Hidden] = []
    for span in sorted(found):
        if joined and span.start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return joined
