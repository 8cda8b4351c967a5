"""Markdown with the findings as footnotes at the end of the cited text.

A reference stands in running text only, never in code, a table, a heading, a link or HTML: there
it follows the block as a paragraph of its own. markdown-it, which textual and rich bring along,
says what is what, before and after the insertion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from copilot.reports.annotated.commonmark import Page, count_in_text
from copilot.reports.annotated.notes import Mark, Remarks
from copilot.reports.annotated.source import Insertion, Source
from copilot.reports.safe import markdown as md


def annotate_markdown(data: bytes, remarks: Remarks, where: str) -> bytes:
    """The file with footnotes and a summary at the top; its own bytes are all kept in order."""
    source = Source(data)
    label = free_label(source.text)
    page = Page(source.text)
    found = [page.place(mark.end, f"[^{label}{mark.note.number}]") for mark in remarks.marks]
    text = _written(source, page, remarks, found, label)
    if not _shows(text, remarks.marks, found, label):
        text = _written(source, page, remarks, [None] * len(found), label)
    return text


def free_label(text: str) -> str:
    """A prefix that no footnote of the document's own has."""
    own = text.casefold()
    label = "ar"
    while f"[^{label}" in own:
        label += "-r"
    return label


def _written(
    source: Source,
    page: Page,
    remarks: Remarks,
    found: Sequence[tuple[int, str] | None],
    label: str,
) -> bytes:
    placed = [place is not None for place in found]
    head = "".join(f"{line}\n" for line in _summary(remarks, placed))
    notes = "".join(_definitions(remarks, placed, label))
    insertions = _grouped(list(dict.fromkeys(place for place in found if place is not None)))
    if page.closed:
        insertions.append((len(source.text), notes))
    else:  # an unclosed fence or comment runs to the end: what stands there is not shown
        head += notes.replace("\n\n", "\n", 1)
    top: Insertion = (page.top, f"\n\n{head}") if page.top else (0, f"{head}\n")
    return source.with_insertions([top, *insertions])


def _grouped(insertions: Sequence[Insertion]) -> list[Insertion]:
    """References that follow one block share its paragraph."""
    grouped: list[Insertion] = []
    for offset, text in sorted(insertions, key=lambda one: one[0]):
        last = grouped[-1] if grouped else (-1, "")
        if text.startswith("\n") and last[1].startswith("\n") and last[0] == offset:
            at = last[1].rindex("]") + 1
            grouped[-1] = (offset, last[1][:at] + text.strip("\n> \t") + last[1][at:])
        else:
            grouped.append((offset, text))
    return grouped


def _summary(remarks: Remarks, placed: Sequence[bool]) -> Iterator[str]:
    yield f"> **{md(remarks.head)}**"
    summary = remarks.summary(placed)
    if summary:
        yield ">"
    for headline, *body in summary:
        yield f"> - **{md(headline)}** {' '.join(map(md, body))}"


def _definitions(remarks: Remarks, placed: Sequence[bool], label: str) -> Iterator[str]:
    """One footnote for each finding that is referred to."""
    notes = {m.note.number: m.note for m, ok in zip(remarks.marks, placed, strict=True) if ok}
    for number in sorted(notes):
        note = notes[number]
        yield f"\n\n[^{label}{number}]: **{md(note.headline)}** {' '.join(map(md, note.body))}"
    if notes:
        yield "\n"


def _shows(
    data: bytes, marks: Sequence[Mark], found: Sequence[tuple[int, str] | None], label: str
) -> bool:
    """True when every reference stands in running text of what was written."""
    used: dict[tuple[int, int], str] = {}
    for mark, place in zip(marks, found, strict=True):
        if place is not None:
            used[(place[0], mark.note.number)] = f"[^{label}{mark.note.number}]"
    wanted = [(reference, list(used.values()).count(reference)) for reference in used.values()]
    definitions = 1
    text = Source(data).text
    counts = count_in_text(text, {reference for reference, _ in wanted})
    return all(counts[reference] == count + definitions for reference, count in wanted)
