"""Finds what a design calls itself."""

from __future__ import annotations

import re

import yaml

from copilot.documents.blocks import MAX_TITLE, Block
from copilot.documents.converted import Converted

MAX_FRONT_MATTER = 20_000
"""Longer front matter is not parsed, in characters."""

_FORMATTED = ("pdf", "docx", "text")
"""Formats whose title often is just the first line."""


def title_of(converted: Converted, blocks: list[Block], format: str) -> str:
    """Title of a file: from its front matter, else its first heading, else what it declares.

    In formats without marked headings a short first line before the first heading is the title.
    Empty when there is none of these.
    """
    if blocks and blocks[0].kind == "front":
        title = _front_matter_title(converted.text[blocks[0].start : blocks[0].end])
        if title:
            return title
    content = [block for block in blocks if block.kind != "comment"]
    if format in _FORMATTED and content and content[0].kind == "text":
        line = _first_line(converted.text, content[0])
        if line:
            return line
    headings = (block.title for block in blocks if block.kind == "heading" and block.title)
    unnumbered = (h for h in headings if format not in _FORMATTED or not h[0].isdigit())
    return next(unnumbered, converted.title[:MAX_TITLE])


def _front_matter_title(text: str) -> str:
    if len(text) > MAX_FRONT_MATTER or not text.startswith("---"):
        found = re.search(r"""^title\s*=\s*["']([^"'\n]+)["']""", text[:MAX_FRONT_MATTER], re.M)
        return found[1] if found else ""
    try:
        fields = yaml.safe_load("\n".join(text.split("\n")[1:-1]))
    except (yaml.YAMLError, ValueError, RecursionError):
        return ""
    title = fields.get("title") if isinstance(fields, dict) else None
    return " ".join(str(title).split())[:MAX_TITLE] if isinstance(title, str | int) else ""


def _first_line(text: str, block: Block) -> str:
    """The first line of a block when it is short enough and alone enough to be a title."""
    line = text[block.start : block.end].split("\n", 1)[0].strip().strip("*").strip()
    short = 3 <= len(line) <= 100 and line[-1] not in ".,;:" and line[0] not in "|![<"
    return line if short else ""
