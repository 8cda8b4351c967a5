"""Finding a quote in a document: exactly first, then with whitespace and typography folded.

A quote is looked for at the offset it names, then in the passage it names, then in the whole
document; never fuzzier than that. Each search is linear in the document.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from itertools import islice

from copilot.schema import Document, Passage, Quote

MIN_CHARACTERS = 8
"""A shorter quote could stand anywhere and proves nothing."""

_VARIANTS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")


class Folded:
    """A text with whitespace and typographic variants folded, and the way back to its offsets."""

    def __init__(self, text: str) -> None:
        pieces: list[str] = []
        self._origin: list[int] = []
        space = True
        for offset, character in enumerate(text):
            folded = fold_character(character)
            if folded == " ":
                if space:
                    continue
                space = True
            elif folded:
                space = False
            pieces.append(folded)
            self._origin.extend([offset] * len(folded))
        self.text = "".join(pieces)

    def find(self, needle: str) -> tuple[int, int] | None:
        """Offsets in the original text of the first place where folded `needle` stands."""
        at = self.text.find(needle)
        if at < 0 or not needle:
            return None
        return self._origin[at], self._origin[at + len(needle) - 1] + 1


def fold_character(character: str) -> str:
    """One character in folded form: a space for whitespace, nothing for the invisible."""
    if character.isascii():
        return " " if character.isspace() else character
    if character.isspace():
        return " "
    if _INVISIBLE.match(character):
        return ""
    return unicodedata.normalize("NFKC", character).translate(_VARIANTS)


def fold(text: str) -> str:
    """`text` as Folded holds it, without space at the ends."""
    if text.isascii():  # nothing to fold but white space
        return " ".join(text.split())
    return Folded(text).text.strip()


def plain(text: str) -> str:
    """`text` folded and in lower case at once, for comparing whole documents.

    Not character by character as `fold` is: combining characters are composed as well.
    """
    composed = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_VARIANTS)
    return " ".join(composed.casefold().split())


class QuoteFinder:
    """Finds quotes in one document; folds its text at most once."""

    def __init__(self, document: Document, passages: Iterable[Passage]) -> None:
        self._document = document
        self._passages = {passage.id: passage for passage in passages}

    @cached_property
    def _folded(self) -> Folded:
        return Folded(self._document.text)

    def find(self, quote: Quote) -> tuple[int, int] | None:
        """Offsets of the quote in the document, or None when it does not stand there."""
        text, document = quote.text.strip(), self._document.text
        letters = (True for character in text if character.isalnum())
        if not next(islice(letters, MIN_CHARACTERS - 1, None), False):
            return None
        if quote.start is not None and document.startswith(text, quote.start):
            return quote.start, quote.start + len(text)
        passage = self._passages.get(quote.passage or "")
        if passage is not None and (at := document.find(text, passage.start, passage.end)) >= 0:
            return at, at + len(text)
        if passage is not None and (span := Folded(passage.text).find(fold(text))):
            return passage.start + span[0], passage.start + span[1]
        if (at := document.find(text)) >= 0:
            return at, at + len(text)
        return self._folded.find(fold(text))
