"""Finding cited text again in its original, of which only the letters and digits are the same.

DOCX, HTML and PDF are reviewed as converted text: marks of Markdown, numbers of lists and white
space differ from the original. Letters and digits, folded, are compared instead.
"""

from __future__ import annotations

import html
import re
import unicodedata

MIN_LETTERS = 12
"""A shorter piece could stand anywhere."""

_NOISE = re.compile(
    r"!\[[^\]]{0,300}\]\([^)]{0,4000}\)"  # pictures
    r"|(?<=\])\([^)\s]{1,2000}(?:\s\"[^\"]{0,300}\")?\)"  # targets of links
    r"|^[ \t>]*\d{1,9}[.)][ \t]"  # numbers of lists
    r"|\(cid:\d+\)"  # unmapped glyphs of a PDF
    r"|<!--|-->|</?[a-z]{1,10}/?>",
    re.MULTILINE,
)
_BREAK = re.compile(r"\n+|(?<!\\)\|")


def fold(text: str) -> str:
    """The letters and digits of a text in folded form."""
    return "".join(_fold(character) for character in text)


def _fold(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    folded = unicodedata.normalize("NFKC", character).casefold()
    return "".join(one for one in folded if one.isalnum())


class Letters:
    """An original text by its letters and digits, with the way back to its offsets."""

    def __init__(self, text: str) -> None:
        self.text = text
        pieces: list[str] = []
        self._origin: list[int] = []
        for offset, character in enumerate(text):
            if folded := _fold(character):
                pieces.append(folded)
                self._origin.extend([offset] * len(folded))
        self._folded = "".join(pieces)

    def find(self, quote: str, near: float) -> list[tuple[int, int]]:
        """Spans of the original that hold the quote, in order; empty when it is not there.

        One span when it stands there as a whole, else one for each line or cell, or part of a
        line, that does. Of several places the one nearest to the share `near` (0..1) of the
        text's length is taken.
        """
        quote = _NOISE.sub(" ", html.unescape(quote))
        at = round(near * len(self._folded))
        if whole := self._span(quote, at, least=1):
            return [whole]
        spans: list[tuple[int, int]] = []
        for piece in _BREAK.split(quote):
            spans += self._piece(piece, at)
        return _joined(spans)

    def _piece(self, piece: str, at: int) -> list[tuple[int, int]]:
        """The piece, or the parts of it that stand in the original, found by halving it."""
        if len(fold(piece)) < MIN_LETTERS:
            return []
        if span := self._span(piece, at, MIN_LETTERS):
            return [span]
        words = piece.split()
        if len(words) < 2:
            return []
        half = len(words) // 2
        parts = (" ".join(words[:half]), " ".join(words[half:]))
        return [span for part in parts for span in self._piece(part, at)]

    def _span(self, quote: str, at: int, least: int) -> tuple[int, int] | None:
        needle = fold(quote)
        if len(needle) < least:
            return None
        after = self._folded.find(needle, max(0, at))
        before = self._folded.rfind(needle, 0, max(0, at) + len(needle))
        found = [place for place in (before, after) if place >= 0]
        if not found:
            return None
        first = min(found, key=lambda place: abs(place - at))
        return self._widened(quote, self._origin[first], self._origin[first + len(needle) - 1] + 1)

    def _widened(self, quote: str, start: int, end: int) -> tuple[int, int]:
        """The span with the punctuation around it that the quote has too."""
        for character in _tail(quote):
            if self.text[end : end + 1] != character:
                break
            end += 1
        for character in _tail(quote[::-1]):
            if start == 0 or self.text[start - 1] != character:
                break
            start -= 1
        span = self.text[start:end]
        return start + len(span) - len(span.lstrip()), end - len(span) + len(span.rstrip())


def _tail(quote: str) -> str:
    """What follows the last letter or digit, without white space."""
    quote = quote.rstrip()
    end = len(quote)
    while end and not quote[end - 1].isalnum():
        end -= 1
    return quote[end:]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in the order of the text, those that touch or overlap made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
