"""One review from start to end, as a stream of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from copilot import __version__
from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.errors import InputError
from copilot.index.search import HybridSearch
from copilot.judges.protocol import Evidence, Judge, JudgesAll, Verdict
from copilot.knowledge import Knowledge
from copilot.review import coverage as cover
from copilot.review import doubts
from copilot.review.citations import Verifier
from copilot.review.engine import Engine
from copilot.review.events import Done, Event, Indexed, Judged, Read
from copilot.review.findings import findings, strengths
from copilot.review.injection import injection_findings, shield
from copilot.review.questions import questions
from copilot.schema import (
    Coverage,
    Dimension,
    Document,
    DocumentInfo,
    Finding,
    Hit,
    Manifest,
    Passage,
    Review,
    Spending,
    Usage,
)

PASSAGES_PER_ASPECT = 8


async def review(
    path: Path, engine: Engine, dimensions: Sequence[str] = ()
) -> AsyncGenerator[Event, None]:
    """Review one design; the last event is Done.

    `dimensions` limits the review to these ids (all when empty); aspects of the others are
    unjudged. Raises DocumentError for a document that cannot be read, InputError for an unknown
    dimension, IndexFault when the store fails. A judge that fails makes rows unjudged instead.
    """
    asked = select_dimensions(engine.knowledge, dimensions)
    started = time.perf_counter()
    document = await asyncio.to_thread(load_document, path, engine.limits)
    reading = await asyncio.to_thread(shield, document)
    passages = await asyncio.to_thread(split, reading.document)
    yield Read(document, len(passages))
    search, indexed = await asyncio.to_thread(_index, engine, reading.document, passages)
    yield indexed
    hits = await asyncio.to_thread(_retrieve, search, asked)
    evidence = Evidence(reading.document, passages, hits)
    verifier = Verifier(reading.document, passages, source=document)
    rows: dict[str, tuple[Coverage, ...]] = {}
    spent: list[Spending] = []
    async with aclosing(_verdicts(engine.judge, asked, evidence)) as verdicts:
        async for dimension, verdict in verdicts:
            rows[dimension.id] = await _rows(dimension, verdict, evidence, verifier)
            spent += verdict.spending if isinstance(verdict, Verdict) else ()
            yield Judged(dimension.id, rows[dimension.id])
    second = await _second_opinion(engine.second, asked, evidence, verifier)
    said = doubts.notes(rows, second) if engine.judge.origin == "model" else ()
    rows = doubts.with_second_opinion(rows, second)
    usage = Usage(
        seconds=round(time.perf_counter() - started, 3),
        passages=len(passages),
        embedded=indexed.embedded,
        **_paid(spent),
    )
    aimed = injection_findings(reading.injections, verifier)
    review = _assemble(engine, document, asked, rows, usage, aimed)
    yield Done(review.model_copy(update={"notes": (*review.notes, *said)}))


async def prepare(path: Path, engine: Engine, asked: Sequence[Dimension]) -> Evidence:
    """The document as it would be laid before the judge: read, split, searched.

    Raises DocumentError, IndexFault.
    """
    document = await asyncio.to_thread(load_document, path, engine.limits)
    document = (await asyncio.to_thread(shield, document)).document
    passages = await asyncio.to_thread(split, document)
    search, _ = await asyncio.to_thread(_index, engine, document, passages)
    return Evidence(document, passages, await asyncio.to_thread(_retrieve, search, asked))


async def judge_text(
    reading: Document,
    passages: tuple[Passage, ...],
    asked: Sequence[Dimension],
    verifier: Verifier,
    engine: Engine,
) -> tuple[tuple[Coverage, ...], Usage]:
    """The rows of some dimensions (or parts of them) for a text that leaves no trace in the index.

    `reading` must be shielded already. A judge that fails makes rows unjudged.
    """
    if not asked:
        return (), Usage()
    memory = replace(engine, location=None)
    search, indexed = await asyncio.to_thread(_index, memory, reading, passages)
    evidence = Evidence(reading, passages, await asyncio.to_thread(_retrieve, search, asked))
    rows: list[Coverage] = []
    spent: list[Spending] = []
    async with aclosing(_verdicts(engine.judge, asked, evidence)) as verdicts:
        async for dimension, verdict in verdicts:
            rows += await _rows(dimension, verdict, evidence, verifier)
            spent += verdict.spending if isinstance(verdict, Verdict) else ()
    return tuple(rows), Usage(embedded=indexed.embedded, **_paid(spent))


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
    with engine.open_index() as index:
        embedded = index.add(document, passages)
        return HybridSearch(index, document, passages), Indexed(embedded, tuple(index.warnings))


def _retrieve(search: HybridSearch, asked: Sequence[Dimension]) -> dict[str, tuple[Hit, ...]]:
    """Aspect -> passages nearest to its queries; all queries of a review in one go."""
    aspects = [aspect for dimension in asked for aspect in dimension.aspects]
    hits = search.search_groups([aspect.queries for aspect in aspects], PASSAGES_PER_ASPECT)
    return {a.id: tuple(found) for a, found in zip(aspects, hits, strict=True)}


async def _verdicts(
    judge: Judge, asked: Sequence[Dimension], evidence: Evidence
) -> AsyncGenerator[tuple[Dimension, Verdict | str], None]:
    """A verdict, or why there is none, for each dimension, as they are done."""
    if not isinstance(judge, JudgesAll):
        for dimension in asked:
            yield dimension, await _verdict(judge, dimension, evidence)
        return
    left = {dimension.id: dimension for dimension in asked}
    reason = "The judge gave no verdict on it."
    try:
        async for verdict in judge.judge_all(asked, evidence):
            yield left.pop(verdict.dimension), verdict
    except Exception as error:  # a judge may run a third party's engine: its failure is data
        reason = f"The judge failed: {type(error).__name__}: {error}"
    for dimension in left.values():
        yield dimension, reason


async def _verdict(judge: Judge, dimension: Dimension, evidence: Evidence) -> Verdict | str:
    try:
        return Verdict(dimension.id, tuple(await judge.judge(dimension, evidence)))
    except Exception as error:  # a judge may run a third party's engine: its failure is data
        return f"The judge failed: {type(error).__name__}: {error}"


async def _rows(
    dimension: Dimension, verdict: Verdict | str, evidence: Evidence, verifier: Verifier
) -> tuple[Coverage, ...]:
    if isinstance(verdict, str):
        return cover.unjudged(dimension, verdict)
    return await asyncio.to_thread(cover.rows, dimension, verdict.judgements, evidence, verifier)


async def _second_opinion(
    judge: Judge | None, asked: Sequence[Dimension], evidence: Evidence, verifier: Verifier
) -> dict[str, tuple[Coverage, ...]]:
    """The rows of the judge that is asked for comparison; unjudged ones say nothing."""
    if judge is None:
        return {}
    return {
        dimension.id: await _rows(
            dimension, await _verdict(judge, dimension, evidence), evidence, verifier
        )
        for dimension in asked
    }


def _paid(spent: Sequence[Spending]) -> dict[str, Any]:
    """The fields of Usage that tell what a model was paid; empty for the offline judge."""
    if not spent:
        return {}
    known = all(part.cost_usd is not None for part in spent)
    return {
        "calls": sum(part.calls for part in spent),
        "prompt_tokens": sum(part.prompt_tokens for part in spent),
        "cached_tokens": sum(part.cached_tokens for part in spent),
        "completion_tokens": sum(part.completion_tokens for part in spent),
        "written_tokens": sum(part.written_tokens for part in spent),
        "cost_usd": round(sum(p.cost_usd or 0.0 for p in spent), 6) if known else None,
        "by_dimension": tuple(spent),
    }


def _assemble(
    engine: Engine,
    document: Document,
    asked: Sequence[Dimension],
    rows: dict[str, tuple[Coverage, ...]],
    usage: Usage,
    aimed: tuple[Finding, ...] = (),
) -> Review:
    """The review; `aimed` are the findings about text that is aimed at the reviewer."""
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
        findings=tuple(sorted((*aimed, *found), key=lambda finding: finding.severity.rank)),
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
