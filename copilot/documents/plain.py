"""Finds the headings of text without markup: plain text, and what is extracted from a PDF.

Three signs: a section number ("2.3 Technical Requirements"), a line in capitals, and in plain
text a title underlined with = or -. The rest of the module keeps lists, tables of contents and
cells of tables from passing for headings. It errs towards too few: a missed heading costs a
citation its heading path, an invented one puts a wrong path there.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_HEADING = 80
"""Longest line in characters that may be a heading."""

Heading = tuple[int, str, int]
"""Level, title, and number of rows."""

_NUMBERED = re.compile(r"[ \t]*(\d{1,2}(?:\.\d{1,2}){0,5})(?:[.)](?=\S)|[.)]?[ \t]+)(\S.*)$")
_LEADERS = re.compile(r"(?:\.[ \t]?){3,}|…|\t\d+$| {2,}\d+$")
_CONTENTS = re.compile(r"[ \t]*(?:table of )?contents?[ \t:]*$", re.IGNORECASE)
_UNDERLINE = re.compile(r"(={3,}|-{3,})[ \t]*$")
_LETTERS = re.compile(r"[^\W\d_]")


class _Numbered(NamedTuple):
    row: int
    number: tuple[int, ...]
    title: str


def plain_headings(rows: list[str], *, paged: bool) -> dict[int, Heading]:
    """Headings by the row at which they start; `paged` for text extracted from a PDF."""
    numbered = _numbered(rows)
    headings = {h.row: (len(h.number), h.title, 1) for h in numbered}
    last = numbered[0].row if len(numbered) >= 3 else len(rows)
    for row in range(min(last, len(rows))):
        if row not in headings and _is_capitals(rows, row):
            headings[row] = (1, rows[row].strip(), 1)
    if not paged:
        headings |= _underlined(rows)
    return headings


def _numbered(rows: list[str]) -> list[_Numbered]:
    """Numbered headings whose numbers follow on from each other."""
    accepted: list[_Numbered] = []
    refused: _Numbered | None = None
    for candidate in _after_contents(rows, _candidates(rows)):
        continues_list = refused is not None and _continues(refused, candidate)
        last = accepted[-1].number if accepted else ()
        if not continues_list and _follows(last, candidate.number):
            accepted.append(candidate)
        else:
            refused = candidate
    return _without_lists(accepted)


def _candidates(rows: list[str]) -> list[_Numbered]:
    found = []
    for row, text in enumerate(rows):
        if len(text) > MAX_HEADING or not text[:1].strip() or not text[0].isdigit():
            continue
        match = _NUMBERED.match(text)
        if match and _is_title(match[2].strip()):
            number = tuple(int(part) for part in match[1].split("."))
            found.append(_Numbered(row, number, text.strip()))
    return found


def _is_title(text: str) -> bool:
    """True for what reads as a title: starts with a capital, is short, is not a sentence."""
    return (
        text[0].isupper()
        and len(text.split()) <= 10
        and text[-1] not in ".,;!|"
        and " : " not in text
        and ": " not in text.rstrip(":")[:-1]
        and not _LEADERS.search(text)
    )


def _after_contents(rows: list[str], candidates: list[_Numbered]) -> list[_Numbered]:
    """The candidates without those in a table of contents.

    Under a line "Contents", entries are skipped up to the first that comes twice.
    """
    start = next((row for row in range(len(rows)) if _is_contents(rows[row])), None)
    seen: set[str] = set()
    for index, candidate in enumerate(candidates):
        if start is not None and candidate.row > start:
            name = "".join(filter(str.isalnum, candidate.title.casefold()))
            if name in seen:
                return [c for c in candidates[:index] if c.row < start] + candidates[index:]
            seen.add(name)
    return candidates


def _is_contents(row: str) -> bool:
    return len(row) < 40 and _CONTENTS.match(row) is not None


def _follows(last: tuple[int, ...], number: tuple[int, ...]) -> bool:
    """True when a section of this number may come after the last one.

    Sections may be missing between numbers of several parts ("2.2", then "3.2"); a number of one
    part may skip one at most, because the items of a list look the same.
    """
    if not last:
        return number[0] <= 2 and (len(number) > 1 or number[0] <= 1)
    step = 1 if len(number) > 1 else 2
    return last < number and number[0] <= last[0] + step


def _continues(refused: _Numbered, candidate: _Numbered) -> bool:
    """True when the candidate is the next item of a list whose earlier item was refused."""
    single = len(candidate.number) == len(refused.number) == 1
    return (
        single
        and candidate.number[0] == refused.number[0] + 1 < 100
        and (candidate.row - refused.row <= 3)
    )


def _without_lists(accepted: list[_Numbered]) -> list[_Numbered]:
    """Drops numbered lists: headings on neighbouring rows, three or more with no text between."""
    runs: list[list[_Numbered]] = []
    for heading in accepted:
        near = runs and heading.row - runs[-1][-1].row <= 1
        if near and len(heading.number) == len(runs[-1][-1].number):
            runs[-1].append(heading)
        else:
            runs.append([heading])
    return [heading for run in runs if len(run) < 3 for heading in run]


def _is_capitals(rows: list[str], row: int) -> bool:
    text = rows[row].strip()
    if not 5 <= len(text) <= MAX_HEADING or text[0] in "|+-*>#<{[(" or text.upper() != text:
        return False
    lone = not rows[row - 1].strip() if row else True
    letters = len(_LETTERS.findall(text))
    cased = text.lower() != text
    return lone and cased and letters >= 4 and letters * 2 > len(text) and text[-1] not in ".,;|"


def _underlined(rows: list[str]) -> dict[int, Heading]:
    found: dict[int, Heading] = {}
    for row in range(1, len(rows)):
        mark = rows[row][:1] in ("=", "-") and _UNDERLINE.match(rows[row])
        title = rows[row - 1].strip()
        lone = row < 2 or not rows[row - 2].strip()
        if mark and lone and title and len(title) <= MAX_HEADING and title[0] not in "|+-*=":
            found[row - 1] = (1 if rows[row][0] == "=" else 2, title, 2)
    return found
