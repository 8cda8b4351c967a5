"""Checks a DOCX before anything unpacks it: a sound ZIP, no bomb, no entity tricks."""

from __future__ import annotations

import io
import zipfile
import zlib

from copilot.errors import DocumentError

MAX_MEMBERS = 5_000
MAX_UNPACKED = 200_000_000
"""Bytes of all members together."""
MAX_RATIO = 200
"""Unpacked to packed bytes of one member, for members beyond a megabyte."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMB = "looks like a decompression bomb"
_RESAVE = "open it in a word processor and save it again as .docx"


def check_docx(data: bytes, where: str) -> None:
    """Raise DocumentError unless the bytes are a DOCX that is safe to unpack.

    Python's zipfile never reads more of a member than its directory entry declares, so the sums
    over the directory bound what unpacking can take.
    """
    if data.startswith(_OLE):
        what = "is encrypted or in the old .doc format, not a .docx"
        todo = "remove the password or save it as .docx"
        raise DocumentError(what, where=where, todo=todo)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive, where)
            _check_markup(archive, where)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise DocumentError(f"is a broken .docx ({error})", where=where, todo=_RESAVE) from error
    except RuntimeError as error:  # zipfile's answer to a member with a password
        todo = "remove the password"
        raise DocumentError("is an encrypted archive", where=where, todo=todo) from error


def _check_directory(archive: zipfile.ZipFile, where: str) -> None:
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    dense = [
        member
        for member in members
        if member.file_size > max(1_000_000, MAX_RATIO * member.compress_size)
    ]
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or dense:
        what = f"{_BOMB} ({len(members):,} members, {unpacked:,} bytes unpacked)"
        raise DocumentError(what, where=where, todo="review only documents that you trust")
    if "word/document.xml" not in archive.namelist():
        what = "is a ZIP archive but holds no Word document"
        raise DocumentError(what, where=where, todo=_RESAVE)


def _check_markup(archive: zipfile.ZipFile, where: str) -> None:
    """Refuse document type declarations: Word writes none, and entities expand from there."""
    for member in archive.infolist():
        if member.filename.lower().endswith((".xml", ".rels")):
            content = archive.read(member).replace(b"\0", b"")  # UTF-16 reads as ASCII then
            if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
                what = f"declares XML entities in {member.filename!r}, which no word processor does"
                raise DocumentError(what, where=where, todo=_RESAVE)
