"""Answers as evidence: what people say in a meeting is judged beside the document.

Only the aspects that the answers are about are judged again; every other verdict stays. An answer
is shielded like a document: what is aimed at the reviewer is taken out and becomes a finding.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from copilot.documents.split import split
from copilot.knowledge import Knowledge
from copilot.review.citations import Verifier
from copilot.review.engine import Engine
from copilot.review.findings import findings, strengths
from copilot.review.injection import Injection, injection_findings, shield
from copilot.review.questions import questions
from copilot.review.retry import both
from copilot.review.run import judge_text
from copilot.schema import (
    Answer,
    Citation,
    Coverage,
    Dimension,
    Document,
    Finding,
    Review,
    Section,
    SourceFile,
    Status,
    Usage,
)

GAP = "\n\n"
"""Between the document and each answer: a paragraph of its own."""
NAME = 40
"""Characters of a name that a citation shows."""


@dataclass(frozen=True)
class Joined:
    """The document and, behind it, the answers: as they came, and as they are judged."""

    whole: Document
    reading: Document
    aimed: tuple[Injection, ...]
    """What in the answers is aimed at the reviewer."""
    length: int
    """Where the document ends."""


async def with_answers(
    review: Review, document: Document, answers: Sequence[Answer], engine: Engine
) -> Review:
    """`review` with these answers, and no others, as evidence beside its document.

    The aspects that the answers are about are judged again, and those that only answers of before
    were about; findings, strengths and questions follow from the rows. `document` is the text that
    was reviewed. A judge that fails makes rows unjudged.
    """
    started = time.perf_counter()
    affected = affected_aspects((*review.answers, *answers), engine.knowledge)
    asked = [_only(dimension, affected) for dimension in engine.knowledge.dimensions]
    asked = [dimension for dimension in asked if dimension.aspects]
    headings = [_heading(answer, engine) for answer in answers]
    joined = await asyncio.to_thread(join, document, answers, headings)
    passages = await asyncio.to_thread(split, joined.reading)
    verifier = Verifier(joined.reading, passages, source=joined.whole)
    judged, usage = await judge_text(joined.reading, passages, asked, verifier, engine)
    before = {row.aspect: row for row in review.coverage}
    named = (_named(row, joined.length) for row in judged)
    rows = {row.aspect: _carried(row, before[row.aspect]) for row in named}
    aimed = tuple(
        _in_answer(finding, joined.length) for finding in injection_findings(joined.aimed, verifier)
    )
    seconds = round(time.perf_counter() - started, 3)
    usage = usage.model_copy(update={"seconds": seconds, "passages": review.usage.passages})
    return _renewed(review, rows, aimed, tuple(answers), usage, engine)


def affected_aspects(answers: Iterable[Answer], knowledge: Knowledge) -> frozenset[str]:
    """The aspects that answers speak to; an answer to a question of one's own speaks to none."""
    return frozenset(answer.aspect for answer in answers) & frozenset(knowledge.aspects)


def join(
    document: Document, answers: Sequence[Answer], headings: Sequence[str] | None = None
) -> Joined:
    """The document with each answer behind it as a file of its own, under its heading.

    Each is shielded alone, so that nothing in one (an open comment or fence) hides another.
    """
    shielded = shield(document).document
    whole, reading, aimed = document, shielded, list[Injection]()
    above = headings or ["Answers"] * len(answers)
    for number, (answer, heading) in enumerate(zip(answers, above, strict=True), start=1):
        part = _as_document(answer, number)
        read = shield(part)
        start = len(whole.text) + len(GAP)
        aimed += [
            one._replace(start=one.start + start, end=one.end + start) for one in read.injections
        ]
        whole = _extended(whole, part, part.text, heading)
        reading = _extended(reading, part, read.document.text, heading)
    return Joined(_digested(whole), _digested(reading), tuple(aimed), len(document.text))


def _heading(answer: Answer, engine: Engine) -> str:
    """What an answer stands under: a short one says little without what it is about.

    A model reads the question; the offline judge would take the question's words for evidence, so
    it reads the aspect's title.
    """
    aspect = engine.knowledge.aspects.get(answer.aspect)
    titled = answer.question if engine.judge.origin == "model" or not aspect else aspect.title
    return " ".join(titled.split())


def answer_name(number: int, answer: Answer) -> str:
    """What citations call an answer: its number in the review and who gave it."""
    who = " ".join(answer.who.split())
    return f"answer {number} ({who[:NAME]})"


def _as_document(answer: Answer, number: int) -> Document:
    name = answer_name(number, answer)
    return Document(
        path=name,
        title=name,
        text=answer.text,
        digest="",
        format="text",
        files=(SourceFile(path=name, start=0, end=len(answer.text)),),
    )


def _extended(document: Document, part: Document, text: str, heading: str) -> Document:
    start = len(document.text) + len(GAP)
    end = start + len(text)
    section = Section(title=heading, level=1, start=start, end=end, path=(heading,))
    return document.model_copy(
        update={
            "text": f"{document.text}{GAP}{text}",
            "files": (*document.files, SourceFile(path=part.path, start=start, end=end)),
            "sections": (*document.sections, section),
        }
    )


def _digested(document: Document) -> Document:
    digest = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
    return document.model_copy(update={"digest": digest})


def _only(dimension: Dimension, aspects: frozenset[str]) -> Dimension:
    kept = tuple(aspect for aspect in dimension.aspects if aspect.id in aspects)
    return dimension.model_copy(update={"aspects": kept})


def _named(row: Coverage, length: int) -> Coverage:
    citations = tuple(_sourced(citation, length) for citation in row.citations)
    return row.model_copy(update={"citations": citations})


_BETTER = (Status.ADDRESSED, Status.PARTIAL, Status.MISSING)


def _carried(row: Coverage, before: Coverage) -> Coverage:
    """The new row; the one of before where it is no worse and no answer is cited in either.

    More text shifts a judge's verdict a little; only what an answer says may lift one.
    """
    both = row.status in _BETTER and before.status in _BETTER
    worse = both and _BETTER.index(row.status) > _BETTER.index(before.status)
    return row if worse or not both or _cites(row) or _cites(before) else before


def _cites(row: Coverage) -> bool:
    """True when an answer is the evidence of a row, or a part of it."""
    return any(citation.source == "answer" for citation in row.citations)


def _sourced(citation: Citation, length: int) -> Citation:
    """A citation of what stands behind the document's end is one of an answer."""
    if not citation.verified or citation.start < length:
        return citation
    return citation.model_copy(update={"source": "answer", "heading": (), "page": None})


def _in_answer(finding: Finding, length: int) -> Finding:
    return finding.model_copy(
        update={
            "what": finding.what.replace("The document speaks", "An answer speaks", 1),
            "fix": "Ask whoever gave the answer what it is for; it was left out of the review.",
            "citations": tuple(_sourced(citation, length) for citation in finding.citations),
        }
    )


def _renewed(
    review: Review,
    rows: dict[str, Coverage],
    aimed: tuple[Finding, ...],
    answers: tuple[Answer, ...],
    usage: Usage,
    engine: Engine,
) -> Review:
    """The review with new rows and all that follows from them."""
    knowledge = engine.knowledge
    coverage = tuple(rows.get(row.aspect, row) for row in review.coverage)
    found = findings(coverage, knowledge, engine.judge.origin)
    before = {finding.fingerprint: finding.origin for finding in review.findings}
    found = tuple(
        finding.model_copy(update={"origin": before.get(finding.fingerprint, finding.origin)})
        for finding in found
    )
    kept = tuple(f for f in review.findings if f.kind == "injection" and not _of_answer(f))
    everything = sorted((*kept, *aimed, *found), key=lambda finding: finding.severity.rank)
    return review.model_copy(
        update={
            "coverage": coverage,
            "findings": tuple(everything),
            "strengths": strengths(coverage, knowledge),
            "questions": questions(found, coverage, knowledge),
            "usage": both(review.usage, usage),
            "manifest": review.manifest.model_copy(
                update={"created": engine.now().isoformat(timespec="seconds")}
            ),
            "notes": (*(n for n in review.notes if not n.startswith(_NOTE)), *_notes(answers)),
            "answers": answers,
        }
    )


def _of_answer(finding: Finding) -> bool:
    return any(citation.source == "answer" for citation in finding.citations)


_NOTE = "Answers count as evidence beside the document: "


def _notes(answers: tuple[Answer, ...]) -> tuple[str, ...]:
    if not answers:
        return ()
    aspects = ", ".join(sorted({answer.aspect for answer in answers if answer.aspect}))
    return (f"{_NOTE}{len(answers)}, about {aspects or 'no aspect'}. The document lacks them.",)
