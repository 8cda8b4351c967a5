"""Where in the document a question stands: its passages, a quote, the names around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from copilot.documents.locate import Locator
from copilot.documents.sentences import sentences
from copilot.documents.split import split
from copilot.knowledge import Knowledge
from copilot.meeting.terms import GENERIC_TITLES, Span, Terms
from copilot.review.injection import shield
from copilot.schema import Citation, Coverage, Document, Review, Status

AROUND = 700
"""Characters on both sides of a quote that count as its surroundings."""
QUOTED = 150
"""Characters of a quote that a question repeats."""
_MARKS = re.compile(r"^(?:[\s>|*+•#-]|\(?\d{1,3}[.)]\s)+|[\s|*]+$")
_NO_SENTENCE = re.compile(r"\]\(|https?://|\||\.{4}|^\s*[\[{<]")


class Place(NamedTuple):
    """A stretch of the document as a reader finds it."""

    heading: str
    """Title of the innermost section; empty without one."""
    where: str
    """`line 12`, `lines 12-30`, `page 3`; with the file's name where there are several."""

    def __str__(self) -> str:
        return f"“{self.heading}”, {self.where}" if self.heading else self.where


class Ground:
    """One reviewed document, looked at for things to name.

    Works on the review alone where the document is not at hand: then there are quotes and
    headings, but no names and no figures.
    """

    def __init__(self, review: Review, document: Document | None, knowledge: Knowledge) -> None:
        self.review, self.document = review, document
        self._several = len(review.document.files) > 1
        self._used: Counter[str] = Counter()
        if document is not None:
            shielded = shield(document).document
            self._passages = {p.id: (p.start, p.end) for p in split(shielded)}
            self._locator = Locator(document)
            self._terms = Terms(shielded, knowledge)

    def spans(self, row: Coverage) -> list[Span]:
        """The stretches of the document nearest to an aspect; the whole of it where none is."""
        if self.document is None:
            return []
        length = len(self.document.text)
        quotes = [c for c in row.citations if c.verified and c.end <= length]
        if quotes:
            return [(max(0, c.start - AROUND), min(length, c.end + AROUND)) for c in quotes]
        near = row.searched.nearest if row.searched is not None else ()
        found = [self._passages[n.passage] for n in near if n.passage in self._passages]
        return found or [(0, length)]

    def names(self, spans: Sequence[Span], most: int, aspect: str) -> list[str]:
        """Names in the spans; from all of the document where the spans hold fewer than two."""
        if self.document is None:
            return []
        found = self._terms.near(spans, most, self._used, aspect)
        if len(found) < 2:
            everywhere = [(0, len(self.document.text))]
            more = self._terms.near(everywhere, most, self._used, aspect)
            found += [name for name in more if name.text not in {f.text for f in found}]
        return [name.text for name in found[:most]]

    def figure(self, spans: Sequence[Span], shares: bool) -> tuple[str, Place] | None:
        """The sentence with the nearest number, and its place; percentages only if `shares`."""
        if self.document is None or (span := self._terms.figure(spans, shares)) is None:
            return None
        text = self.document.text
        start = max(0, span[0] - 400)
        for a, b in sentences(text[start : span[1] + 400]):
            if start + a <= span[0] < start + b:
                quote = shorten(text[start + a : start + b], keep=span[0] - start - a)
                return quote, self.place(start + a, start + b)
        return None

    def place(self, start: int, end: int) -> Place:
        """How a reader finds this stretch of the document."""
        assert self.document is not None
        first, last = self._locator.lines(start, end)
        page = self._locator.page(start)
        file = self._locator.file(start).path
        heading = self._locator.heading(start)
        return self._place(heading, file, first, last, page)

    def place_of(self, citation: Citation) -> Place:
        """How a reader finds a citation."""
        c = citation
        return self._place(c.heading, c.file, c.line_start, c.line_end, c.page)

    def nearest(self, row: Coverage) -> Place | None:
        """Where the search for a missing aspect came closest."""
        if row.searched is None or not row.searched.nearest:
            return None
        best = row.searched.nearest[0]
        return self._place(best.heading, best.file, best.line_start, best.line_end, None)

    def _place(
        self, heading: tuple[str, ...], file: str, first: int, last: int, page: int | None
    ) -> Place:
        lines = f"line {first}" if first == last else f"lines {first}-{last}"
        where = f"page {page}" if page is not None else lines
        title = next((t for t in reversed(heading) if telling(t)), "")
        return Place(clean(title), f"{file} {where}" if self._several else where)


def telling(title: str) -> bool:
    """Whether a section's title says more than "Overview"."""
    words = re.findall(r"[^\W\d_]{2,}", title.casefold())
    return bool(words) and not all(word in GENERIC_TITLES for word in words)


def clean(text: str) -> str:
    """A title or name on one line without the marks of Markdown."""
    return " ".join(re.sub(r"[*`#]+|<[^<>]{1,80}>", "", text).split())


def best_quote(row: Coverage) -> Citation | None:
    """The verified quote that reads most like a sentence; None where all are debris."""
    scored = []
    for nth, citation in enumerate(c for c in row.citations if c.verified):
        words = len(citation.quote.split())
        if words < 5 or _NO_SENTENCE.search(citation.quote):
            continue
        ends = citation.quote.rstrip().endswith((".", ":", ";"))
        scored.append((0 if ends and words <= 45 else 1, nth, citation))
    return min(scored, key=lambda item: item[:2])[2] if scored else None


def shorten(quote: str, keep: int = 0) -> str:
    """A quote on one line, without the bullet before it, cut after `QUOTED` characters.

    Where the character at `keep` would be cut off, the beginning is cut instead.
    """
    lead = _MARKS.match(quote)
    head = len(lead.group()) if lead else 0
    tail = quote[max(head, keep - QUOTED // 2) :] if keep > QUOTED else quote[head:]
    flat = " ".join(_MARKS.sub("", tail).split())
    if keep > QUOTED:
        flat = "… " + flat.partition(" ")[2]
    if len(flat) <= QUOTED:
        return flat
    return flat[:QUOTED].rpartition(" ")[0].rstrip(",;:(") + " …"


def is_open(row: Coverage) -> bool:
    """True for an aspect that the review found missing or partial."""
    return row.status in (Status.MISSING, Status.PARTIAL)
