"""A Word document with the findings as comments, each anchored on exactly the cited text."""

from __future__ import annotations

import copy
import io
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from copilot.documents.archive import check_docx
from copilot.errors import InputError
from copilot.reports.annotated.letters import Letters
from copilot.reports.annotated.notes import AUTHOR, Remarks

if TYPE_CHECKING:
    from docx.document import Document as Word

Span = tuple[int, int]
MAX_STRETCH = 3
"""How many times as long as its found pieces a comment's range may be."""


def annotate_docx(data: bytes, remarks: Remarks, where: str) -> bytes:
    """The document with one comment for each mark and a summary comment at its first words.

    Cited text that cannot be found in the body (it stands in a text box, say) is told in the
    summary. Raises InputError when the document cannot be opened for writing.
    """
    check_docx(data, where)
    word = _open(data, where)
    body = _Body(word)
    letters = Letters(body.text)
    size = max(1, len(remarks.text))
    found = [_range(letters.find(m.citation.quote, m.start / size)) for m in remarks.marks]
    body.cut({offset for span in found if span for offset in span})
    placed = [span is not None for span in found]
    summary = remarks.summary(placed)
    body.comment_top("\n".join((remarks.head, *_spaced(summary))), remarks.created)
    for span, text in zip(found, remarks.texts(placed), strict=True):
        if span is not None:
            body.comment(span, text, remarks.created)
    return _saved(word)


def _open(data: bytes, where: str) -> Word:
    import docx

    try:
        word = docx.Document(io.BytesIO(data))
        _ = word.comments  # a broken comments part shows here, before anything is written
    except Exception as error:  # python-docx and lxml raise what they like on odd packages
        todo = "open it in a word processor and save it again as .docx"
        raise InputError("cannot be given comments", where=where, todo=todo) from error
    return word


def _range(spans: list[Span]) -> Span | None:
    """One range over all spans; over the longest only, where they lie far apart."""
    if not spans:
        return None
    first, last = spans[0][0], spans[-1][1]
    if last - first <= MAX_STRETCH * sum(end - start for start, end in spans):
        return first, last
    return max(spans, key=lambda span: span[1] - span[0])


def _spaced(summary: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    for lines in summary:
        yield ""
        yield from lines


class _Body:
    """The text of a document's body and the runs that it stands in."""

    def __init__(self, word: Word) -> None:
        from docx.oxml.ns import qn

        self._word, self._qn = word, qn
        self._texts: list[tuple[Any, int]] = []
        """Each `w:t` of the body with the offset of its first character."""
        pieces, length = [], 0
        for paragraph in word.element.body.iter(qn("w:p")):
            for node in self._texts_of(paragraph):
                self._texts.append((node, length))
                pieces.append(node.text or "")
                length += len(pieces[-1])
            pieces.append("\n")
            length += 1
        self.text = "".join(pieces)
        self._starts: dict[int, Any] = {}
        self._ends: dict[int, Any] = {}

    def _texts_of(self, paragraph: Any) -> Iterator[Any]:
        """Its `w:t` that stand in runs outside of text boxes, which take no comments."""
        box, own = self._qn("w:txbxContent"), self._qn("w:p")
        for node in paragraph.iter(self._qn("w:t")):
            if node.getparent().tag != self._qn("w:r"):
                continue
            around = [ancestor.tag for ancestor in node.iterancestors()]
            if box not in around[: around.index(self._qn("w:body"))] and (
                next(a for a in node.iterancestors(own)) is paragraph
            ):
                yield node

    def cut(self, offsets: set[int]) -> None:
        """Split runs so that one begins and one ends at each offset."""
        runs: dict[Any, list[tuple[Any, int]]] = {}
        for node, start in self._texts:
            runs.setdefault(node.getparent(), []).append((node, start))
        ordered = sorted(offsets)
        for run, nodes in runs.items():
            self._cut_run(run, dict(nodes), ordered)

    def _cut_run(self, run: Any, starts: dict[Any, int], cuts: Sequence[int]) -> None:
        segments: list[list[Any]] = [[]]
        fresh = False
        for child in [c for c in run if c.tag != self._qn("w:rPr")]:
            for piece, start in self._pieces(child, starts.get(child), cuts):
                if fresh or (_holds(cuts, start) and segments[-1]):
                    segments.append([])
                segments[-1].append((piece, start))
                fresh = start is not None and _holds(cuts, start + len(piece.text or ""))
        self._spread(run, segments)

    def _pieces(
        self, child: Any, start: int | None, cuts: Sequence[int]
    ) -> list[tuple[Any, int | None]]:
        """A child of a run, a `w:t` in as many parts as the cuts make of it."""
        if start is None:
            return [(child, None)]
        text = child.text or ""
        within = slice(bisect_right(cuts, start), bisect_left(cuts, start + len(text)))
        inner = [cut - start for cut in cuts[within]]
        edges = [0, *inner, len(text)]
        parts: list[tuple[Any, int | None]] = []
        for first in edges[:-1]:
            part = child if first == 0 else copy.deepcopy(child)
            parts.append((part, start + first))
        for (part, _), (first, after) in zip(parts, pairwise(edges), strict=True):
            part.text = text[first:after]
            if inner:
                part.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        return parts

    def _spread(self, run: Any, segments: list[list[Any]]) -> None:
        """Leave the first segment in the run and put each other one into a copy behind it."""
        last = run
        for number, segment in enumerate(segments):
            if number:
                fresh = run.makeelement(run.tag, dict(run.attrib))
                if run.rPr is not None:
                    fresh.append(copy.deepcopy(run.rPr))
                last.addnext(fresh)
                for piece, _ in segment:
                    fresh.append(piece)
                last = fresh
            for piece, start in segment:
                if start is not None:
                    self._starts.setdefault(start, last)
                    self._ends[start + len(piece.text or "")] = last

    def comment(self, span: Span, text: str, created: str) -> None:
        """Add a comment on the text of a span whose ends were cut."""
        self._add(self._starts[span[0]], self._ends[span[1]], text, created)

    def comment_top(self, text: str, created: str) -> None:
        """Add a comment on the first words of the body, or on an empty run before it."""
        first = next((node.getparent() for node, _ in self._texts if node.text), None)
        if first is None:
            paragraph = self._word.paragraphs[0] if self._word.paragraphs else None
            paragraph = paragraph or self._word.add_paragraph()
            first = paragraph.add_run()._r
        self._add(first, first, text, created)

    def _add(self, first: Any, last: Any, text: str, created: str) -> None:
        from docx.text.run import Run

        part = self._word.part
        runs = [Run(element, part) for element in (first, last)]
        comment = self._word.add_comment(runs, text, author=AUTHOR, initials="ar")
        comment._comment_elm.date = datetime.fromisoformat(created)


def _holds(cuts: Sequence[int], offset: int | None) -> bool:
    """True when the offset is one of the ascending `cuts`."""
    if offset is None:
        return False
    place = bisect_left(cuts, offset)
    return place < len(cuts) and cuts[place] == offset


def _saved(word: Word) -> bytes:
    """The package's bytes, the same for the same document whenever they are written."""
    raw, packed = io.BytesIO(), io.BytesIO()
    word.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            member = zipfile.ZipInfo(entry.filename)
            new.writestr(member, old.read(entry), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
