"""Judging labelled designs: each is loaded, split, judged and verified as in a review.

Nothing is retrieved: `Evidence.hits` is empty, which the judges that are scored here do not read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.evaluation.cases import Case, Span, locate
from copilot.evaluation.verdicts import CaseVerdicts, Odds, Verdicts, case_verdicts
from copilot.judges.protocol import Evidence, Judge
from copilot.knowledge import Knowledge
from copilot.review import coverage
from copilot.review.citations import Verifier
from copilot.review.injection import shield
from copilot.schema import Coverage, Document

Rows = tuple[Coverage, ...]
Progress = Callable[[str, int, int], None]
"""Called with what was done, how many of it so far, and how many there are."""


@runtime_checkable
class GivesOdds(Protocol):
    """A judge that also tells its probabilities of the three statuses, for P(gap)."""

    async def odds(self, document: Document) -> Mapping[str, Odds]:
        """Aspect id -> probabilities of addressed, partial, missing."""
        ...


@dataclass(frozen=True)
class Loaded:
    """A case whose document has been read."""

    case: Case
    evidence: Evidence
    spans: dict[str, list[Span]]
    """Aspect id -> where its labelled quotes stand, those that were found."""
    second: dict[str, list[Span]]
    """Aspect id -> where the second annotator's quotes stand, those that were found."""

    @property
    def document(self) -> Document:
        """The design itself."""
        return self.evidence.document


@dataclass(frozen=True)
class Judged:
    """A case with the verified rows of one judge."""

    loaded: Loaded
    rows: Rows
    verdicts: CaseVerdicts
    seconds: float
    """Time of the judge and of the check of its quotes."""


def load(case: Case) -> Loaded:
    """Read the document of a case and find its labelled quotes; raises DocumentError."""
    document = load_document(case.path)
    labels = case.labels.items()
    first = {aspect: label.evidence for aspect, label in labels}
    second = {aspect: label.second.evidence if label.second else () for aspect, label in labels}
    text = document.text
    return Loaded(case, lay_out(document), _found(first, text), _found(second, text))


def _found(quotes: Mapping[str, Sequence[str]], text: str) -> dict[str, list[Span]]:
    """Where each aspect's quotes stand; those that are not found are left out."""
    owners = [aspect for aspect, of_aspect in quotes.items() for _ in of_aspect]
    spans: dict[str, list[Span]] = {aspect: [] for aspect in quotes}
    wanted = [quote for of_aspect in quotes.values() for quote in of_aspect]
    for aspect, span in zip(owners, locate(wanted, text), strict=True):
        if span is not None:
            spans[aspect].append(span)
    return spans


def lay_out(document: Document) -> Evidence:
    """A document as it is laid before a judge: hidden text is blank; without retrieval."""
    shielded = shield(document).document
    return Evidence(shielded, split(shielded), {})


async def judge_document(judge: Judge, knowledge: Knowledge, evidence: Evidence) -> Rows:
    """The verified rows for every aspect; a judge that fails leaves a dimension unjudged."""
    verifier = Verifier(evidence.document, evidence.passages)
    rows: list[Coverage] = []
    for dimension in knowledge.dimensions:
        try:
            judgements = await judge.judge(dimension, evidence)
        except Exception as error:  # a judge may run a third party's engine: its failure is data
            reason = f"The judge failed: {type(error).__name__}: {error}"
            rows += coverage.unjudged(dimension, reason)
        else:
            rows += coverage.rows(dimension, judgements, evidence, verifier)
    return tuple(rows)


async def judge_case(judge: Judge, knowledge: Knowledge, loaded: Loaded) -> Judged:
    """Judge one case and condense what came out."""
    started = time.perf_counter()
    rows = await judge_document(judge, knowledge, loaded.evidence)
    seconds = time.perf_counter() - started
    odds = dict(await judge.odds(loaded.document)) if isinstance(judge, GivesOdds) else None
    verdicts = case_verdicts(loaded.case, loaded.document, rows, loaded.spans, odds)
    return Judged(loaded, rows, verdicts, seconds)


async def judge_cases(
    judge: Judge, knowledge: Knowledge, cases: Iterable[Loaded], progress: Progress
) -> tuple[Judged, ...]:
    """Judge the cases one after the other, so that their times can be compared."""
    cases = list(cases)
    judged: list[Judged] = []
    for loaded in cases:
        judged.append(await judge_case(judge, knowledge, loaded))
        progress(f"{judge.name}: designs", len(judged), len(cases))
    return tuple(judged)


def load_all(cases: Sequence[Case], progress: Progress) -> tuple[Loaded, ...]:
    """Read every document of the cases."""
    loaded: list[Loaded] = []
    for case in cases:
        loaded.append(load(case))
        progress("designs read", len(loaded), len(cases))
    return tuple(loaded)


def collect(judge: Judge, knowledge: Knowledge, judged: Iterable[Judged]) -> Verdicts:
    """The verdicts of one judge on all cases."""
    return Verdicts(
        judge=judge.name,
        digest=judge.digest,
        aspects=tuple(knowledge.aspects),
        cases=tuple(one.verdicts for one in judged),
    )


async def rerun_identical(
    fresh: Judge, knowledge: Knowledge, judged: Sequence[Judged]
) -> tuple[int, int]:
    """How many cases a fresh judge, given them in reverse, answers with the same bytes; of how
    many."""
    same = 0
    for one in reversed(judged):
        again = await judge_document(fresh, knowledge, one.loaded.evidence)
        same += _bytes(again) == _bytes(one.rows)
    return same, len(judged)


def _bytes(rows: Rows) -> bytes:
    return "\n".join(row.model_dump_json() for row in rows).encode()
