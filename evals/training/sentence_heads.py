"""Fits the sentence heads: one weighted, multi-output logistic regression over all units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize

from copilot.judges.offline.features import (
    Bag,
    Embed,
    Extractor,
    Floats,
    Scales,
    UnitFeatures,
    Vocabulary,
    heading_terms,
)
from copilot.judges.offline.heads import Heads
from copilot.judges.offline.signals import Signals
from copilot.judges.offline.tokens import terms
from copilot.judges.offline.units import loose_unit
from evals.training.corpus import STATUS_ORDER, Labelled
from evals.training.hints import Example


@dataclass(frozen=True)
class HeadSettings:
    """What was chosen by leave-one-source-out scores."""

    min_documents: int = 3
    min_groups: int = 2
    penalty: float = 1.5e-4
    iterations: int = 40
    positive_weight: float = 3.0
    unlabelled_weight: float = 0.1
    """Weight of a unit that no quote covers, in a document that does speak to the aspect."""
    example_weight: float = 0.3
    mark_weight: float = 0.5
    """Weight of a unit that is marked as evidence but was not quoted, against 1 for a quote."""
    scales: Scales = field(default_factory=Scales)


Targets = tuple[Floats, Floats]
"""Labels and weights, each of shape (units, 2K)."""


def fit_heads(
    documents: Sequence[Labelled],
    examples: Sequence[Example],
    signals: Signals,
    embed: Embed,
    settings: HeadSettings,
) -> tuple[Extractor, Heads]:
    """Vocabulary and weights learned from these documents and examples."""
    aspects = len(documents[0].status)
    extractor = Extractor(*_vocabularies(documents, settings), signals, aspects, settings.scales)
    features = [extractor(document.units, embed) for document in documents]
    targets = [_targets(document, aspects, settings) for document in documents]
    if examples:
        loose = [loose_unit(text) for text, _, _ in examples]
        features.append(extractor(loose, embed, loose=True))
        targets.append(_example_targets(examples, aspects, settings.example_weight))
    weights = _fit(features, targets, extractor, settings)
    return extractor, _cut(weights, extractor)


def _vocabularies(
    documents: Sequence[Labelled], settings: HeadSettings
) -> tuple[Vocabulary, Vocabulary]:
    in_documents: Counter[str] = Counter()
    in_units: Counter[str] = Counter()
    headings: Counter[str] = Counter()
    groups: dict[str, set[str]] = {}
    for document in documents:
        rows = [set(terms(unit.text)) for unit in document.units]
        in_units.update(term for row in rows for term in row)
        seen = set().union(*rows)
        in_documents.update(seen)
        for term in seen:
            groups.setdefault(term, set()).add(document.group)
        headings.update({term for unit in document.units for term in heading_terms(unit)})
    kept = sorted(
        term
        for term, count in in_documents.items()
        if count >= settings.min_documents and len(groups[term]) >= settings.min_groups
    )
    total = sum(len(document.units) for document in documents)
    rarity = [np.log((1 + total) / (1 + in_units[term])) / 3 for term in kept]
    titles = sorted(term for term, count in headings.items() if count >= settings.min_documents)
    return _vocabulary(kept, rarity), _vocabulary(titles, [1.0] * len(titles))


def _vocabulary(words: list[str], weights: Iterable[float]) -> Vocabulary:
    index = {word: position for position, word in enumerate(words)}
    return Vocabulary(index, np.array(list(weights), np.float16).astype(np.float32))


def _targets(document: Labelled, aspects: int, settings: HeadSettings) -> Targets:
    shape = (len(document.units), 2 * aspects)
    labels, weights = np.zeros(shape, np.float32), np.ones(shape, np.float32)
    for k, status in enumerate(document.status):
        name = STATUS_ORDER[status]
        if name == "missing":
            continue
        if document.marks is not None:
            _mark(document, k, aspects, labels, weights, settings)
            continue
        weights[:, k] = settings.unlabelled_weight
        weights[:, aspects + k] = settings.unlabelled_weight if name == "addressed" else 1.0
        quoted = sorted(document.evidence[k])
        labels[quoted, k] = 1
        labels[quoted, aspects + k] = float(name == "addressed")
        weights[quoted, k] = weights[quoted, aspects + k] = 1
    return labels, weights


def _mark(
    document: Labelled,
    k: int,
    aspects: int,
    labels: Floats,
    weights: Floats,
    settings: HeadSettings,
) -> None:
    """Targets of aspect k in a document whose units are all marked; labelled quotes weigh more."""
    assert document.marks is not None
    firm, soft = sorted(document.marks.firm[k]), sorted(document.marks.soft[k])
    quoted = sorted(document.evidence[k])
    labels[firm + soft + quoted, k] = 1
    labels[firm, aspects + k] = 1
    if STATUS_ORDER[document.status[k]] == "addressed":
        labels[quoted, aspects + k] = 1
    weights[firm + soft, k] = settings.mark_weight
    weights[firm, aspects + k] = settings.mark_weight
    weights[quoted, k] = weights[quoted, aspects + k] = 1


def _example_targets(examples: Sequence[Example], aspects: int, weight: float) -> Targets:
    """An example speaks for or against its own aspect only."""
    shape = (len(examples), 2 * aspects)
    labels, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for row, (_, k, label) in enumerate(examples):
        labels[row, k] = label != "none"
        labels[row, aspects + k] = label == "addressed"
        weights[row, [k, aspects + k]] = weight
    return labels, weights


def _matrix(bags: list[Bag], columns: int) -> sp.csr_matrix:
    parts = [
        sp.csr_matrix((bag.values, bag.indices, bag.offsets), (len(bag.offsets) - 1, columns))
        for bag in bags
    ]
    return sp.vstack(parts).tocsr()


def _fit(
    features: list[UnitFeatures],
    targets: list[Targets],
    extractor: Extractor,
    settings: HeadSettings,
) -> Floats:
    """Weights of shape (all columns, 2K), by L-BFGS from a start of rare positives."""
    size, titles = len(extractor.terms.index), len(extractor.heading_terms.index)
    words = sp.hstack(
        [
            _matrix([f.own for f in features], size),
            _matrix([f.heading for f in features], titles),
            _matrix([f.near for f in features], size),
        ]
    ).tocsr()
    dense = np.vstack([f.dense for f in features])
    labels = np.vstack([t[0] for t in targets])
    weights = np.vstack([t[1] for t in targets])
    weights *= np.where(labels > 0, np.float32(settings.positive_weight), np.float32(1))
    columns, outputs = words.shape[1] + dense.shape[1], labels.shape[1]
    words_back, dense_back = words.T.tocsr(), np.ascontiguousarray(dense.T)
    penalty = np.full((columns, 1), settings.penalty, np.float32)
    penalty[-1] /= 100
    total = np.float32(len(labels))

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w = flat.astype(np.float32).reshape(columns, outputs)
        scores = words @ w[: words.shape[1]] + dense @ w[words.shape[1] :]
        error = weights * (1 / (1 + np.exp(-scores)) - labels) / total
        value = (weights * (np.logaddexp(0, scores) - labels * scores)).sum() / total
        slope = np.vstack([words_back @ error, dense_back @ error]) + penalty * w
        return float(value + 0.5 * (penalty * w * w).sum()), slope.ravel().astype(np.float64)

    start = np.zeros((columns, outputs))
    start[-1] = -4
    options = {"maxiter": settings.iterations, "maxcor": 8}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    fitted: Floats = found.x.astype(np.float32).reshape(columns, outputs)
    return fitted


def _cut(weights: Floats, extractor: Extractor) -> Heads:
    """The weights by group of columns, at the precision in which they are stored."""
    size, titles = len(extractor.terms.index), len(extractor.heading_terms.index)
    stored = weights.astype(np.float16).astype(np.float32)
    own, heading, near, dense = np.split(stored, np.cumsum([size, titles, size]))
    return Heads(own=own, heading=heading, near=near, dense=dense)
