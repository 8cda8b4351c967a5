"""How likely a sentence is aimed at its reviewer, as learned from examples.

Words are cut into the pieces of a fixed table, each with a short vector. Two small networks look
with filters over one, two and three words in a row for what such sentences do (address, order,
verdict, excuse) and weigh what they found against each other; a linear model over words and pairs
of words has a say where the first network is not sure of the contrary. What they find must still
be found when any one of its words is missing.
`python -m evals.training.attacks` makes the weights; evals/attacks/README.md says what they reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights" / "aim.npz"
WIDTHS = (1, 2, 3)
"""Words in a row that the filters see."""
MAX_WORDS = 60
"""Words of a sentence that are read."""
BUCKETS = 2**15
"""Weights of the linear model; a cue falls into one by its checksum."""
GATE = 5.0
"""How far below the threshold the first network may be for the others to be asked."""
LONGEST_PIECE = 16
_BATCH, _ROWS = 80, 200
"""Sentences and word vectors that are multiplied at a time: so few that numpy's library starts no
threads for them, whose waiting for each other costs ten times the sums."""
_KEPT = 50_000
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")
"""Letters of scripts that are written without spaces: each is read as a word."""


def words(sentence: str) -> list[str]:
    """The words, numbers and marks of a sentence in small letters, the first MAX_WORDS."""
    text = sentence.lower()
    if not text.isascii():
        text = _UNSPACED.sub(r" \1 ", text)
    return _WORD.findall(text)[:MAX_WORDS] or [" "]


def pieces(word: str, known: dict[str, int]) -> list[int]:
    """Numbers of the longest known pieces that make up a word; a leading `▁` begins one."""
    rest, found = word[:3] if word[0].isdigit() else f"▁{word}", []
    while rest:
        length = min(len(rest), LONGEST_PIECE)
        while length and rest[:length] not in known:
            length -= 1
        if length:
            found.append(known[rest[:length]])
        rest = rest[length or 1 :]
    bare = known.get("▁")
    return [piece for piece in found if piece != bare] or found


def cues(read: Sequence[str]) -> Iterator[int]:
    """Buckets of a sentence's words, their stems, and its pairs of words and of stems."""
    for cue in _cues(read):
        yield crc32(cue.encode()) % BUCKETS


def _cues(read: Sequence[str]) -> Iterator[str]:
    yield from read
    yield from (f"{word[:5]}*" for word in read)
    yield from (f"{a} {b}" for a, b in zip(["<", *read], [*read, ">"], strict=True))
    yield from (f"{a[:4]}* {b[:4]}*" for a, b in pairwise(read))
    yield from (f"{a} . {b}" for a, b in zip(read, read[2:], strict=False))


@dataclass(frozen=True)
class Network:
    """Weights of one network; `filters` and `bias` hold one entry for each width."""

    filters: tuple[Floats, ...]
    bias: tuple[Floats, ...]
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    def score(self, rows: Floats, starts: Sequence[int]) -> Floats:
        """Log-odds of each sentence.

        `rows` are word vectors, with two rows of zeros before each sentence and after the last;
        `starts` are the sentences' first words.
        """
        found = []
        for width, filters, bias in zip(WIDTHS, self.filters, self.bias, strict=True):
            last = len(rows) - width + 1
            parts = np.split(filters, width)
            seen = sum((_product(rows[at : last + at], p) for at, p in enumerate(parts)), bias)
            found.append(_highest(seen, starts, len(rows), width))
        inner = np.maximum(np.concatenate(found, axis=1) @ self.hidden + self.hidden_bias, 0)
        scores: Floats = (inner @ self.out + self.out_bias)[:, 0]
        return scores


def _product(rows: Floats, part: Floats) -> Floats:
    return np.concatenate([rows[at : at + _ROWS] @ part for at in range(0, len(rows), _ROWS)])


def _highest(seen: Floats, starts: Sequence[int], rows: int, width: int) -> Floats:
    """For each sentence the highest value of each filter, at least 0.

    A filter may reach one word over either edge, where the rows are zeros.
    """
    reach = width // 2
    ends = [*(start - 2 for start in starts[1:]), rows - 2]
    bounds = [
        edge
        for start, end in zip(starts, ends, strict=True)
        for edge in (start - reach, end + reach - width + 1)
    ]
    return np.maximum(np.maximum.reduceat(seen, bounds, axis=0)[::2], 0)


@dataclass(frozen=True)
class Aim:
    """The learned weights, and the table of pieces that they read words with."""

    known: dict[str, int]
    table: Floats
    networks: tuple[Network, ...]
    linear: Floats
    linear_bias: float
    threshold: float
    """Log-odds from which on a sentence counts as aimed at the reviewer."""
    _rows: dict[str, Floats] = field(default_factory=dict, compare=False)

    def score(self, sentences: Sequence[str]) -> Floats:
        """Log-odds of each sentence; of those below the threshold, a first estimate."""
        found = [
            self._batch(sentences[at : at + _BATCH]) for at in range(0, len(sentences), _BATCH)
        ]
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def _batch(self, sentences: Sequence[str]) -> Floats:
        read = [words(sentence) for sentence in sentences]
        scores = self.networks[0].score(*self._laid_out(read))
        asked = np.flatnonzero(scores > self.threshold - GATE)
        if len(asked):
            scores[asked] = self._votes([read[at] for at in asked])
        for at in np.flatnonzero(scores >= self.threshold):
            scores[at] = self._without_its_best_word(read[at])
        return scores

    def _without_its_best_word(self, read: list[str]) -> float:
        """The least that is left when one word is missing: no single word makes an attack."""
        left = [read[:at] + read[at + 1 :] for at in range(len(read))] if len(read) > 1 else [read]
        return float(self._votes(left).min())

    def _votes(self, read: Sequence[Sequence[str]]) -> Floats:
        """Mean of what the networks and the linear model say."""
        laid_out = self._laid_out(read)
        votes = [network.score(*laid_out) for network in self.networks]
        votes.append(np.array([self._linear(part) for part in read], np.float32))
        mean: Floats = np.mean(votes, axis=0)
        return mean

    def _linear(self, read: Sequence[str]) -> float:
        buckets, counts = np.unique(list(cues(read)), return_counts=True)
        length = float(np.sqrt((counts**2).sum()))
        return float(self.linear[buckets] @ counts) / length + self.linear_bias

    def _laid_out(self, read: Sequence[Sequence[str]]) -> tuple[Floats, list[int]]:
        """Vectors of all words with two rows of zeros around sentences, and their first rows."""
        starts = [2 + before for before in accumulate((len(p) + 2 for p in read[:-1]), initial=0)]
        rows = np.zeros((starts[-1] + len(read[-1]) + 2, self.table.shape[1]), np.float32)
        for start, part in zip(starts, read, strict=True):
            rows[start : start + len(part)] = [self._row(word) for word in part]
        return rows, starts

    def _row(self, word: str) -> Floats:
        """The mean of a word's pieces; zeros for one with none."""
        row = self._rows.get(word)
        if row is None:
            row = self._mean(pieces(word, self.known))
            if len(self._rows) < _KEPT:
                self._rows[word] = row
        return row

    def _mean(self, found: list[int]) -> Floats:
        if len(found) == 1:
            return cast("Floats", self.table[found[0]])
        if not found:
            return np.zeros_like(self.table[0])
        rows: Floats = np.add.reduce(self.table[found]) / np.float32(len(found))
        return rows


@cache
def load(path: Path = WEIGHTS) -> Aim:
    """Read the weights, once per process."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    known = {piece: at for at, piece in enumerate(arrays["pieces"].tobytes().decode().split("\n"))}
    return Aim(
        known,
        arrays["table"].astype(np.float32) * arrays["table_scale"],
        tuple(_network(arrays, number) for number in range(int(arrays["networks"]))),
        arrays["linear"].astype(np.float32),
        float(arrays["linear_bias"]),
        float(arrays["threshold"]),
    )


def _network(arrays: dict[str, NDArray[np.generic]], number: int) -> Network:
    def named(name: str) -> Floats:
        return arrays[f"{number}_{name}"].astype(np.float32)

    return Network(
        tuple(named(f"filters_{width}") for width in WIDTHS),
        tuple(named(f"bias_{width}") for width in WIDTHS),
        *(named(name) for name in ("hidden", "hidden_bias", "out", "out_bias")),
    )
