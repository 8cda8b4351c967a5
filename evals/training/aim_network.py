"""Fits the small network that tells text aimed at a reviewer: forward, backward, Adam, in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from copilot.review.aim import WIDTHS

Floats = NDArray[np.float32]
Ids = NDArray[np.intp]

FILTERS = (32, 40, 40)
"""Filters of each width."""
SIZE, INNER = 32, 24
"""Numbers of a projected word vector, and of the inner layer."""
WORD_LOSS, FILTER_LOSS = 0.08, 0.3
"""Shares of words and of filters that are left out at random while fitting."""


@dataclass(frozen=True)
class Padded:
    """Sentences side by side: numbers of words, and which places hold one."""

    vectors: Floats
    """(distinct words, dimensions); row 0 is zeros."""
    ids: Ids
    """(sentences, places) into `vectors`."""
    mask: Floats
    """1 where a word stands."""


@dataclass
class _Pass:
    """What a forward pass leaves for the backward one."""

    windows: list[Floats] = field(default_factory=list)
    places: list[Ids] = field(default_factory=list)
    firing: list[NDArray[np.bool_]] = field(default_factory=list)
    found: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    kept: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    inner: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    words: Floats = field(default_factory=lambda: np.zeros(0, np.float32))


class Trainee:
    """The network while it is fitted: `weights` by name, float32."""

    def __init__(self, dimensions: int, seed: int, project: Floats | None = None) -> None:
        """Start at random; a `project` that is given stays as it is."""
        self._random = np.random.default_rng(seed)
        self._fixed = ("project",) if project is not None else ()
        self.weights: dict[str, Floats] = {
            "project": self._start(dimensions, SIZE, 1.0),
            "hidden": self._start(sum(FILTERS), INNER, 2.0),
            "hidden_bias": np.zeros(INNER, np.float32),
            "out": self._start(INNER, 1, 2.0),
            "out_bias": np.full(1, -1.0, np.float32),
        }
        for width, filters in zip(WIDTHS, FILTERS, strict=True):
            self.weights[f"filters_{width}"] = self._start(width * SIZE, filters, 2.0)
            self.weights[f"bias_{width}"] = np.zeros(filters, np.float32)
        if project is not None:
            self.weights["project"] = project
        self._mean = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self._square = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self._steps = 0

    def _start(self, rows: int, columns: int, gain: float) -> Floats:
        drawn = self._random.standard_normal((rows, columns)) * np.sqrt(gain / rows)
        start: Floats = drawn.astype(np.float32)
        return start

    def score(self, batch: Padded) -> Floats:
        """Log-odds of each sentence."""
        words = (batch.vectors @ self.weights["project"])[batch.ids] * batch.mask[..., None]
        return self._forward(batch, words, None)[0]

    def step(self, batch: Padded, aimed: Floats, rate: float) -> None:
        """One step of Adam on the logistic loss."""
        keep = (self._random.random(batch.ids.shape) > WORD_LOSS).astype(np.float32)
        seen = (batch.mask * keep)[..., None]
        words = (batch.vectors @ self.weights["project"])[batch.ids] * seen
        kept = (self._random.random((len(aimed), sum(FILTERS))) > FILTER_LOSS) / (1 - FILTER_LOSS)
        scores, done = self._forward(batch, words, kept.astype(np.float32))
        slope = (1 / (1 + np.exp(-scores)) - aimed) / np.float32(len(aimed))
        self._adam(self._backward(batch, done, slope.astype(np.float32), seen), rate)

    def _forward(self, batch: Padded, words: Floats, kept: Floats | None) -> tuple[Floats, _Pass]:
        done, found = _Pass(words=words), []
        edge = np.zeros((len(words), 1, SIZE), np.float32)
        padded = np.concatenate([edge, words, edge], axis=1)
        lengths = batch.mask.sum(axis=1).astype(np.intp)
        for width in WIDTHS:
            windows, count = _windows(words, padded, lengths, width)
            seen = windows @ self.weights[f"filters_{width}"] + self.weights[f"bias_{width}"]
            seen = np.where((np.arange(seen.shape[1]) < count[:, None])[..., None], seen, -1e9)
            place = seen.argmax(axis=1)
            top = np.take_along_axis(seen, place[:, None], axis=1)[:, 0]
            found.append(np.maximum(top, 0))
            done.windows.append(windows)
            done.places.append(place)
            done.firing.append(top > 0)
        done.found = np.concatenate(found, axis=1).astype(np.float32)
        if kept is not None:
            done.kept = kept
            done.found = done.found * kept
        done.inner = done.found @ self.weights["hidden"] + self.weights["hidden_bias"]
        out = np.maximum(done.inner, 0) @ self.weights["out"] + self.weights["out_bias"]
        return out[:, 0], done

    def _backward(
        self, batch: Padded, done: _Pass, slope: Floats, seen: Floats
    ) -> dict[str, Floats]:
        weights, slopes = self.weights, {}
        slopes["out"] = np.maximum(done.inner, 0).T @ slope[:, None]
        slopes["out_bias"] = slope.sum(keepdims=True)
        inner = slope[:, None] * weights["out"][:, 0] * (done.inner > 0)
        slopes["hidden"], slopes["hidden_bias"] = done.found.T @ inner, inner.sum(axis=0)
        found = (inner @ weights["hidden"].T) * done.kept
        sentences, places = batch.ids.shape
        words = np.zeros((sentences * (places + 2), SIZE), np.float32)
        at = 0
        for n, width in enumerate(WIDTHS):
            here = found[:, at : at + FILTERS[n]] * done.firing[n]
            at += FILTERS[n]
            picked = done.windows[n][np.arange(sentences)[:, None], done.places[n]]
            slopes[f"filters_{width}"] = (here[..., None] * picked).sum(axis=0).T
            slopes[f"bias_{width}"] = here.sum(axis=0)
            back = (here[..., None] * weights[f"filters_{width}"].T).reshape(-1, width * SIZE)
            first = np.arange(sentences)[:, None] * (places + 2) + done.places[n] + (width == 1)
            for offset in range(width):
                part = back[:, offset * SIZE : (offset + 1) * SIZE]
                words = words + _sums(first.ravel() + offset, part, len(words))
        inside = words.reshape(sentences, places + 2, SIZE)[:, 1:-1] * seen
        if self._fixed:
            return slopes
        by_word = _sums(batch.ids.ravel(), inside.reshape(-1, SIZE), len(batch.vectors))
        slopes["project"] = batch.vectors.T @ by_word
        return slopes

    def _adam(self, slopes: dict[str, Floats], rate: float) -> None:
        self._steps += 1
        for name in self.weights.keys() - set(self._fixed):
            value = self.weights[name]
            slope = slopes[name] + np.float32(1e-5) * value
            self._mean[name] += np.float32(0.1) * (slope - self._mean[name])
            self._square[name] += np.float32(0.01) * (slope * slope - self._square[name])
            mean = self._mean[name] / (1 - 0.9**self._steps)
            square = self._square[name] / (1 - 0.99**self._steps)
            self.weights[name] = (value - rate * mean / (np.sqrt(square) + 1e-7)).astype(np.float32)


def _windows(words: Floats, padded: Floats, lengths: Ids, width: int) -> tuple[Floats, Ids]:
    """Vectors of `width` words in a row, and how many of them each sentence has."""
    if width == 1:
        return words, lengths
    last = padded.shape[1] - width + 1
    side_by_side = np.concatenate([padded[:, at : at + last] for at in range(width)], axis=-1)
    return side_by_side, lengths + (3 - width)


def _sums(rows: Ids, values: NDArray[np.floating[Any]], count: int) -> Floats:
    """Sum of the values that belong to each row."""
    ones = np.ones(len(rows), np.float32)
    places = csr_matrix((ones, (rows, np.arange(len(rows)))), shape=(count, len(rows)))
    return np.asarray(places @ values, np.float32)


def pad(sentences: Sequence[Sequence[int]], vectors: Floats) -> Padded:
    """Sentences, given as rows of `vectors`, side by side."""
    places = max(map(len, sentences))
    ids = np.zeros((len(sentences), places), np.intp)
    mask = np.zeros(ids.shape, np.float32)
    for row, numbers in enumerate(sentences):
        ids[row, : len(numbers)], mask[row, : len(numbers)] = numbers, 1
    used, ids = np.unique(ids, return_inverse=True)
    return Padded(vectors[used], ids.reshape(mask.shape), mask)
