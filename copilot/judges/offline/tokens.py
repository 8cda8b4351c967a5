"""Turns text into the word features of the learned judge: stemmed words and pairs of them."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

_LINK = re.compile(r"\]\([^)\s]*\)|https?://\S+|<[^>\s][^>]*>")
_TOKEN = re.compile(r"[a-z][a-z0-9+#]*(?:['-][a-z0-9]+)*|\d+(?:\.\d+)?%?")
_PLAIN = re.compile(r"[a-z0-9]+")
_ENDINGS = (
    *("ational", "ations", "ation", "ments", "ment", "ings", "ing", "edly"),
    *("ers", "ed", "ies", "es", "er", "ly", "s", "e"),
)
"""Longer endings before the shorter ones that they end in."""
_STOP_WORDS = """
the a an of to in and or is are be this that it as on for with by from at we our you can which
these those its their also into than then there was were been has have had i
"""
_STOP = frozenset(_STOP_WORDS.split())


def without_links(text: str) -> str:
    """The text with link targets and tags replaced by blanks."""
    if "<" not in text and "](" not in text and "://" not in text:
        return text
    return _LINK.sub(" ", text)


def plain_words(text: str) -> list[str]:
    """Lower-case words and numbers as they stand, for matching phrases."""
    return _PLAIN.findall(without_links(text).lower())


def stems(text: str) -> list[str]:
    """Stemmed words; numbers become `0` or `0%`, hyphenated words also stand joined."""
    found: list[str] = []
    for token in _TOKEN.findall(without_links(text).lower()):
        if token[0].isdigit():
            found.append("0%" if token.endswith("%") else "0")
            continue
        parts = [token] if "-" not in token else [token.replace("-", ""), *token.split("-")]
        found.extend(stem(part) for part in parts if part)
    return found


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its ending: a crude stemmer that never leaves fewer than four letters."""
    if len(word) > 5 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ization", "isation")):
        return word[:-7] + "iz"
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    if word.endswith("s") and len(word) > 3 and not word.endswith("ss"):
        return word[:-1]
    return word


def content_stems(text: str) -> list[str]:
    """Stems without the words that stand everywhere."""
    return [token for token in stems(text) if token not in _STOP]


def terms(text: str) -> list[str]:
    """Content stems followed by pairs of neighbouring ones joined by `_`."""
    words = content_stems(text)
    return words + [f"{one}_{two}" for one, two in pairwise(words)]
