"""BM25, z-scores and the hybrid search over one document."""

from __future__ import annotations

import logging
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from copilot.index.embedders import local_embedder
from copilot.index.lexical import Lexical, stems
from copilot.index.search import HybridSearch, zscores
from copilot.index.store import PassageIndex
from copilot.schema import Document, Passage

TEXTS = (
    "The gateway autoscales between two and forty replicas on queue length.",
    "All buckets are encrypted at rest with keys from the key management service.",
    "Every change of a model is written to the audit log with the name of the user.",
    "The platform team owns the cluster and is on call for it.",
    "Drift of the features is computed every night and raises an alert.",
)
QUERIES = (
    "how the serving layer scales with load",
    "encryption of data at rest and in transit",
    "audit trail of who did what",
    "which team owns and operates what",
    "monitoring of data drift",
)


def design(texts: tuple[str, ...] = TEXTS) -> tuple[Document, tuple[Passage, ...]]:
    text = "\n".join(texts)
    digest = sha256(text.encode()).hexdigest()
    document = Document(
        path="d.md", title="d", text=text, digest=digest, format="markdown", files=()
    )
    passages, start = [], 0
    for number, each in enumerate(texts, 1):
        passages.append(
            Passage(
                id=f"p{number:04d}",
                start=start,
                end=start + len(each),
                line_start=number,
                line_end=number,
                file="d.md",
                heading=(),
                text=each,
            )
        )
        start += len(each) + 1
    return document, tuple(passages)


@pytest.fixture
def search() -> HybridSearch:
    with PassageIndex.open(None, local_embedder()) as index:
        return HybridSearch(index, *design())


def test_each_query_finds_its_passage_after_the_index_is_closed(search: HybridSearch) -> None:
    hits = search.search(QUERIES, 2)
    assert [row[0].passage for row in hits] == ["p0001", "p0002", "p0003", "p0004", "p0005"]
    assert all(len(row) == 2 and row[0].score >= row[1].score for row in hits)
    assert all(-1 <= hit.similarity <= 1 for row in hits for hit in row)


def test_a_query_is_scored_alike_alone_and_in_company(search: HybridSearch) -> None:
    assert [search.search([query], 3)[0] for query in QUERIES] == search.search(QUERIES, 3)


@pytest.mark.parametrize(("k", "count"), [(-1, 0), (0, 0), (1, 1), (5, 5), (99, 5)])
def test_no_more_hits_than_asked_for_or_there_are(search: HybridSearch, k: int, count: int) -> None:
    assert [len(hits) for hits in search.search(QUERIES, k)] == [count] * 5


def test_no_queries_give_no_rows(search: HybridSearch) -> None:
    assert search.search([], 3) == []


def test_equal_passages_stand_in_document_order() -> None:
    document, passages = design(("the same words",) * 6)
    with PassageIndex.open(None, local_embedder()) as index:
        found = HybridSearch(index, document, passages).search(["same words", "", "other"], 4)
    ids = ["p0001", "p0002", "p0003", "p0004"]
    assert [[hit.passage for hit in hits] for hits in found] == [ids, ids, ids]


def test_a_query_without_words_still_has_nearest_passages(search: HybridSearch) -> None:
    (hits,) = search.search(["?!"], 3)
    assert len(hits) == 3


def test_warm_and_cold_folders_give_the_same_hits(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        with PassageIndex.open(tmp_path / "index", local_embedder()) as index:
            found.append(HybridSearch(index, *design()).search(QUERIES, 5))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Scaling, scaled, scales: SCALE", ["scal", "scal", "scal", "scal"]),
        ("the retries of a retry", ["retr", "retr"]),
        ("encryption_at_rest", ["encryption", "rest"]),
        ("deployment deployments", ["deploy", "deploy"]),
        ("x ?! the of", []),
        ("as is its", []),
    ],
)
def test_words_are_cut_to_stems(text: str, expected: list[str]) -> None:
    assert stems(text) == expected


def test_bm25_prefers_the_rarer_word_and_shorter_text() -> None:
    lexical = Lexical(["kafka topic", "topic topic", "kafka topic among many other words", ""])
    (row,) = lexical.scores(["kafka"])
    assert row[0] > row[2] > row[1] == row[3] == 0


@pytest.mark.parametrize("texts", [[], [""], ["?", "the"]])
def test_bm25_of_texts_without_words_is_zero(texts: list[str]) -> None:
    assert (Lexical(texts).scores(["a query", ""]) == np.zeros((2, len(texts)))).all()


def test_bm25_stays_silent(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG, logger="root"):
        Lexical(["some words here"]).scores(["words"])
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_zscores_have_mean_zero_and_deviation_one() -> None:
    scaled = zscores(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]))
    np.testing.assert_allclose(scaled[0], [-1.224745, 0, 1.224745], atol=1e-6)
    assert (scaled[1] == 0).all()


def test_a_group_of_queries_scores_by_their_mean_and_is_near_by_their_best(
    search: HybridSearch,
) -> None:
    alone = search.search(QUERIES[:2], len(TEXTS))
    (group,) = search.search_groups([QUERIES[:2]], len(TEXTS))
    for hit in group:
        twins = [other for hits in alone for other in hits if other.passage == hit.passage]
        assert hit.score == pytest.approx(sum(twin.score for twin in twins) / 2, abs=1e-5)
        assert hit.similarity == max(twin.similarity for twin in twins)
    assert [hit.score for hit in group] == sorted((hit.score for hit in group), reverse=True)
