"""A PDF with the findings as highlight annotations on the cited text.

pdfium says where each character stands on its page, pypdf writes the annotations.
"""

from __future__ import annotations

import io
import logging
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from copilot.errors import InputError
from copilot.reports.annotated.letters import Letters
from copilot.reports.annotated.notes import AUTHOR, Remarks

if TYPE_CHECKING:
    from pypdf import PdfWriter
    from pypdf.annotations import MarkupAnnotation

COLOR = "ffd54f"
NOTE_SIZE = 20
"""Side of the summary's icon, in points."""
_REPAIR = "open it in a PDF viewer and export it again"


class Box(NamedTuple):
    """A rectangle on a page, in points of its user space."""

    left: float
    bottom: float
    right: float
    top: float


class Place(NamedTuple):
    """Where a piece of text stands: one box for each of its lines on one page, from 0."""

    page: int
    boxes: tuple[Box, ...]


def annotate_pdf(data: bytes, remarks: Remarks, where: str) -> bytes:
    """The PDF with a highlight for each mark and a note with the summary on its first page.

    Cited text that is not found on the pages is told in the summary. Raises InputError when
    the PDF cannot be written again.
    """
    size = max(1, len(remarks.text))
    wanted = [(mark.citation.quote, mark.start / size) for mark in remarks.marks]
    # pypdf logs a line for every odd object, which would land in the user's terminal
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        found = _places(data, wanted)
        placed = [bool(places) for places in found]
        summary = remarks.summary(placed)
        top = "\n".join((remarks.head, *(line for lines in summary for line in ("", *lines))))
        writer = _writer(data)
        _note(writer, top, remarks)
        for number, (places, text) in enumerate(zip(found, remarks.texts(placed), strict=True)):
            for nth, place in enumerate(places):
                said = text if nth == 0 else remarks.marks[number].note.pointer
                _highlight(writer, place, said, f"{number}-{nth}", remarks)
        written = io.BytesIO()
        writer.write(written)
    except Exception as error:  # pdfium and pypdf raise almost anything on damaged objects
        what = f"cannot be given annotations ({type(error).__name__})"
        raise InputError(what, where=where, todo=_REPAIR) from error
    return written.getvalue()


def _places(data: bytes, wanted: Sequence[tuple[str, float]]) -> list[list[Place]]:
    """Where each quote stands, given its share of the text's length; empty when nowhere."""
    import pypdfium2  # type: ignore[import-untyped]

    document = pypdfium2.PdfDocument(data)
    try:
        layers = [page.get_textpage() for page in document]
        texts = [_characters(layer) for layer in layers]
        starts = [0]
        for text in texts:
            starts.append(starts[-1] + len(text) + 1)
        letters = Letters("\n".join(texts))
        found = []
        for quote, near in wanted:
            spans = letters.find(quote, near)
            found.append(_by_page(p for a, b in spans for p in _on_pages(layers, starts, a, b)))
        return found
    finally:
        document.close()


def _characters(layer: object) -> str:
    """One character for each that pdfium counts on the page, so that indices are its own."""
    from pypdfium2 import raw

    count = max(0, raw.FPDFText_CountChars(layer))
    codes = (raw.FPDFText_GetUnicode(layer, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 else " " for code in codes)


def _on_pages(layers: Sequence[object], starts: list[int], start: int, end: int) -> list[Place]:
    places = []
    page = bisect_right(starts, start) - 1
    while page < len(layers) and starts[page] < end:
        first = max(0, start - starts[page])
        last = min(end, starts[page + 1] - 1) - starts[page]
        if boxes := _boxes(layers[page], first, last - first):
            places.append(Place(page, boxes))
        page += 1
    return places


def _by_page(places: Iterable[Place]) -> list[Place]:
    """The boxes of each page in one place."""
    boxes: dict[int, tuple[Box, ...]] = {}
    for place in places:
        boxes[place.page] = (*boxes.get(place.page, ()), *place.boxes)
    return [Place(page, found) for page, found in boxes.items()]


def _boxes(layer: object, first: int, count: int) -> tuple[Box, ...]:
    """One box for each line of `count` characters; those without extent are left out."""
    boxes = []
    for nth in range(layer.count_rects(first, count)):  # type: ignore[attr-defined]
        box = Box(*layer.get_rect(nth))  # type: ignore[attr-defined]
        if box.right > box.left and box.top > box.bottom:
            boxes.append(box)
    return tuple(boxes)


def _writer(data: bytes) -> PdfWriter:
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        reader.decrypt("")  # the loader has read it, so it opens without a password
    return PdfWriter(clone_from=reader)


def _highlight(writer: PdfWriter, place: Place, text: str, name: str, remarks: Remarks) -> None:
    from pypdf.annotations import Highlight
    from pypdf.generic import ArrayObject, FloatObject, NameObject, TextStringObject

    corners = [
        number
        for b in place.boxes
        for number in (b.left, b.top, b.right, b.top, b.left, b.bottom, b.right, b.bottom)
    ]
    rect = Box(
        min(b.left for b in place.boxes),
        min(b.bottom for b in place.boxes),
        max(b.right for b in place.boxes),
        max(b.top for b in place.boxes),
    )
    highlight = Highlight(
        rect=rect,
        quad_points=ArrayObject(FloatObject(round(number, 2)) for number in corners),
        highlight_color=COLOR,
        printing=True,
    )
    highlight[NameObject("/Contents")] = TextStringObject(text)
    _sign(highlight, name, remarks)
    writer.add_annotation(place.page, highlight)


def _note(writer: PdfWriter, text: str, remarks: Remarks) -> None:
    from pypdf.annotations import Text

    page = writer.pages[0].cropbox
    left, top = float(page.left) + 4, float(page.top) - 4
    note = Text(rect=(left, top - NOTE_SIZE, left + NOTE_SIZE, top), text=text)
    _sign(note, "summary", remarks)
    writer.add_annotation(0, note)


def _sign(annotation: MarkupAnnotation, name: str, remarks: Remarks) -> None:
    """Author, date and a name of its own."""
    from pypdf.generic import NameObject, TextStringObject

    moment = datetime.fromisoformat(remarks.created).astimezone(UTC)
    annotation[NameObject("/T")] = TextStringObject(AUTHOR)
    annotation[NameObject("/NM")] = TextStringObject(f"{AUTHOR}-{name}")
    annotation[NameObject("/M")] = TextStringObject(moment.strftime("D:%Y%m%d%H%M%SZ"))
