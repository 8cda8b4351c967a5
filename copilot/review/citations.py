"""Checking quotes: a citation is verified when the document holds it, and where it says."""

from __future__ import annotations

from copilot.documents.locate import Locator
from copilot.documents.quotes import Folded, QuoteFinder, fold, fold_character
from copilot.schema import Citation, Document, Passage, Quote

__all__ = ["Folded", "Verifier", "fold", "fold_character"]


class Verifier:
    """Turns quotes into citations of one document."""

    def __init__(
        self,
        document: Document,
        passages: tuple[Passage, ...],
        source: Document | None = None,
    ) -> None:
        """Quotes are looked for in `document` and shown as `source` has them at that place.

        `source` is the document as it came, `document` the same text without what its reader does
        not see; they are one where nothing is hidden.
        """
        self._document = source or document
        self._finder = QuoteFinder(document, passages)
        self._locator = Locator(self._document)

    def cite(self, quote: Quote) -> Citation:
        """The citation of a quote: verified with its place, or rejected with the quote kept."""
        span = self._finder.find(quote)
        if span is None:
            return Citation(quote=quote.text, verified=False)
        return self.at(*span)

    def at(self, start: int, end: int) -> Citation:
        """The verified citation of `document.text[start:end]`."""
        line_start, line_end = self._locator.lines(start, end)
        return Citation(
            quote=self._document.text[start:end],
            file=self._locator.file(start).path,
            start=start,
            end=end,
            line_start=line_start,
            line_end=line_end,
            page=self._locator.page(start),
            heading=self._locator.heading(start),
            verified=True,
        )
