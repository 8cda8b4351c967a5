"""How good the questions are: recovery by masking, and what should not be asked.

    python -m evals.bench.questions                       our own sealed designs
    python -m evals.bench.questions ../shared/benchmark/dev

Masking: the labelled evidence of an aspect is taken out of a design, and with it what the review of
the whole design cites for the aspect and the other sentences that hold one of its cue phrases
(`evaluation.mutants.maskings`). Of each masking it is asked

    asked       is the aspect among the TOP most valuable questions about what is left?
    answered    given back as the authors' answer (added at the end), does it lift the verdict?
    recovered   both

Over the whole designs, each reviewed as `archreview questions` does it:

    answered already   questions about an aspect whose label is `addressed`
    generic            questions whose text names nothing that stands in the document
    duplicates         questions that say nearly the same as an earlier one of the same design
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from copilot.documents.outline import outline
from copilot.documents.quotes import fold
from copilot.evaluation.cases import load_cases
from copilot.evaluation.mutants import Masked, maskings
from copilot.evaluation.run import Loaded, judge_document, lay_out, load
from copilot.knowledge.meeting import MeetingKnowledge, load_meeting
from copilot.meeting.questions import MeetingQuestion, ask
from copilot.review.engine import Engine, make_engine
from copilot.review.events import Done
from copilot.review.run import document_info, review
from copilot.schema import Coverage, Document, Manifest, Review, Status, Usage
from copilot.settings import load_settings

TOP = 15
MOST = 5
"""Maskings of one design."""
NEAR_COSINE, NEAR_WORDS = 0.8, 0.6
"""Cosine of the embeddings, or share of common words, from which two questions are the same."""


@dataclass(frozen=True)
class Recovery:
    """What became of one masking."""

    case: str
    aspect: str
    rank: int | None
    """Place of the question that asks for the aspect; None when none does."""
    missing: bool
    """Whether the masked design was judged missing at all."""
    lifted: bool
    settled: bool
    """Whether the answer meets one of the criteria that the question asks for."""


@dataclass(frozen=True)
class Questioned:
    """The questions about one whole design, with the faults of each."""

    case: str
    questions: tuple[MeetingQuestion, ...]
    answered: frozenset[int]
    generic: frozenset[int]
    duplicate: frozenset[int]
    held_back: int


def main() -> None:
    """Print the figures as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("cases", nargs="?", type=Path, default=Path("evals"))
    parser.add_argument("--limit", type=int, help="only the first designs")
    options = parser.parse_args()
    started = time.perf_counter()
    engine = make_engine(load_settings(ephemeral=True), "offline")
    meeting = load_meeting(engine.knowledge)
    cases = load_cases(options.cases, list(engine.knowledge.aspects), None, options.limit)
    loaded = [load(case) for case in cases]
    whole = [asyncio.run(_whole(one, engine, meeting)) for one in loaded]
    masked = [r for one in loaded for r in asyncio.run(_masked(one, engine, meeting))]
    print("\n".join(_report(options.cases, whole, masked, engine, time.perf_counter() - started)))


# --- whole designs -----------------------------------------------------------------------------


async def _whole(loaded: Loaded, engine: Engine, meeting: MeetingKnowledge) -> Questioned:
    found: Review | None = None
    async for event in review(loaded.case.path, engine):
        if isinstance(event, Done):
            found = event.review
    assert found is not None
    asked = ask(found, loaded.document, engine.knowledge, meeting)
    labels = loaded.case.labels
    return Questioned(
        case=loaded.case.id,
        questions=asked.questions,
        answered=frozenset(
            q.number for q in asked.questions if labels[q.aspect].status is Status.ADDRESSED
        ),
        generic=frozenset(q.number for q in asked.questions if _generic(q, loaded.document)),
        duplicate=frozenset(_duplicates(asked.questions, engine)),
        held_back=len(asked.held_back),
    )


def _generic(question: MeetingQuestion, document: Document) -> bool:
    """True when nothing that the question claims to name stands in both of them."""
    text, said = fold(document.text).casefold(), fold(question.text).casefold()
    pieces = [
        fold(part).casefold() for name in question.names for part in re.split(r"\s*…\s*", name)
    ]
    return not any(len(piece) >= 3 and piece in text and piece in said for piece in pieces)


def _duplicates(questions: Sequence[MeetingQuestion], engine: Engine) -> Iterator[int]:
    if not questions:
        return
    vectors = engine.embedder.embed([q.ask for q in questions])
    words = [set(re.findall(r"\w+", q.ask.casefold())) for q in questions]
    for later in range(1, len(questions)):
        for earlier in range(later):
            shared = len(words[later] & words[earlier]) / len(words[later] | words[earlier])
            if shared >= NEAR_WORDS or vectors[later] @ vectors[earlier] >= NEAR_COSINE:
                yield questions[later].number
                break


# --- masked designs ----------------------------------------------------------------------------


async def _masked(loaded: Loaded, engine: Engine, meeting: MeetingKnowledge) -> list[Recovery]:
    rows = await judge_document(engine.judge, engine.knowledge, loaded.evidence)
    cited = {row.aspect: [(c.start, c.end) for c in row.citations if c.verified] for row in rows}
    return [
        await _recovery(loaded, masked, engine, meeting)
        for masked in maskings(loaded, engine.knowledge, MOST, cited)
    ]


async def _recovery(
    loaded: Loaded, masked: Masked, engine: Engine, meeting: MeetingKnowledge
) -> Recovery:
    rest = _edited(loaded.document, masked.text)
    rows = await judge_document(engine.judge, engine.knowledge, lay_out(rest))
    asked = ask(_review(rest, rows, engine), rest, engine.knowledge, meeting).questions
    hit = next((q for q in asked if masked.aspect in (q.aspect, *q.also)), None)
    given = _edited(rest, _with_answer(rest, masked.removed))
    after = await judge_document(engine.judge, engine.knowledge, lay_out(given))
    row = _row(after, masked.aspect)
    met = {v.criterion for v in row.criteria if v.verdict.value != "unmet"}
    return Recovery(
        case=loaded.case.id,
        aspect=masked.aspect,
        rank=hit.number if hit else None,
        missing=_row(rows, masked.aspect).status is Status.MISSING,
        lifted=_better(row, _row(rows, masked.aspect)),
        settled=hit is not None and bool(met & set(hit.settles)),
    )


_ORDER = (Status.MISSING, Status.PARTIAL, Status.ADDRESSED)


def _better(after: Coverage, before: Coverage) -> bool:
    return _ORDER.index(after.status) > _ORDER.index(before.status)


def _with_answer(document: Document, answer: str) -> str:
    """The design with the answer at its end, without the question, which would help the judge."""
    title = "\n\n## Answers\n\n" if document.format == "markdown" else "\n\n"
    return f"{document.text.rstrip()}{title}{answer}\n"


def _edited(document: Document, text: str) -> Document:
    return document.model_copy(
        update={
            "text": text,
            "digest": hashlib.sha256(text.encode()).hexdigest(),
            "sections": outline(text, document.format),
            "files": (document.files[0].model_copy(update={"end": len(text), "pages": ()}),),
        }
    )


def _row(rows: Iterable[Coverage], aspect: str) -> Coverage:
    return next(row for row in rows if row.aspect == aspect)


def _review(document: Document, rows: tuple[Coverage, ...], engine: Engine) -> Review:
    """A review with these rows, as far as the questions read one."""
    return Review(
        document=document_info(document),
        coverage=rows,
        findings=(),
        strengths=(),
        questions=(),
        usage=Usage(),
        manifest=Manifest(
            archreview="",
            judge=engine.judge.name,
            judge_digest=engine.judge.digest,
            knowledge_digest=engine.knowledge.digest,
            embedder=engine.embedder.id,
            dimensions=tuple(d.id for d in engine.knowledge.dimensions),
            created="2026-01-01T00:00:00+00:00",
        ),
    )


# --- the page ----------------------------------------------------------------------------------


def _report(
    folder: Path,
    whole: Sequence[Questioned],
    masked: Sequence[Recovery],
    engine: Engine,
    seconds: float,
) -> Iterator[str]:
    yield f"### {folder.name}: {len(whole)} designs, judge `{engine.judge.digest[:12]}`"
    yield ""
    yield "| measure | target | value | 95% interval |"
    yield "|---|---|---|---|"
    total = sum(len(one.questions) for one in whole)
    for name, target, faults in (
        ("answered already", "<= 8%", [one.answered for one in whole]),
        ("generic", "<= 5%", [one.generic for one in whole]),
        ("duplicates", "<= 2%", [one.duplicate for one in whole]),
    ):
        yield _line(f"{name}, all questions", target, sum(map(len, faults)), total)
        if name == "answered already":
            first = sum(n <= TOP for found in faults for n in found)
            yield _line(f"{name}, first {TOP}", target, first, sum(_first(whole)))
    count = len(masked)
    asked = [r for r in masked if r.rank is not None]
    top = [r for r in asked if r.rank is not None and r.rank <= TOP]
    yield _line(f"asked among the first {TOP}", "", len(top), count)
    yield _line("asked at all", "", len(asked), count)
    yield _line("answer lifts the verdict", "", sum(r.lifted for r in masked), count)
    yield _line(f"recovered, first {TOP}", ">= 75%", sum(r.lifted for r in top), count)
    yield _line("recovered, all questions", ">= 75%", sum(r.lifted for r in asked), count)
    yield _line("recovered, of those asked", "", sum(r.lifted for r in asked), len(asked))
    yield _line("answer meets a criterion asked for", "", sum(r.settled for r in asked), len(asked))
    yield _line("masked design judged missing", "", sum(r.missing for r in masked), count)
    yield ""
    held = sum(one.held_back for one in whole)
    yield (
        f"{total} questions asked, {held} held back as probably answered, {count} maskings, "
        f"{seconds:.0f} s."
    )


def _first(whole: Sequence[Questioned]) -> list[int]:
    return [min(TOP, len(one.questions)) for one in whole]


def _line(name: str, target: str, part: int, total: int) -> str:
    if not total:
        return f"| {name} | {target} | none | |"
    low, high = _wilson(part, total)
    return f"| {name} | {target} | {part / total:.1%} ({part}/{total}) | {low:.1%} to {high:.1%} |"


def _wilson(part: int, total: int) -> tuple[float, float]:
    """The 95% interval of a share after Wilson."""
    z, share = 1.96, part / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total)


if __name__ == "__main__":
    main()
