"""The author's files with the findings written into them, each in its own format."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path

from copilot.documents.formats import format_of
from copilot.documents.plaintext import decode
from copilot.errors import DocumentError, InputError
from copilot.knowledge import Knowledge
from copilot.reports.annotated.docx import annotate_docx
from copilot.reports.annotated.html import annotate_html
from copilot.reports.annotated.markdown import annotate_markdown
from copilot.reports.annotated.notes import Remarks, remarks
from copilot.reports.annotated.paragraphs import annotate_rst, annotate_text
from copilot.reports.annotated.pdf import annotate_pdf
from copilot.schema import Document, Review, SourceFile

Annotate = Callable[[bytes, Remarks, str], bytes]

WRITERS: Mapping[str, Annotate] = {
    "markdown": annotate_markdown,
    "rst": annotate_rst,
    "text": annotate_text,
    "html": annotate_html,
    "docx": annotate_docx,
    "pdf": annotate_pdf,
}
_VERBATIM = ("markdown", "rst", "text")
"""Formats whose reviewed text is the file's own, so that a change shows at once."""
_AGAIN = "review the design again"


def render_annotated(review: Review, knowledge: Knowledge, document: Document | None) -> bytes:
    """The one file of a design with the findings in it; InputError for a design of several."""
    files = annotated_files(review, document)
    if len(files) != 1:
        what = f"is a design of {len(files)} files, each of which gets its annotated copy"
        todo = "give an existing folder: --out FOLDER"
        raise InputError(what, where=review.document.path, todo=todo)
    return next(iter(files.values()))


def annotated_suffix(review: Review) -> str:
    """Of the annotated copy: `.annotated.docx` for a DOCX, `.annotated` for a folder."""
    if review.document.format == "folder":
        return ".annotated"
    return f".annotated{Path(review.document.path.strip(_QUOTES)).suffix}"


_QUOTES = "'\""


def annotated_files(review: Review, document: Document | None) -> dict[str, bytes]:
    """Path of each file within the design -> its bytes with the findings in it.

    Raises InputError when the document is not at hand, has changed since it was reviewed, or
    cannot be written in its format.
    """
    if document is None or document.digest != review.document.digest:
        what = "is not at hand as it was reviewed, so it cannot be annotated"
        raise InputError(what, where=review.document.path, todo=_AGAIN)
    home = _real(document.path)
    found = {}
    for file, own in zip(document.files, remarks(review, document), strict=True):
        path = home / _real(file.path) if document.format == "folder" else home
        found[file.path] = _annotated(path, file, own)
    return found


def _annotated(path: Path, file: SourceFile, own: Remarks) -> bytes:
    format = format_of(path) or "text"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from error
    if format in _VERBATIM and not _says(data, own.text):
        raise InputError("has changed since it was reviewed", where=path, todo=_AGAIN)
    return WRITERS[format](data, own, file.path)


def _says(data: bytes, text: str) -> bool:
    try:
        return decode(data, "") == text
    except DocumentError:
        return False


def _real(shown: str) -> Path:
    """The path that a document shows, which may be the repr of an odd one."""
    if shown[:1] in _QUOTES and shown[-1:] == shown[:1] and not Path(shown).exists():
        return Path(str(ast.literal_eval(shown)))
    return Path(shown)
