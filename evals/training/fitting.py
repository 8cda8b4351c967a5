"""The two stages together: out-of-fold head scores, then verdicts fitted on those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from copilot.judges.offline.disclaimers import discount
from copilot.judges.offline.features import Embed, Extractor, Floats, UnitHints
from copilot.judges.offline.heads import Heads
from copilot.judges.offline.model import quote_scores
from copilot.judges.offline.pooling import pool
from copilot.judges.offline.signals import Signals
from evals.training.corpus import STATUS_ORDER, Labelled
from evals.training.document_model import Rows
from evals.training.hints import Example
from evals.training.sentence_heads import HeadSettings, fit_heads

FOLDS = 10
MISSING = STATUS_ORDER.index("missing")

Ranked = list[tuple[list[int], frozenset[int]]]


@dataclass(frozen=True)
class Scored:
    """Documents with their pooled rows and their units ranked as quotes."""

    documents: list[Labelled]
    rows: Rows
    excerpts: Rows
    """Rows of the units alone that a document is quoted for, as `_told` lists them."""
    ranked: Ranked


def folds_of(documents: Sequence[Labelled]) -> NDArray[np.int64]:
    """The fold of each document; a repository or archetype is never split."""
    groups = [document.group for document in documents]
    fold = np.zeros(len(documents), np.int64)
    for number, (_, held) in enumerate(GroupKFold(FOLDS).split(groups, groups=groups)):
        fold[held] = number
    return fold


@dataclass(frozen=True)
class _Part:
    """What one document gives: pooled rows of it and of its excerpts, and its ranked units."""

    pooled: Floats
    excerpts: Floats
    ranked: Ranked


def score_documents(
    documents: Sequence[Labelled],
    extractor: Extractor,
    heads: Heads,
    embed: Embed,
    aspects: Sequence[str],
) -> Scored:
    """Pooled rows of documents that these heads were not fitted on."""
    parts = [_score(document, extractor, heads, embed, aspects) for document in documents]
    return _together(documents, parts)


def score_out_of_fold(
    documents: Sequence[Labelled],
    fold: NDArray[np.int64],
    examples: Sequence[Example],
    signals: Signals,
    embed: Embed,
    settings: HeadSettings,
    aspects: Sequence[str],
) -> Scored:
    """Pooled rows of each document from heads that saw no document of its fold."""
    parts: dict[str, _Part] = {}
    for number in sorted(set(fold.tolist())):
        seen = [document for document, at in zip(documents, fold, strict=True) if at != number]
        held = [document for document, at in zip(documents, fold, strict=True) if at == number]
        extractor, heads = fit_heads(seen, examples, signals, embed, settings)
        for document in held:
            parts[document.id] = _score(document, extractor, heads, embed, aspects)
    return _together(documents, [parts[document.id] for document in documents])


def _score(
    document: Labelled, extractor: Extractor, heads: Heads, embed: Embed, aspects: Sequence[str]
) -> _Part:
    units = document.units
    features = extractor(units, embed)
    hints = features.slice(0, len(units))
    hints, scores = discount(units, hints, heads.score(features), aspects)
    pooled = pool(units, hints, scores)
    excerpts = [
        row
        for aspect, quoted in _quoted(document)
        for row in pool([units[at] for at in quoted], _only(hints, quoted), scores[quoted])[
            _told(document, aspect)
        ]
    ]
    best = quote_scores(units, scores)
    ranked = [
        (np.argsort(-best[:, aspect], kind="stable").tolist(), document.evidence[aspect])
        for aspect, _ in _quoted(document)
    ]
    return _Part(pooled, np.array(excerpts, np.float32).reshape(-1, pooled.shape[1]), ranked)


def _only(hints: UnitHints, units: Sequence[int]) -> UnitHints:
    return UnitHints(*(tuple(column[at] for at in units) for column in hints))


def _quoted(document: Labelled) -> list[tuple[int, list[int]]]:
    """The aspects that the document is quoted for, each with the units that hold the quotes."""
    return [(aspect, sorted(units)) for aspect, units in enumerate(document.evidence) if units]


def _told(document: Labelled, aspect: int) -> list[int]:
    """Aspects whose status the quotes for this one tell: its own, and one that is missing.

    Without the other, whatever is short would pass for evidence of everything.
    """
    missing = [other for other, status in enumerate(document.status) if status == MISSING]
    return [aspect, missing[aspect % len(missing)]] if missing else [aspect]


def _together(documents: Sequence[Labelled], parts: Sequence[_Part]) -> Scored:
    aspects = len(documents[0].status)
    status = np.array([document.status for document in documents], np.int64)
    told = [
        (at, aspect)
        for at, document in enumerate(documents)
        for quoted, _ in _quoted(document)
        for aspect in _told(document, quoted)
    ]
    owner, aspect = np.array(told, np.int64).reshape(-1, 2).T
    return Scored(
        documents=list(documents),
        rows=Rows(
            pooled=np.vstack([part.pooled for part in parts]),
            status=status.ravel(),
            aspect=np.tile(np.arange(aspects), len(documents)),
            document=np.repeat(np.arange(len(documents)), aspects),
        ),
        excerpts=Rows(
            pooled=np.vstack([part.excerpts for part in parts]),
            status=status[owner, aspect],
            aspect=aspect,
            document=owner,
        ),
        ranked=[case for part in parts for case in part.ranked],
    )
