"""A question about a design, answered by quotation: every sentence cites, or nothing is said.

With a model its sentences are kept only where a quote stands in the document and holds the
sentence's numbers. Without one, the document's own sentences nearest to the question are the
answer. Either way the answer may be that the document does not tell.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from copilot.documents.load import load_document
from copilot.documents.sentences import sentences
from copilot.documents.split import split
from copilot.errors import InputError, JudgeError
from copilot.index.search import HybridSearch
from copilot.judges.protocol import Evidence
from copilot.review.citations import Verifier
from copilot.review.engine import Engine
from copilot.review.injection import shield
from copilot.schema import Citation, Document, Passage, Record

if TYPE_CHECKING:
    from copilot.judges.model.ask import Said
    from copilot.judges.model.judge import ModelJudge

PASSAGES = 12
"""Passages that a search gives to the model when the document does not fit."""
READ = 6
"""Passages whose sentences the offline answer is taken from."""
MAX_SENTENCES = 3
MAX_QUESTION = 2_000
NEAR, SHARED = 0.25, 0.3
"""Least cosine similarity to the question, and share of its telling words, of an answer."""
ENOUGH, WORTH_OF_WORDS = 0.55, 0.5
"""Least similarity plus weighted share of words: below it the document does not tell."""
BEHIND = 0.2
"""How far behind the best a sentence may stand."""

_STOP = frozenset(
    re.findall(
        r"\w+",
        "a about after also an and any are as at be been before being between by can could "
        "describe design did do document does doing during each explain for from get had handle "
        "handled handles happen happens has have how if in into is it its long made make many "
        "may might much must no not of on or other our out over plan planned platform shall "
        "should so some system tell than that the their them there these they this those "
        "through to under up use used uses using was way we were what when where which while "
        "who whom whose why will with would you your ",
    )
)


class CitedSentence(Record):
    """One sentence of an answer with its verified citations."""

    text: str
    citations: tuple[Citation, ...]


class Reply(Record):
    """What a document tells about a question."""

    question: str
    document: str
    told: bool
    """False when the document does not tell."""
    sentences: tuple[CitedSentence, ...]
    rejected: tuple[str, ...]
    """Sentences of the model that were thrown away: no quote of theirs carries them."""
    nearest: tuple[Citation, ...]
    """Where a search came closest, when the document does not tell."""
    origin: Literal["offline", "model"]


async def ask(path: Path, question: str, engine: Engine) -> Reply:
    """Answer a question about one design.

    Raises InputError for an empty question, DocumentError, IndexFault, and JudgeError when the
    model cannot be asked or its answer cannot be read.
    """
    question = " ".join(question.split())
    if not question or len(question) > MAX_QUESTION:
        todo = f"ask in 1 to {MAX_QUESTION:,} characters"
        raise InputError("the question is empty or too long", todo=todo)
    source = await asyncio.to_thread(load_document, path, engine.limits)
    document = (await asyncio.to_thread(shield, source)).document
    passages = await asyncio.to_thread(split, document)
    found = await asyncio.to_thread(_search, engine, document, passages, question)
    verifier = Verifier(document, passages, source=source)
    if engine.judge.origin == "model":
        return await _by_model(question, document, passages, found, engine, verifier)
    return await asyncio.to_thread(_offline, question, document, found, engine, verifier)


def _search(
    engine: Engine, document: Document, passages: tuple[Passage, ...], question: str
) -> list[Passage]:
    """The passages nearest to the question, best first."""
    with engine.open_index() as index:
        search = HybridSearch(index, document, passages)
    by_id = {passage.id: passage for passage in passages}
    return [by_id[hit.passage] for hit in search.search([question], PASSAGES)[0]]


# --- with a model ------------------------------------------------------------------------------


async def _by_model(
    question: str,
    document: Document,
    passages: tuple[Passage, ...],
    found: list[Passage],
    engine: Engine,
    verifier: Verifier,
) -> Reply:
    from copilot.judges.model.judge import ModelJudge

    if not isinstance(engine.judge, ModelJudge):
        raise JudgeError("this judge answers no questions", todo="use --judge offline")
    said = await _said(question, Evidence(document, passages, {}), found, engine.judge)
    kept, rejected = [], []
    for one in said:
        citations = tuple(c for c in map(verifier.cite, one.quotes) if c.verified)
        if citations and _carries(citations, one.text):
            kept.append(CitedSentence(text=one.text, citations=citations))
        else:
            rejected.append(one.text)
    return _reply(question, document, kept, found, verifier, "model", rejected)


async def _said(
    question: str, evidence: Evidence, found: list[Passage], judge: ModelJudge
) -> tuple[Said, ...]:
    """The model's sentences, quotes put back to the original words."""
    from copilot.judges.model.ask import parse_said
    from copilot.schema import Hit

    hits = {"question": tuple(Hit(passage=p.id, score=0.0, similarity=0.0) for p in found)}
    evidence = Evidence(evidence.document, evidence.passages, hits)
    asked, answer = await judge.ask(question, evidence)
    said = parse_said(answer)
    if said is None:
        raise JudgeError(
            "the model's answer could not be read", todo="ask again, or use --judge offline"
        )
    return tuple(type(one)(one.text, tuple(map(asked.sent.restore, one.quotes))) for one in said)


_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def _carries(citations: tuple[Citation, ...], sentence: str) -> bool:
    """True when every number of the sentence stands in one of its quotes."""
    there = {_plain(n) for citation in citations for n in _NUMBER.findall(citation.quote)}
    return all(_plain(number) in there for number in _NUMBER.findall(sentence))


def _plain(number: str) -> str:
    return re.sub(r"[.,](?=\d{3}(?!\d))", "", number)


# --- without one ---------------------------------------------------------------------------------


def _offline(
    question: str, document: Document, found: list[Passage], engine: Engine, verifier: Verifier
) -> Reply:
    spans = [span for passage in found[:READ] for span in sentence_spans(document, passage)]
    kept = [
        CitedSentence(text=" ".join(document.text[a:b].split()), citations=(verifier.at(a, b),))
        for a, b in best_sentences(question, document.text, spans, engine)
    ]
    return _reply(question, document, kept, found, verifier, "offline", [])


def sentence_spans(document: Document, passage: Passage) -> list[tuple[int, int]]:
    """Offsets in the document of the sentences of a passage."""
    inside = sentences(document.text[passage.start : passage.end])
    return [(passage.start + a, passage.start + b) for a, b in inside]


def best_sentences(
    question: str, text: str, spans: list[tuple[int, int]], engine: Engine
) -> list[tuple[int, int]]:
    """The sentences that answer, best first: near in meaning and sharing the telling words."""
    if not spans:
        return []
    words = _telling(question)
    vectors = engine.embedder.embed([question, *(text[a:b] for a, b in spans)])
    near = np.round(vectors[1:] @ vectors[0], 5).tolist()
    ranked = []
    for span, similarity in zip(spans, near, strict=True):
        shared = len(words & _telling(text[slice(*span)])) / len(words) if words else 0.0
        score = similarity + WORTH_OF_WORDS * shared
        if similarity >= NEAR and shared >= SHARED and score >= ENOUGH:
            ranked.append((score, -span[0], span))
    best = max(ranked, default=(0.0, 0, (0, 0)))[0]
    close = [one for one in ranked if one[0] >= best - BEHIND]
    return [span for _, _, span in sorted(close, reverse=True)[:MAX_SENTENCES]]


def _telling(text: str) -> set[str]:
    """Stems (six letters) of the words that carry meaning."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return {word[:6].rstrip("s") for word in words if word not in _STOP and len(word) > 1}


def _reply(
    question: str,
    document: Document,
    kept: list[CitedSentence],
    found: list[Passage],
    verifier: Verifier,
    origin: Literal["offline", "model"],
    rejected: list[str],
) -> Reply:
    nearest = () if kept else tuple(verifier.at(p.start, p.end) for p in found[:MAX_SENTENCES])
    return Reply(
        question=question,
        document=document.path,
        told=bool(kept),
        sentences=tuple(kept),
        rejected=tuple(rejected),
        nearest=nearest,
        origin=origin,
    )
