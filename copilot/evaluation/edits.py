"""Edits of a text: removing, replacing and inserting spans without leaving debris behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from copilot.documents.sentences import Span
from copilot.schema import Section

Unit = tuple[Span, ...]
"""The sentences of one paragraph, list item or table row."""

_ITEM = re.compile(r"\||[-*+•]\s|\(?\d{1,3}[.)]\s")
_BLANK = re.compile(r"\n[ \t]*\n")


class Edit(NamedTuple):
    """Replace `text[start:end]`; an insertion has `start == end`."""

    start: int
    end: int
    new: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits; of two that overlap, the one that starts first is made."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits):
        if edit.start < at:
            continue
        pieces += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*pieces, text[at:]])


def removal(text: str, span: Span) -> Edit:
    """Remove a span, and its lines with it where nothing else stands on them."""
    start, end = span
    line_start = text.rfind("\n", 0, start) + 1
    found = text.find("\n", end)
    line_end = len(text) if found < 0 else found + 1
    if not text[line_start:start].strip() and not text[end:line_end].strip():
        return Edit(line_start, line_end, "")
    while end < len(text) and text[end] == " ":
        end += 1
    return Edit(start, end, "")


def emptied(sections: Sequence[Section], sentences: Sequence[Span], gone: set[Span]) -> list[Edit]:
    """Removals of the sections, heading and all, whose every sentence is gone."""
    edits = []
    for section in sections:
        held = [s for s in sentences if section.start <= s[0] and s[1] <= section.end]
        if held and all(span in gone for span in held):
            edits.append(Edit(section.start, section.end, ""))
    return edits


def remove_sentences(
    text: str, sections: Sequence[Section], sentences: Sequence[Span], gone: set[Span]
) -> list[Edit]:
    """Edits that remove these sentences and the headings they leave bare.

    A section's removal comes before those of its sentences, which then change nothing.
    """
    whole = emptied(sections, sentences, gone)
    inside = [
        removal(text, span)
        for span in sorted(gone)
        if not any(edit.start <= span[0] and span[1] <= edit.end for edit in whole)
    ]
    outer = [
        edit
        for edit in whole
        if not any(o != edit and o.start <= edit.start and edit.end <= o.end for o in whole)
    ]
    return [*outer, *inside]


def units(text: str, sentences: Sequence[Span]) -> list[Unit]:
    """The sentences grouped by the paragraph, list item or table row that they stand in."""
    grouped: list[list[Span]] = []
    for sentence in sentences:
        gap = text[grouped[-1][-1][1] : sentence[0]] if grouped else ""
        starts_item = "\n" in gap and _ITEM.match(text, sentence[0])
        if not grouped or _BLANK.search(gap) or starts_item:
            grouped.append([])
        grouped[-1].append(sentence)
    return [tuple(unit) for unit in grouped]
