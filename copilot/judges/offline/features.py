"""Numbers for each unit of a document: weighted word bags, vectors, cues and shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copilot.judges.offline.signals import Hits, Signals
from copilot.judges.offline.tokens import content_stems, terms, without_links
from copilot.judges.offline.units import Unit

Floats = NDArray[np.float32]
Embed = Callable[[list[str]], Floats]
"""Texts to L2-normalised rows."""


class Bag(NamedTuple):
    """A sparse matrix by rows: row i holds entries offsets[i] to offsets[i + 1]."""

    indices: NDArray[np.int64]
    values: Floats
    offsets: NDArray[np.int64]

    def dot(self, weights: Floats) -> Floats:
        """The product with a dense (columns, outputs) matrix."""
        out = np.zeros((len(self.offsets) - 1, weights.shape[1]), np.float32)
        filled = np.flatnonzero(np.diff(self.offsets))
        if len(filled):
            rows = weights[self.indices] * self.values[:, None]
            out[filled] = np.add.reduceat(rows, self.offsets[filled], axis=0)
        return out


@dataclass(frozen=True)
class Vocabulary:
    """The terms that the heads know, with the weight of each."""

    index: Mapping[str, int]
    weights: Floats

    def known(self, row: Iterable[str]) -> list[int]:
        """Numbers of the terms that are known, each once, in order."""
        return sorted({self.index[term] for term in row if term in self.index})

    def bag(self, rows: Iterable[Sequence[int]], scale: float) -> Bag:
        """Binary, weighted, L2-normalised rows of known terms, times `scale`."""
        indices: list[int] = []
        values: list[Floats] = []
        offsets = [0]
        for known in rows:
            if known:
                weights = self.weights[known]
                length = float(np.sqrt(weights.dot(weights))) + 1e-9
                values.append(weights * np.float32(scale / length))
                indices.extend(known)
            offsets.append(len(indices))
        flat = np.concatenate(values) if values else np.zeros(0, np.float32)
        return Bag(np.array(indices, np.int64), flat, np.array(offsets, np.int64))


@dataclass(frozen=True)
class Scales:
    """How much each group of features weighs against the others."""

    own: float = 1.5
    heading: float = 0.7
    near: float = 0.4
    vector: float = 1.5
    near_vector: float = 0.7
    heading_vector: float = 0.7
    cues: float = 0.5
    shape: float = 0.4


@dataclass(frozen=True)
class UnitFeatures:
    """The units of one document as the sentence heads and the pooling see them."""

    own: Bag
    heading: Bag
    near: Bag
    dense: Floats
    cues: tuple[Hits, ...]
    heading_cues: tuple[Hits, ...]
    technologies: tuple[Hits, ...]

    def slice(self, first: int, last: int) -> UnitHints:
        """What pooling needs of the units from `first` up to `last`."""
        return UnitHints(
            self.cues[first:last], self.heading_cues[first:last], self.technologies[first:last]
        )


class UnitHints(NamedTuple):
    """Cues and technologies of each unit: the part of the features that pooling looks at."""

    cues: tuple[Hits, ...]
    heading_cues: tuple[Hits, ...]
    technologies: tuple[Hits, ...]


@dataclass(frozen=True)
class Extractor:
    """Makes the features of units; the same code serves training and judging."""

    terms: Vocabulary
    heading_terms: Vocabulary
    signals: Signals
    aspects: int
    scales: Scales

    def __call__(self, units: Sequence[Unit], embed: Embed, *, loose: bool = False) -> UnitFeatures:
        """Features of the units of one document; `loose` units have no neighbours."""
        scales = self.scales
        own = [self.terms.known(terms(unit.text)) for unit in units]
        near = [[] if loose else _around(own, i) for i in range(len(units))]
        cues = tuple(self.signals.cues(unit.text) for unit in units)
        above = tuple(map(cache(self.signals.cues), (f"{u.heading} . {u.lead}" for u in units)))
        technologies = tuple(self.signals.technologies(unit.text) for unit in units)
        counts = np.hstack([_counts(hits, self.aspects) for hits in (cues, above, technologies)])
        dense: list[Floats] = [
            np.minimum(counts, 3) * np.float32(scales.cues),
            _vectors(units, embed, scales, loose),
            np.array([unit.shape for unit in units], np.float32) * np.float32(scales.shape),
            np.ones((len(units), 1), np.float32),
        ]
        return UnitFeatures(
            own=self.terms.bag(own, scales.own),
            heading=self.heading_terms.bag(self._above(units), scales.heading),
            near=self.terms.bag(near, scales.near),
            dense=np.hstack(dense).astype(np.float32),
            cues=cues,
            heading_cues=above,
            technologies=technologies,
        )

    def _above(self, units: Sequence[Unit]) -> Iterable[list[int]]:
        """Known `heading_terms` of each unit, looked up once for those under the same titles."""
        known: dict[tuple[str, str], list[int]] = {}
        for unit in units:
            place = (unit.heading, unit.lead)
            if place not in known:
                known[place] = self.heading_terms.known(heading_terms(unit))
            yield known[place]


def heading_terms(unit: Unit) -> list[str]:
    """Terms of the titles above a unit, and marked ones of the sentence that introduces it."""
    return terms(unit.heading) + [f"lead:{word}" for word in content_stems(unit.lead)]


def _around(rows: list[list[int]], index: int) -> list[int]:
    before = rows[index - 1] if index else []
    after = rows[index + 1] if index + 1 < len(rows) else []
    return sorted({*before, *after})


def _counts(hits: Sequence[Hits], aspects: int) -> Floats:
    table = np.zeros((len(hits), aspects), np.float32)
    for row, found in enumerate(hits):
        for aspect, _ in found:
            table[row, aspect] += 1
    return table


def _vectors(units: Sequence[Unit], embed: Embed, scales: Scales, loose: bool) -> Floats:
    """Vectors of the unit, of its neighbours and of what stands above it, side by side."""
    own = embed([without_links(unit.text) for unit in units])
    near, above = np.zeros_like(own), np.zeros_like(own)
    if not loose:
        near[1:] += own[:-1]
        near[:-1] += own[1:]
        headings = [" ".join([*unit.path[-2:], unit.lead]) for unit in units]
        place = {heading: at for at, heading in enumerate(sorted(set(headings)))}
        above = embed(list(place))[[place[heading] for heading in headings]]
    stacked = [own * scales.vector, near / 2 * scales.near_vector, above * scales.heading_vector]
    return np.hstack(stacked).astype(np.float32)
