"""The two stages together: out-of-fold head scores, then verdicts fitted on those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from copilot.judges.offline.disclaimers import discount
from copilot.judges.offline.features import Embed, Extractor, Floats
from copilot.judges.offline.heads import Heads
from copilot.judges.offline.model import quote_scores
from copilot.judges.offline.pooling import pool
from copilot.judges.offline.signals import Signals
from evals.training.corpus import Labelled
from evals.training.document_model import Rows
from evals.training.hints import Example
from evals.training.sentence_heads import HeadSettings, fit_heads

FOLDS = 10

Ranked = list[tuple[list[int], frozenset[int]]]


@dataclass(frozen=True)
class Scored:
    """Documents with their pooled rows and their units ranked as quotes."""

    documents: list[Labelled]
    rows: Rows
    ranked: Ranked


def folds_of(documents: Sequence[Labelled]) -> NDArray[np.int64]:
    """The fold of each document; a repository or archetype is never split."""
    groups = [document.group for document in documents]
    fold = np.zeros(len(documents), np.int64)
    for number, (_, held) in enumerate(GroupKFold(FOLDS).split(groups, groups=groups)):
        fold[held] = number
    return fold


def score_documents(
    documents: Sequence[Labelled],
    extractor: Extractor,
    heads: Heads,
    embed: Embed,
    aspects: Sequence[str],
) -> Scored:
    """Pooled rows of documents that these heads were not fitted on."""
    pooled: list[Floats] = []
    ranked: Ranked = []
    for document in documents:
        features = extractor(document.units, embed)
        hints = features.slice(0, len(document.units))
        hints, scores = discount(document.units, hints, heads.score(features), aspects)
        pooled.append(pool(document.units, hints, scores))
        best = quote_scores(document.units, scores)
        for aspect, labelled in enumerate(document.evidence):
            if labelled:
                order = np.argsort(-best[:, aspect], kind="stable")
                ranked.append((order.tolist(), labelled))
    return Scored(list(documents), _rows(documents, pooled), ranked)


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
    parts: dict[str, tuple[Floats, Ranked]] = {}
    for number in sorted(set(fold.tolist())):
        seen = [document for document, at in zip(documents, fold, strict=True) if at != number]
        held = [document for document, at in zip(documents, fold, strict=True) if at == number]
        extractor, heads = fit_heads(seen, examples, signals, embed, settings)
        for document in held:
            scored = score_documents([document], extractor, heads, embed, aspects)
            parts[document.id] = scored.rows.pooled, scored.ranked
    pooled = [parts[document.id][0] for document in documents]
    ranked = [case for document in documents for case in parts[document.id][1]]
    return Scored(list(documents), _rows(documents, pooled), ranked)


def _rows(documents: Sequence[Labelled], pooled: Sequence[Floats]) -> Rows:
    aspects = len(documents[0].status)
    return Rows(
        pooled=np.vstack(pooled),
        status=np.concatenate([document.status for document in documents]).astype(np.int64),
        aspect=np.tile(np.arange(aspects), len(documents)),
    )
