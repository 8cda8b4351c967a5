"""Which places of the document a page points to, and under which names."""

from __future__ import annotations

from collections.abc import Iterator

from copilot.schema import Citation, Document, Nearest, Review, Searched


class Cited:
    """Numbers the cited spans of a document and names the lines that searches came near to."""

    def __init__(self, review: Review, document: Document | None) -> None:
        """Only quotes that stand where they say get a number; none do without a document."""
        text = document.text if document else ""
        places = {
            (c.start, c.end)
            for c in _citations(review)
            if c.verified and c.start >= 0 and c.quote and text[c.start : c.end] == c.quote
        }
        self._numbers = {place: n for n, place in enumerate(sorted(places), start=1)}
        names = [file.path for file in document.files] if document else []
        self._files = {name: index for index, name in enumerate(names)}
        self.lines = frozenset(
            (self._files[near.file], near.line_start)
            for searched in _searches(review)
            for near in searched.nearest
            if near.file in self._files
        )
        """File index and line of each passage that came near."""

    @property
    def spans(self) -> dict[int, tuple[int, int]]:
        """Number -> offsets in the document's text."""
        return {number: place for place, number in self._numbers.items()}

    def number(self, citation: Citation) -> int | None:
        """The number of the citation's span; None where the page does not show it."""
        return self._numbers.get((citation.start, citation.end)) if citation.verified else None

    def anchor(self, near: Nearest) -> str | None:
        """Name of the line that a passage starts at; None where the page does not show it."""
        place = (self._files.get(near.file, -1), near.line_start)
        return f"l{place[0]}-{place[1]}" if place in self.lines else None


def _citations(review: Review) -> Iterator[Citation]:
    for row in review.coverage:
        yield from row.citations
    for finding in review.findings:
        yield from finding.citations
    yield from (strength.citation for strength in review.strengths)


def _searches(review: Review) -> Iterator[Searched]:
    yield from (row.searched for row in review.coverage if row.searched)
    yield from (finding.searched for finding in review.findings if finding.searched)
