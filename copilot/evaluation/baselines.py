"""Trivial judges that every score is shown beside: what needs no understanding gets this far.

Their two thresholds and the confidences were fitted once on the training documents, for all
aspects together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from copilot.documents.sentences import Span, sentences
from copilot.errors import InputError
from copilot.evaluation.cases import STATUSES
from copilot.judges.offline.cues import HEDGE, WordIndex
from copilot.judges.protocol import Evidence
from copilot.knowledge import Knowledge
from copilot.schema import Aspect, Dimension, Document, Judgement, Origin, Quote, Status

Embed = Callable[[list[str]], NDArray[np.float32]]
Verdict = tuple[Status, float, Sequence[Span]]
"""Status, confidence, and the spans to quote, best first."""

QUOTES = 3
MIN_LETTERS = 8
"""A span with fewer letters and digits would not pass as a quote."""
KEYWORD_STEPS = (1, 3)
"""Cues in unhedged sentences from which an aspect is partial, and addressed."""
SIMILARITY_STEPS = (0.325, 0.375)
"""Cosine of the nearest sentence from which an aspect is partial, and addressed."""
KEYWORD_CONFIDENCE = {Status.ADDRESSED: 0.69, Status.PARTIAL: 0.41, Status.MISSING: 0.776}
SIMILARITY_CONFIDENCE = {Status.ADDRESSED: 0.518, Status.PARTIAL: 0.278, Status.MISSING: 0.609}


class Reading:
    """Sentences, words and sentence vectors of the document that was read last."""

    def __init__(self, embed: Embed | None) -> None:
        self._embed = embed
        self._digest = ""

    def of(self, document: Document) -> Reading:
        """This reading, renewed if the document is another one."""
        if document.digest != self._digest:
            self._digest = document.digest
            text = document.text
            self.spans = [s for s in sentences(text) if _letters(text[slice(*s)]) >= MIN_LETTERS]
            self.words = WordIndex(text)
            self.hedged = [bool(HEDGE.search(text, *span)) for span in self.spans]
            texts = [text[start:end] for start, end in self.spans]
            self.vectors = self._embed(texts) if self._embed else np.zeros((len(texts), 1))
        return self


class BaselineJudge:
    """A judge made of one function from an aspect and a reading to a verdict."""

    origin: Origin = "rule"

    def __init__(
        self, name: str, decide: Callable[[Aspect, Reading], Verdict], embed: Embed | None = None
    ) -> None:
        self.name = name
        self.digest = hashlib.sha256(name.encode()).hexdigest()
        self._decide = decide
        self._reading = Reading(embed)

    async def judge(self, dimension: Dimension, evidence: Evidence) -> list[Judgement]:
        """One judgement for each aspect that is switched on."""
        document = evidence.document
        reading = self._reading.of(document)
        return [self._judge(a, reading, document) for a in dimension.aspects if not a.disabled]

    def _judge(self, aspect: Aspect, reading: Reading, document: Document) -> Judgement:
        status, confidence, spans = self._decide(aspect, reading)
        quoted = [] if status is Status.MISSING else spans[:QUOTES]
        return Judgement(
            aspect=aspect.id,
            status=status,
            confidence=confidence,
            rationale=f"The baseline `{self.name}`.",
            quotes=tuple(Quote(text=document.text[a:b], start=a) for a, b in quoted),
        )


def always_missing() -> BaselineJudge:
    """Every aspect is missing."""
    return BaselineJudge("always-missing", lambda aspect, reading: (Status.MISSING, 1.0, ()))


def most_frequent(priors: Mapping[str, Sequence[int]]) -> BaselineJudge:
    """The status that is most frequent for the aspect in the training labels; quotes the start.

    `priors` holds, for each aspect, how often it is addressed, partial, missing.
    """

    def decide(aspect: Aspect, reading: Reading) -> Verdict:
        counts = priors[aspect.id]
        best = max(range(3), key=lambda place: counts[place])
        return STATUSES[best], round(counts[best] / sum(counts), 4), reading.spans[:1]

    return BaselineJudge("most-frequent", decide)


def keyword() -> BaselineJudge:
    """Counts the aspect's cue phrases in sentences that are no hedge."""

    def decide(aspect: Aspect, reading: Reading) -> Verdict:
        counts = np.zeros(len(reading.spans), int)
        starts = np.array([start for start, _ in reading.spans] or [0])
        for start, end in reading.words.find_any(all_cues(aspect)):
            at = int(np.searchsorted(starts, start, side="right")) - 1
            if 0 <= at < len(counts) and end <= reading.spans[at][1]:
                counts[at] += 1
        plain = int(counts[~np.array(reading.hedged, bool)].sum())
        best = sorted(np.flatnonzero(counts), key=lambda i: (reading.hedged[i], -counts[i], i))
        status = _step(plain, KEYWORD_STEPS, bool(best))
        return status, KEYWORD_CONFIDENCE[status], [reading.spans[i] for i in best]

    return BaselineJudge("keyword", decide)


def similarity(knowledge: Knowledge, embed: Embed) -> BaselineJudge:
    """Compares the aspect's meaning with every sentence."""
    meanings = embed([f"{a.title}. {a.meaning}" for a in knowledge.aspects.values()])
    queries = dict(zip(knowledge.aspects, meanings, strict=True))

    def decide(aspect: Aspect, reading: Reading) -> Verdict:
        near = reading.vectors @ queries[aspect.id]
        order = np.argsort(-near, kind="stable")[:QUOTES]
        nearest = float(near[order[0]]) if len(order) else 0.0
        status = _step(nearest, SIMILARITY_STEPS, bool(len(order)))
        return status, SIMILARITY_CONFIDENCE[status], [reading.spans[i] for i in order]

    return BaselineJudge("similarity", decide, embed)


def read_priors(file: Path, knowledge: Knowledge) -> dict[str, list[int]]:
    """Aspect id -> counts of addressed, partial, missing; raises InputError."""
    try:
        counts: dict[str, list[int]] = json.loads(file.read_text("utf-8"))["aspects"]
        if any(len(counts[a]) != 3 or sum(counts[a]) <= 0 for a in knowledge.aspects):
            raise ValueError("an aspect needs three counts")
    except (OSError, ValueError, KeyError, TypeError) as error:
        todo = 'write {"aspects": {"<aspect>": [addressed, partial, missing]}}'
        raise InputError(f"cannot be read as priors ({error})", where=file, todo=todo) from error
    return counts


def all_cues(aspect: Aspect) -> list[str]:
    """The cue phrases of an aspect and of its criteria."""
    return [*aspect.cues, *(cue for criterion in aspect.criteria for cue in criterion.cues)]


def _step(value: float, steps: tuple[float, float], quotable: bool) -> Status:
    """missing below the first step or with nothing to quote, addressed from the second on."""
    if value < steps[0] or not quotable:
        return Status.MISSING
    return Status.ADDRESSED if value >= steps[1] else Status.PARTIAL


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)
