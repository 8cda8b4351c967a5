"""One review from start to end, as a stream of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from copilot import __version__
from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.errors import InputError
from copilot.index.search import HybridSearch
from copilot.index.store import PassageIndex
from copilot.judges.protocol import Evidence, Judge
from copilot.knowledge import Knowledge
from copilot.review import coverage as cover
from copilot.review.citations import Verifier
from copilot.review.engine import Engine
from copilot.review.events import Done, Event, Indexed, Judged, Read
from copilot.review.findings import findings, strengths
from copilot.review.questions import questions
from copilot.schema import (
    Coverage,
    Dimension,
    Document,
    DocumentInfo,
    Hit,
    Manifest,
    Passage,
    Review,
    Status,
    Usage,
)

PASSAGES_PER_ASPECT = 8


async def review(
    path: Path, engine: Engine, dimensions: Sequence[str] = ()
) -> AsyncIterator[Event]:
    """Review one design; the last event is Done.

    `dimensions` limits the review to these ids (all when empty); aspects of the others are
    unjudged. Raises DocumentError for a document that cannot be read, InputError for an unknown
    dimension, IndexFault when the store fails. A judge that fails makes rows unjudged instead.
    """
    asked = select_dimensions(engine.knowledge, dimensions)
    started = time.perf_counter()
    document = await asyncio.to_thread(load_document, path, engine.limits)
    passages = await asyncio.to_thread(split, document)
    yield Read(document_info(document), len(passages))
    search, indexed = await asyncio.to_thread(_index, engine, document, passages)
    yield indexed
    hits = await asyncio.to_thread(_retrieve, search, asked)
    evidence = Evidence(document, passages, hits)
    verifier = Verifier(document, passages)
    rows: dict[str, tuple[Coverage, ...]] = {}
    for dimension in asked:
        rows[dimension.id] = await _judge(engine.judge, dimension, evidence, verifier)
        yield Judged(dimension.id, rows[dimension.id])
    usage = Usage(
        seconds=round(time.perf_counter() - started, 3),
        passages=len(passages),
        embedded=indexed.embedded,
    )
    yield Done(_assemble(engine, document, asked, rows, usage))


def select_dimensions(knowledge: Knowledge, wanted: Sequence[str]) -> tuple[Dimension, ...]:
    """The dimensions with these ids, all when none are named; raises InputError for others."""
    known = [dimension.id for dimension in knowledge.dimensions]
    for identifier in wanted:
        if identifier not in known:
            raise InputError(
                f"unknown dimension {identifier!r}", todo=f"use one of: {', '.join(known)}"
            )
    return tuple(d for d in knowledge.dimensions if not wanted or d.id in wanted)


def document_info(document: Document) -> DocumentInfo:
    """What a review says about the document."""
    return DocumentInfo(
        path=document.path,
        title=document.title,
        digest=document.digest,
        words=document.words,
        format=document.format,
        files=tuple(file.path for file in document.files),
    )


def _index(
    engine: Engine, document: Document, passages: tuple[Passage, ...]
) -> tuple[HybridSearch, Indexed]:
    """The search over the indexed passages; the index is closed again, it admits one process."""
    with PassageIndex.open(engine.location, engine.embedder) as index:
        embedded = index.add(document, passages)
        return HybridSearch(index, document, passages), Indexed(embedded, tuple(index.warnings))


def _retrieve(search: HybridSearch, asked: Sequence[Dimension]) -> dict[str, tuple[Hit, ...]]:
    """Aspect -> passages nearest to its queries; all queries of a review in one go."""
    aspects = [aspect for dimension in asked for aspect in dimension.aspects]
    hits = search.search_groups([aspect.queries for aspect in aspects], PASSAGES_PER_ASPECT)
    return {a.id: tuple(found) for a, found in zip(aspects, hits, strict=True)}


async def _judge(
    judge: Judge, dimension: Dimension, evidence: Evidence, verifier: Verifier
) -> tuple[Coverage, ...]:
    try:
        judgements = await judge.judge(dimension, evidence)
    except Exception as error:  # a judge may run a third party's engine: its failure is data
        return cover.unjudged(dimension, f"The judge failed: {type(error).__name__}: {error}")
    return await asyncio.to_thread(cover.rows, dimension, judgements, evidence, verifier)


def _assemble(
    engine: Engine,
    document: Document,
    asked: Sequence[Dimension],
    rows: dict[str, tuple[Coverage, ...]],
    usage: Usage,
) -> Review:
    not_asked = "Not judged: its dimension was not asked for."
    coverage = tuple(
        row
        for dimension in engine.knowledge.dimensions
        for row in rows.get(dimension.id) or cover.unjudged(dimension, not_asked)
    )
    found = findings(coverage, engine.knowledge, engine.judge.origin)
    return Review(
        document=document_info(document),
        coverage=coverage,
        findings=found,
        strengths=strengths(coverage, engine.knowledge),
        questions=questions(found, coverage, engine.knowledge),
        usage=usage,
        manifest=Manifest(
            archreview=__version__,
            judge=engine.judge.name,
            judge_digest=engine.judge.digest,
            knowledge_digest=engine.knowledge.digest,
            embedder=engine.embedder.id,
            dimensions=tuple(dimension.id for dimension in asked),
            created=engine.now().isoformat(timespec="seconds"),
        ),
    )


def is_complete(review: Review) -> bool:
    """True when every aspect of the dimensions that were asked for has a verdict."""
    asked = set(review.manifest.dimensions)
    return not any(
        row.status is Status.UNJUDGED and row.dimension in asked for row in review.coverage
    )
