"""Keeps what an HTML page hides apart from what it shows, when the page becomes Markdown.

The conversion drops comments and styles, so hidden words would either vanish or stand among the
visible ones. Both become comments in the Markdown, where `documents.hidden` finds them.
"""

from __future__ import annotations

import re

from copilot.documents.hidden import conceals

MIN_WORDS = 3
"""Shorter comments are marks for programs."""
MAX_WORDS = 150
"""Longer hidden elements are folded content (tabs, expanders), which a reader can open."""

_MAY_HIDE = re.compile(r"<!--|\shidden[\s=/>]|style\s*=|<font\b", re.IGNORECASE)


def keep_apart(source: str) -> str:
    """The page with hidden elements and comments of prose as visible `<!-- ... -->` texts."""
    if not _MAY_HIDE.search(source):
        return source
    from bs4 import BeautifulSoup, Comment

    soup, changed = BeautifulSoup(source, "html.parser"), False
    for tag in soup.find_all(True):
        given = {
            key: " ".join(v) if isinstance(v, list) else str(v) for key, v in tag.attrs.items()
        }
        attributes = " ".join(f'{key}="{value}"' for key, value in given.items())
        if tag.name in ("html", "body") or tag.decomposed or not conceals(attributes):
            continue
        words = tag.get_text(" ").split()
        if MIN_WORDS <= len(words) <= MAX_WORDS:
            tag.replace_with(_as_comment(words))
            changed = True
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        words = str(comment).split()
        if len(words) >= MIN_WORDS and not str(comment).lstrip().startswith(("[if", "<")):
            comment.replace_with(_as_comment(words))
            changed = True
    return str(soup) if changed else source


def _as_comment(words: list[str]) -> str:
    """Text that reads as a comment once it is escaped, converted and back in Markdown."""
    return f" <!-- {re.sub(r'-{2,}|[<>]', ' ', ' '.join(words))} --> "
