"""Which file suffixes archreview reads, and how a path is shown in messages and citations."""

from __future__ import annotations

from pathlib import PurePath

FORMATS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".rst": "rst",
    ".txt": "text",
    ".text": "text",
    "": "text",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
}
"""Suffix in lower case -> format; a name without a suffix is taken for plain text."""

SUPPORTED = ", ".join(suffix for suffix in FORMATS if suffix)


def format_of(path: str | PurePath) -> str | None:
    """Format of a file by its suffix (None when unsupported); also for a path from `shown`."""
    return FORMATS.get(PurePath(str(path).strip("'\"")).suffix.lower())


def bare_name(path: str | PurePath) -> str:
    """Name of a file or folder without its document suffix; `v1.2` is a whole name.

    Also for a path from `shown`.
    """
    path = PurePath(str(path))
    suffix = path.suffix.rstrip("'\"").lower()
    return path.stem if suffix and suffix in FORMATS else path.name


def shown(path: str | PurePath) -> str:
    """The path as text; as its repr when it holds control characters or undecodable bytes."""
    text = str(path)
    return text if text.isprintable() else repr(text)
