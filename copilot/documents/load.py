"""Loads a design, one file or a folder of files, as one Document.

Text formats are kept verbatim but for line ends and byte order marks; HTML, DOCX and PDF are
converted. Nothing is fetched, whatever a file links to.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from copilot.documents.converted import Converted, convert_docx, convert_html
from copilot.documents.folder import members
from copilot.documents.formats import SUPPORTED, format_of, shown
from copilot.documents.outline import sections_of
from copilot.documents.pdf import convert_pdf
from copilot.documents.plaintext import decode
from copilot.documents.scan import scan
from copilot.documents.titles import title_of
from copilot.errors import DocumentError
from copilot.schema import Document, Record, Section, SourceFile

SEPARATOR = "\n\n"
"""Stands between the files of a folder and belongs to none of them."""


class Limits(Record):
    """How much a design may hold, all of its files together."""

    max_bytes: int = Field(default=20_000_000, gt=0)
    """Bytes on disk."""
    max_chars: int = Field(default=2_000_000, gt=0)
    """Characters of text."""


Loader = Callable[[bytes, str, Limits], Converted]
"""Makes text of a file's bytes, given its name for messages; raises DocumentError."""

LOADERS: dict[str, Loader] = {
    "markdown": lambda data, where, limits: Converted(decode(data, where)),
    "rst": lambda data, where, limits: Converted(decode(data, where)),
    "text": lambda data, where, limits: Converted(decode(data, where)),
    "html": lambda data, where, limits: convert_html(data, where),
    "docx": lambda data, where, limits: convert_docx(data, where),
    "pdf": lambda data, where, limits: convert_pdf(data, where, limits.max_chars),
}


def load_document(path: Path, limits: Limits = Limits()) -> Document:  # noqa: B008 - it is frozen
    """Read a design: a file of a supported format, or a folder as one design of several files.

    In a folder, unsupported and empty files are passed over; a supported file that is broken is an
    error that names it. Raises DocumentError, one line, for everything that cannot be reviewed.
    """
    if stat.S_ISDIR(_status(path).st_mode):
        return _load_folder(path, limits)
    converted = _load_file(path, limits)
    if not converted.text.strip():
        raise DocumentError("is empty", where=shown(path), todo="write the design first")
    return _document(path, [(shown(path), converted)], format_of(path) or "text")


def _load_folder(path: Path, limits: Limits) -> Document:
    parts: list[tuple[str, Converted]] = []
    files, chars = members(path), 0
    _check_size(path, "bytes", sum(_size(file) for file in files), limits.max_bytes)
    for file in files:
        converted = _load_file(file, limits)
        if converted.text.strip():
            parts.append((shown(file.relative_to(path).as_posix()), converted))
            chars += len(converted.text)
        _check_size(path, "characters", chars, limits.max_chars)
    if not parts:
        todo = f"name a folder with files of these kinds: {SUPPORTED}"
        raise DocumentError("is a folder with no design in it", where=shown(path), todo=todo)
    return _document(path, parts, "folder")


def _load_file(path: Path, limits: Limits) -> Converted:
    """Text of one file; DocumentError unless it is a regular file of a supported format."""
    format = format_of(path)
    if format is None:
        what = f"is of a kind that cannot be read ({path.suffix or path.name})"
        todo = f"convert it to one of {SUPPORTED}"
        raise DocumentError(what, where=shown(path), todo=todo)
    data = _read(path, limits.max_bytes)
    if not data:
        return Converted("")
    converted = LOADERS[format](data, shown(path), limits)
    _check_size(path, "characters", len(converted.text), limits.max_chars)
    return converted


def _read(path: Path, max_bytes: int) -> bytes:
    _check_size(path, "bytes", _size(path), max_bytes)
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)  # the file may have grown since
    except OSError as error:
        raise _unreadable(path, error) from error
    _check_size(path, "bytes", len(data), max_bytes)
    return data


def _size(path: Path) -> int:
    status = _status(path)
    if not stat.S_ISREG(status.st_mode):
        todo = "name a file or a folder of files"
        raise DocumentError("is not a regular file", where=shown(path), todo=todo)
    return status.st_size


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError as error:
        todo = "check the spelling of the path"
        raise DocumentError("does not exist", where=shown(path), todo=todo) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> DocumentError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    todo = "check the path and the right to read it"
    return DocumentError(f"cannot be read ({reason})", where=shown(path), todo=todo)


def _check_size(path: Path, unit: str, size: int, limit: int) -> None:
    if size > limit:
        name = f"max_{'bytes' if unit == 'bytes' else 'chars'}"
        what = f"holds {size:,} {unit}, more than {name} = {limit:,}"
        raise DocumentError(what, where=shown(path), todo=f"raise {name} or split the design")


def _document(path: Path, parts: list[tuple[str, Converted]], format: str) -> Document:
    """Join the files' texts and shift their pages and sections to where they stand in it."""
    files: list[SourceFile] = []
    sections: list[Section] = []
    title, start = "", 0
    for name, part in parts:
        end = start + len(part.text)
        pages = tuple(start + page for page in part.pages)
        files.append(SourceFile(path=name, start=start, end=end, pages=pages))
        blocks = scan(part.text, format_of(name) or "text")
        sections += _shifted(sections_of(blocks, len(part.text)), start)
        title = title or title_of(part, blocks, format_of(name) or "text")
        start = end + len(SEPARATOR)
    text = SEPARATOR.join(part.text for _, part in parts)
    own_name = path.resolve().name if format == "folder" else path.stem
    return Document(
        path=shown(path),
        title=title or shown(own_name),
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        format=format,
        files=tuple(files),
        sections=tuple(sections),
    )


def sections_in(files: tuple[SourceFile, ...], text: str, format: str) -> tuple[Section, ...]:
    """The sections of a document whose files stand in `text` at these offsets."""
    found: list[Section] = []
    for file in files:
        part = text[file.start : file.end]
        own = format if format != "folder" else format_of(file.path) or "text"
        found += _shifted(sections_of(scan(part, own), len(part)), file.start)
    return tuple(found)


def _shifted(sections: tuple[Section, ...], by: int) -> list[Section]:
    if not by:
        return list(sections)
    return [s.model_copy(update={"start": s.start + by, "end": s.end + by}) for s in sections]
