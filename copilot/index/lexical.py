"""BM25 over the passages of one document.

The library bm25s does the counting; words and stems are ours. Its import takes 0.02 s on top of
numpy (0.1 s where scipy is installed), which is not worth a BM25 of our own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

K1, B = 0.9, 0.4
"""Saturation and length normalisation: Anserini's defaults, measured in evals/retrieval.md."""

_WORD = re.compile(r"[^\W_]{2,}")
_COMMON = """
an and are as at be but by can do does for from how if in into is it its no not of on or such that
the their then there these they this to was what when where which who will with
"""
_STOP = frozenset(_COMMON.split())
_SUFFIXES = (
    *("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ers", "er", "ed", "es"),
    *("ly", "s", "e", "y"),
)


class Lexical:
    """Scores queries against a fixed list of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Count the texts' words."""
        from bm25s import BM25

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG
        words = [stems(text) for text in texts]
        self._count = len(words)
        self._bm25 = None
        if any(words):
            self._bm25 = BM25(k1=K1, b=B)
            self._bm25.index(words, show_progress=False)

    def scores(self, queries: Sequence[str]) -> NDArray[np.float64]:
        """BM25 of each query and text, (len(queries), len(texts)); 0 where no word is shared."""
        table = np.zeros((len(queries), self._count))
        if self._bm25 is None:
            return table
        for row, query in zip(table, queries, strict=True):
            known = [word for word in _query(query) if word in self._bm25.vocab_dict]
            if known:
                row[:] = self._bm25.get_scores(known)
        return table


def stems(text: str) -> list[str]:
    """Lower-case words of two letters and more, without stop words, each cut to its stem."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP]


@lru_cache(maxsize=4_096)
def _query(text: str) -> tuple[str, ...]:
    """`stems` of a query: those of the aspects are asked of every document."""
    return tuple(stems(text))


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """Cut the longest known ending that leaves three letters: scaling, scaled, scales -> scal."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) >= len(suffix) + 3:
            return word[: -len(suffix)]
    return word
