"""The learned judge of a whole document: loads the weights and predicts every aspect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copilot.errors import JudgeError
from copilot.judges.offline.disclaimers import discount
from copilot.judges.offline.evidence import Span, best_spans
from copilot.judges.offline.features import (
    Embed,
    Extractor,
    Floats,
    Scales,
    UnitHints,
    Vocabulary,
)
from copilot.judges.offline.heads import Heads
from copilot.judges.offline.pooling import pool
from copilot.judges.offline.quotable import penalties
from copilot.judges.offline.signals import Signals
from copilot.judges.offline.units import Unit, units
from copilot.judges.offline.verdicts import STATUSES, Linear, Trees, VerdictModel
from copilot.schema import Section, Status

WEIGHTS = Path(__file__).parent / "weights"
ARRAYS, TABLES = "arrays.npz", "tables.json"
TREE_ARRAYS = ("priors", "feature", "threshold", "left", "right", "value", "roots")
ORDER = (Status.ADDRESSED, Status.PARTIAL, Status.MISSING)
MAX_EVIDENCE = 5
MAX_NEAR = 3
WINDOW = 4_000
"""Units that are scored at a time; a document of 3,000 words has about 250."""
FIRM = 0.35
"""Weight of "evidence that it is addressed" against "evidence" when quotes are ranked."""


@dataclass(frozen=True)
class Prediction:
    """What the learned model says about one aspect of a document."""

    status: Status
    probabilities: tuple[float, float, float]
    """Calibrated chances of addressed, partial and missing."""
    evidence: tuple[Span, ...]
    """Verbatim runs of the text that speak to the aspect, best first; none when missing."""
    near: tuple[Span, ...]
    """When missing: the runs that came closest."""

    @property
    def confidence(self) -> float:
        """The chance of the status that was picked."""
        return self.probabilities[ORDER.index(self.status)]


@dataclass(frozen=True)
class LearnedModel:
    """Sentence heads, pooling and verdicts with their learned weights."""

    aspects: tuple[str, ...]
    extractor: Extractor
    heads: Heads
    verdicts: VerdictModel
    digest: str
    """SHA-256 of the weight files."""

    @classmethod
    def load(cls, folder: Path | None = None) -> LearnedModel:
        """Read the weights from a folder, by default the bundled ones; raises JudgeError."""
        folder = folder or WEIGHTS
        try:
            raw = [(folder / name).read_bytes() for name in (ARRAYS, TABLES)]
            with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
                return _assemble(
                    {name: arrays[name] for name in arrays.files},
                    json.loads(raw[1]),
                    hashlib.sha256(b"".join(raw)).hexdigest(),
                )
        except (OSError, ValueError, KeyError) as error:
            raise JudgeError(
                f"the learned weights cannot be read ({error})",
                where=folder,
                todo="reinstall archreview, or run `make train`",
            ) from error

    def predict(
        self,
        text: str,
        sections: Sequence[Section],
        embed: Embed,
        spans: Sequence[tuple[int, int]] | None = None,
    ) -> dict[str, Prediction]:
        """A prediction for every aspect; all are missing in a text without sentences.

        `spans` are the text's sentences where they are known already.
        """
        parts = units(text, sections, spans)
        if not parts:
            nothing = Prediction(Status.MISSING, (0.0, 0.0, 1.0), (), ())
            return dict.fromkeys(self.aspects, nothing)
        hints, scores = discount(parts, *self._score(parts, embed), self.aspects)
        chances = self.verdicts.chances(pool(parts, hints, scores))
        picked = self.verdicts.pick(chances)
        ranked = quote_scores(parts, scores)
        return {
            aspect: self._prediction(parts, ranked[:, k], chances[k], int(picked[k]))
            for k, aspect in enumerate(self.aspects)
        }

    def _score(self, parts: Sequence[Unit], embed: Embed) -> tuple[UnitHints, Floats]:
        """Hints and head scores of all units, a window at a time so that memory stays flat."""
        hints: list[UnitHints] = []
        scores: list[Floats] = []
        for start in range(0, len(parts), WINDOW):
            end = min(start + WINDOW, len(parts))
            first = max(0, start - 1)  # a neighbour on either side belongs to the features
            features = self.extractor(parts[first : end + 1], embed)
            hints.append(features.slice(start - first, end - first))
            scores.append(self.heads.score(features)[start - first : end - first])
        cues, heading_cues, technologies = (
            tuple(hit for part in column for hit in part) for column in zip(*hints, strict=True)
        )
        return UnitHints(cues, heading_cues, technologies), np.vstack(scores)

    def _prediction(
        self, parts: Sequence[Unit], ranked: Floats, chances: Floats, picked: int
    ) -> Prediction:
        missing = ORDER[picked] is Status.MISSING
        spans = best_spans(parts, ranked, MAX_NEAR if missing else MAX_EVIDENCE)
        addressed, partial, absent = (round(float(chance), 4) for chance in chances)
        return Prediction(
            status=ORDER[picked],
            probabilities=(addressed, partial, absent),
            evidence=() if missing else spans,
            near=spans if missing else (),
        )


def quote_scores(parts: Sequence[Unit], scores: Floats) -> Floats:
    """Log-odds of shape (units, K) by which quotes for each aspect are ranked."""
    count = scores.shape[1] // 2
    ranked: Floats = (1 - FIRM) * scores[:, :count] + FIRM * scores[:, count:]
    return ranked - penalties(parts)[:, None]


def _assemble(
    arrays: Mapping[str, NDArray[Any]], tables: Mapping[str, Any], digest: str
) -> LearnedModel:
    aspects = tuple(tables["aspects"])
    extractor = Extractor(
        terms=_vocabulary(tables["terms"], arrays["term_weights"]),
        heading_terms=_vocabulary(tables["heading_terms"], arrays["heading_term_weights"]),
        signals=Signals(tables["cues"], tables["technologies"]),
        aspects=len(aspects),
        scales=Scales(**tables["scales"]),
    )
    heads = Heads(
        **{
            name: arrays[f"head_{name}"].astype(np.float32)
            for name in ("own", "heading", "near", "dense")
        }
    )
    linear = Linear(
        **{name: arrays[f"linear_{name}"] for name in ("mean", "spread", "weights", "bias")},
        sloped=tuple(tables["sloped"]),
        slope_scale=float(tables["slope_scale"]),
    )
    trees = Trees(
        **{name: arrays[f"trees_{name}"] for name in TREE_ARRAYS},
        depth=int(tables["depth"]),
    )
    leaning = np.asarray(tables["leaning"], np.float32)
    if leaning.shape != (STATUSES,) or heads.dense.shape[1] != 2 * len(aspects):
        raise ValueError("the weights do not fit each other")
    return LearnedModel(aspects, extractor, heads, VerdictModel(linear, trees, leaning), digest)


def _vocabulary(words: Sequence[str], weights: NDArray[Any]) -> Vocabulary:
    index = {word: position for position, word in enumerate(words)}
    return Vocabulary(index, weights.astype(np.float32))
