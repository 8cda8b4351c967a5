"""The offline judge: learned verdicts for all aspects of a document in one pass.

Deterministic, in-process, no socket. The verdicts come from `LearnedModel`; criteria are checked
by their cue phrases; the rationale says how sure the verdict is.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.documents.sentences import sentences
from copilot.judges.offline.criteria import Span, criterion_verdicts
from copilot.judges.offline.cues import WordIndex, word_index
from copilot.judges.offline.model import LearnedModel, Prediction
from copilot.judges.protocol import Evidence
from copilot.knowledge import Knowledge
from copilot.schema import (
    LOW_CONFIDENCE,
    Aspect,
    CriterionVerdict,
    Dimension,
    Document,
    Judgement,
    Met,
    Origin,
    Quote,
    Status,
)

Embed = Callable[[list[str]], NDArray[np.float32]]

MAX_QUOTES = 3
READINGS = 16
"""Documents whose reading is remembered: as many as are reviewed side by side in one process."""


@dataclass(frozen=True)
class _Reading:
    """What the judge learned from one document."""

    predictions: Mapping[str, Prediction]
    sentences: tuple[Span, ...]
    words: WordIndex


class OfflineJudge:
    """Judges with learned heads; remembers its readings of the last documents."""

    name = "offline"
    origin: Origin = "offline"

    def __init__(self, knowledge: Knowledge, embed: Embed, model: LearnedModel) -> None:
        self._embed = embed
        self._model = model
        self._readings: dict[str, _Reading] = {}
        """By the document's digest, the one used last at the end."""
        self._lock = asyncio.Lock()
        self.digest = hashlib.sha256(f"{model.digest}{knowledge.digest}".encode()).hexdigest()

    async def judge(self, dimension: Dimension, evidence: Evidence) -> list[Judgement]:
        """One judgement for each aspect that is switched on."""
        reading = await self._read(evidence.document)
        return [
            self._judgement(aspect, reading, evidence.document.text)
            for aspect in dimension.aspects
            if not aspect.disabled
        ]

    async def odds(self, document: Document) -> dict[str, tuple[float, float, float]]:
        """Aspect -> calibrated chances of addressed, partial and missing."""
        reading = await self._read(document)
        return {aspect: each.probabilities for aspect, each in reading.predictions.items()}

    async def _read(self, document: Document) -> _Reading:
        async with self._lock:
            reading = self._readings.pop(document.digest, None)
            if reading is None:
                reading = await asyncio.to_thread(self._study, document)
            if len(self._readings) >= READINGS:
                del self._readings[next(iter(self._readings))]
            self._readings[document.digest] = reading
            return reading

    def _study(self, document: Document) -> _Reading:
        text = document.text
        spans = sentences(text)
        return _Reading(
            predictions=self._model.predict(text, document.sections, self._embed, spans),
            sentences=tuple(spans),
            words=word_index(text),
        )

    def _judgement(self, aspect: Aspect, reading: _Reading, text: str) -> Judgement:
        prediction = reading.predictions[aspect.id]
        spans = [(span.start, span.end) for span in prediction.evidence]
        criteria = criterion_verdicts(
            aspect, prediction.status, spans, text, reading.sentences, reading.words
        )
        quoted = spans[:MAX_QUOTES] if prediction.status is not Status.MISSING else []
        return Judgement(
            aspect=aspect.id,
            status=prediction.status,
            confidence=prediction.confidence,
            rationale=_rationale(prediction, criteria),
            quotes=tuple(Quote(text=text[start:end], start=start) for start, end in quoted),
            criteria=criteria,
            addressed=round(prediction.probabilities[0], 4),
        )


def _rationale(prediction: Prediction, criteria: tuple[CriterionVerdict, ...]) -> str:
    addressed, partial, missing = prediction.probabilities
    odds = f"addressed {addressed:.0%}, partial {partial:.0%}, missing {missing:.0%}"
    met = sum(verdict.verdict is Met.MET for verdict in criteria)
    match prediction.status:
        case Status.MISSING:
            text = "No sentence of the document states anything about it that holds as evidence"
        case Status.PARTIAL:
            text = (
                "The document touches it without a mechanism, number or decision for all of it; "
                f"{met} of {len(criteria)} criteria have support in the text"
            )
        case _:
            text = (
                "The document states something concrete about it; "
                f"{met} of {len(criteria)} criteria have support in the text"
            )
    unsure = "Low confidence: " if prediction.confidence < LOW_CONFIDENCE else ""
    return f"{unsure}{text} ({odds})."
