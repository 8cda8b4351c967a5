"""File names for the reports of designs with any name: safe everywhere, never the same twice."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

from copilot.documents.formats import bare_name

_UNSAFE = re.compile(r"[^a-z0-9]+")
_READABLE = 48
_DIGITS = 16
"""Hexadecimal digits of the key in a name: 64 bits, so that a million designs do not collide."""


def report_stem(path: str | PurePath, key: str) -> str:
    """The name, without suffix, of the reports of a design reviewed under `key`.

    The readable part holds lower-case ASCII letters, digits and `-` only, so that no design's name
    can leave the folder, collide where case does not count, or hide in a shell.
    """
    parts = PurePath(str(path)).parts[-2:] or ("design",)
    plain = unicodedata.normalize("NFKD", "-".join([*parts[:-1], bare_name(parts[-1])]))
    ascii_ = plain.encode("ascii", "ignore").decode()
    words = _UNSAFE.sub("-", ascii_.lower()).strip("-")
    return f"{words[-_READABLE:].strip('-') or 'design'}-{key[:_DIGITS]}"
