"""What is written beside the cited text: findings as notes, and how they fall on one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copilot.reports.safe import one_line, xml_text
from copilot.reports.scorecard import place
from copilot.schema import Citation, Document, Finding, Review, Searched, SourceFile

AUTHOR = "archreview"
QUOTE_LIMIT = 300


@dataclass(frozen=True)
class Note:
    """One finding as its comment tells it; each line is `plain`."""

    number: int
    """Place of the finding in the report, from 1."""
    fingerprint: str
    headline: str
    body: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The whole comment."""
        return (self.headline, *self.body)

    @property
    def brief(self) -> tuple[str, str]:
        """What the summary says of a finding that stands in the text."""
        return self.headline, f"Fingerprint: {self.fingerprint}"

    @property
    def pointer(self) -> str:
        """What stands at every further place that the finding cites."""
        return f"{self.headline} Also cited here; fingerprint {self.fingerprint}"


@dataclass(frozen=True)
class Mark:
    """A note at one piece of cited text; offsets count in the file's text as it was reviewed."""

    note: Note
    citation: Citation
    start: int
    end: int


@dataclass(frozen=True)
class Remarks:
    """What has to be written into one file."""

    text: str
    """The file's text as it was reviewed."""
    marks: tuple[Mark, ...]
    unplaced: tuple[Note, ...]
    """Notes without cited text, which go to the top of this file."""
    head: str
    """First line of the summary."""
    created: str
    """When the review was made, ISO 8601 with offset."""

    def texts(self, placed: Sequence[bool]) -> list[str]:
        """The comment of each mark: whole where its finding is first placed, then a pointer."""
        told: set[int] = set()
        texts = []
        for mark, found in zip(self.marks, placed, strict=True):
            first = found and mark.note.number not in told
            texts.append("\n".join(mark.note.lines) if first else mark.note.pointer)
            told |= {mark.note.number} if found else set()
        return texts

    def summary(self, placed: Sequence[bool]) -> tuple[tuple[str, ...], ...]:
        """Notes for the top of the file, each as its lines: without citation, or not placed.

        Of a note that stands in the text, only its headline and what could not be marked.
        """
        lost, told = self._lost(placed), self._told(placed)
        notes = {n.number: n for n in (*self.unplaced, *(m.note for m in self.marks))}
        listed = sorted({n.number for n in self.unplaced} | set(lost))
        return tuple(
            (*(notes[n].brief if n in told else notes[n].lines), *lost.get(n, ())) for n in listed
        )

    def everything(self, placed: Sequence[bool]) -> dict[int, tuple[str, ...]]:
        """Number of every note -> its lines, with what could not be marked."""
        lost = self._lost(placed)
        notes = {n.number: n for n in (*self.unplaced, *(m.note for m in self.marks))}
        return {n: (*notes[n].lines, *lost.get(n, ())) for n in sorted(notes)}

    def _told(self, placed: Sequence[bool]) -> set[int]:
        return {mark.note.number for mark, found in zip(self.marks, placed, strict=True) if found}

    def _lost(self, placed: Sequence[bool]) -> dict[int, tuple[str, ...]]:
        """Number of a note -> a line for each of its quotes that could not be marked."""
        lost: dict[int, tuple[str, ...]] = {}
        for mark, found in zip(self.marks, placed, strict=True):
            if not found:
                line = f"Cited text, not marked in place: {_quote(mark)}"
                lost[mark.note.number] = (*lost.get(mark.note.number, ()), line)
        return lost


def remarks(review: Review, document: Document) -> tuple[Remarks, ...]:
    """The remarks of each file of the document; findings that cite nothing go to the first."""
    all_notes = tuple(_note(n, f, review) for n, f in enumerate(review.findings, start=1))
    marks: dict[str, list[Mark]] = {file.path: [] for file in document.files}
    for note, finding in zip(all_notes, review.findings, strict=True):
        for citation in finding.citations:
            file = _file_of(citation, document)
            if file is not None:
                start, end = citation.start - file.start, min(citation.end, file.end) - file.start
                marks[file.path].append(Mark(note, citation, start, end))
    cited = {mark.note.number for found in marks.values() for mark in found}
    unplaced = tuple(note for note in all_notes if note.number not in cited)
    return tuple(
        Remarks(
            text=document.text[file.start : file.end],
            marks=tuple(marks[file.path]),
            unplaced=unplaced if file is document.files[0] else (),
            head=_head(review),
            created=review.manifest.created,
        )
        for file in document.files
    )


def plain(text: str, limit: int = 0) -> str:
    """`text` on one line, without what a terminal acts on or what XML or UTF-8 cannot hold."""
    return xml_text(one_line(text, limit))


def _file_of(citation: Citation, document: Document) -> SourceFile | None:
    """The file that a verified citation stands in."""
    if not citation.verified or citation.start < 0:
        return None
    inside = (file for file in document.files if file.start <= citation.start < file.end)
    return next(inside, None)


def _head(review: Review) -> str:
    count = len(review.findings)
    judge = plain(review.manifest.judge)
    return (
        f"Architecture review by archreview: {count} finding{'s' * (count != 1)}, judge {judge}. "
        "Findings that cite text stand beside it; the others are listed here."
    )


def _note(number: int, finding: Finding, review: Review) -> Note:
    severity = finding.severity.value.upper()
    missing = "Missing: " if finding.kind == "gap" else ""
    body = [
        f"What: {plain(finding.what)}",
        f"So what: {plain(finding.so_what)}",
        f"Fix: {plain(finding.fix)}",
    ]
    body += [f"Searched: {searched(finding.searched)}"] if finding.searched else []
    body += [f"Question to answer: {text}" for text in _questions(finding, review)]
    body += [
        f"Rejected quote, not in the document: “{plain(c.quote, QUOTE_LIMIT)}”"
        for c in finding.citations
        if not c.verified
    ]
    aspects = ", ".join((finding.aspect, *finding.also))
    body.append(f"Aspect: {plain(aspects)}. Fingerprint: {finding.fingerprint}")
    headline = f"Finding {number}, {severity}. {missing}{plain(finding.title)}."
    return Note(number, plain(finding.fingerprint), headline, tuple(body))


def _questions(finding: Finding, review: Review) -> list[str]:
    """The first question about the finding's aspect."""
    asked = [q for q in review.questions if q.aspect == finding.aspect]
    return [plain(min(asked, key=lambda q: q.priority).text)] if asked else []


def searched(proof: Searched) -> str:
    """The proof of absence in one line."""
    near = ", ".join(f"{n.file}:{n.line_start}-{n.line_end}" for n in proof.nearest)
    return plain(
        f"{proof.share_read:.0%} of the text read, {len(proof.queries)} queries; "
        f"nearest {near or 'nothing'}."
    )


def _quote(mark: Mark) -> str:
    return f"“{plain(mark.citation.quote, QUOTE_LIMIT)}” ({plain(place(mark.citation))})"
