"""Hybrid search in one document: cosine similarity and BM25, fused by the sum of their z-scores.

evals/retrieval.md compares the fusions on labelled documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from copilot.index.direct import PassageVectors
from copilot.index.embedders import Embedder, Vectors
from copilot.index.lexical import Lexical
from copilot.schema import Document, Hit, Passage

Scores = NDArray[np.float64]
"""One row per query, one column per passage; higher is nearer."""


class HybridSearch:
    """Finds the passages of one document that are nearest to a query.

    Building it reads the vectors, so the index may be closed before the searches.
    """

    def __init__(
        self, index: PassageVectors, document: Document, passages: Sequence[Passage]
    ) -> None:
        """Add the passages to the index if they are not there, and read their vectors."""
        self._ids = [passage.id for passage in passages]
        self._vectors = index.vectors(document, passages)
        self._embedder = index.embedder
        self._lexical = Lexical([passage.text for passage in passages])

    def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The k best passages of each query, best first; equals stand in document order.

        Pass all queries of a review at once: they are embedded in one call.
        """
        return self.search_groups([[query] for query in queries], k)

    def search_groups(self, groups: Sequence[Sequence[str]], k: int) -> list[list[Hit]]:
        """The k best passages of each group of queries that ask for the same thing.

        A passage's score is the mean over the group's queries (evals/retrieval.md: it finds more
        than the best query does); its similarity is that of the query it is nearest to.
        """
        if not groups:
            return []
        queries = [query for group in groups for query in group]
        nearness = self.similarities(queries)
        scores = zscores(nearness) + zscores(self._lexical.scores(queries))
        ends = np.cumsum([len(group) for group in groups])[:-1]
        fused = np.round([part.mean(axis=0) for part in np.split(scores, ends)], 6)
        similarities = np.array([part.max(axis=0) for part in np.split(nearness, ends)])
        best = np.argsort(-fused, axis=1, kind="stable")[:, : max(k, 0)]
        return [
            [
                Hit(passage=self._ids[place], score=row[place], similarity=near[place])
                for place in places
            ]
            for places, row, near in zip(
                best.tolist(), fused.tolist(), similarities.tolist(), strict=True
            )
        ]

    def similarities(self, queries: Sequence[str]) -> Scores:
        """Cosine similarity of each query and passage, in steps of 0.00001.

        The steps are coarser than the differences between machines, so ranks repeat.
        """
        exact = _query_vectors(self._embedder, tuple(queries)) @ self._vectors.T
        rounded: Scores = np.round(np.clip(exact, -1, 1).astype(np.float64), 5)
        return rounded

    def lexical(self, queries: Sequence[str]) -> Scores:
        """BM25 of each query and passage."""
        return self._lexical.scores(queries)


@lru_cache(maxsize=4)
def _query_vectors(embedder: Embedder, queries: tuple[str, ...]) -> Vectors:
    """Vectors of queries; a review asks those of the aspects, of every document the same."""
    return embedder.embed(queries)


def zscores(scores: Scores) -> Scores:
    """Shift and scale each row to mean 0 and deviation 1; a constant row becomes zeros."""
    scaled: Scores = np.zeros_like(scores)
    if scores.size:
        centred = scores - scores.mean(axis=1, keepdims=True)
        spread = centred.std(axis=1, keepdims=True)
        np.divide(centred, spread, out=scaled, where=spread > 1e-9)
    return scaled
