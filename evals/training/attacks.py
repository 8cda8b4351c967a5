"""Fits the detector of text aimed at reviewers: python -m evals.training.attacks.

Learns from the bank of evals/attacks/bank, the tuned attacks and the sentences of the training
designs. A first pass leaves out a third of the designs (whole repositories, packages, archetypes)
and of the bank's groups at a time. The threshold is the lowest at which one in RARE designs counts
that were left out then, or are left out of the last fit too (the real `dev` part and the sealed
archetypes). The sealed wordings are not read here: `python -m evals.bench.attacks` measures on
them.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from copilot.index.embedders import local_embedder
from copilot.review.aim import BUCKETS, WEIGHTS, WIDTHS, cues, pieces, words
from copilot.review.sight import is_prose
from evals.training.aim_network import Floats, Padded, Trainee, pad
from evals.training.attack_texts import (
    bank,
    documents,
    further_documents,
    generated,
    own_documents,
    tuned_attacks,
)

FOLDS, STEPS, NETWORKS = 3, 700, 2
SHARES = {"aimed": 48, "made aimed": 32, "near": 48, "made near": 32, "plain": 128}
"""Sentences of each kind in the batch of a step."""
LONGEST = 32
"""Words of a sentence in a batch; of longer ones a stretch is taken at random."""
LEFT_OUT = ("aimed", "near", "plain")
"""Kinds that are scored by a fit that did not see them; made sentences are always in the fit."""
MARGIN, RARE = 0.05, 150
"""The threshold is a multiple of MARGIN at which one sentence in so many designs counts."""
HARDER = (1 / 3, 2 / 3)
"""Shares of the steps after which plain sentences are drawn by how much they look like attacks."""
DOUBTED = -3.0
"""Log-odds from which on a sentence is read again with words left out."""
RATE = 3e-3
LINEAR_WEIGHTS = {"aimed": 6.0, "made aimed": 0.4, "near": 4.0, "made near": 0.4, "plain": 1.0}


class Reader:
    """Turns sentences into rows of word vectors: means of the packaged vectors of their pieces."""

    def __init__(self) -> None:
        embedder = local_embedder()
        raw = embedder._half.astype(np.float32)
        vocabulary = embedder._tokenizer.get_vocab()
        fit = re.compile(r"▁?(?:[^\W\d_]+|\d|[^\w\s]|_)|▁")
        kept = sorted(p for p in vocabulary if p == p.lower() and fit.fullmatch(p))
        self.known = {piece: at for at, piece in enumerate(kept)}
        self.table = raw[[vocabulary[piece] for piece in kept]]
        self.table *= 4 / np.linalg.norm(self.table, axis=1).mean()
        self._ids: dict[str, int] = {}
        self._rows: list[Floats] = [np.zeros(self.table.shape[1], np.float32)]

    def read(self, texts: Sequence[str]) -> list[list[int]]:
        """Rows of `vectors` for the words of each text."""
        return [[self._id(word) for word in words(text)] for text in texts]

    def vectors(self) -> Floats:
        """One row for each word that was read; row 0 is zeros."""
        return np.array(self._rows)

    def _id(self, word: str) -> int:
        if word not in self._ids:
            self._ids[word] = len(self._rows)
            found = pieces(word, self.known)
            zeros = self._rows[0]
            self._rows.append(self.table[found].mean(axis=0) if found else zeros)
        return self._ids[word]


@dataclass(frozen=True)
class Kind:
    """Sentences of one kind, with the fold in which each is left out (-1: in none)."""

    texts: list[str]
    coded: list[list[int]]
    fold: NDArray[np.int64]

    def where(self, mask: NDArray[np.bool_]) -> Kind:
        """The sentences that a mask picks."""
        at = np.flatnonzero(mask)
        return Kind([self.texts[i] for i in at], [self.coded[i] for i in at], self.fold[at])


Data = dict[str, Kind]


def _with_one_left_out(kind: Kind, at: int) -> Kind:
    """A sentence as often as it has words, each time without another one."""
    read, coded = words(kind.texts[at]), kind.coded[at]
    places = range(len(read)) if len(read) > 1 else range(0)
    texts = [" ".join(read[:n] + read[n + 1 :]) for n in places] or [kind.texts[at]]
    return Kind(texts, [coded[:n] + coded[n + 1 :] for n in places] or [coded], kind.fold[:0])


@dataclass(frozen=True)
class Fitted:
    """Two networks and a linear model; `score` is their mean."""

    networks: list[Trainee]
    linear: Floats
    bias: float

    def score(self, kind: Kind, vectors: Floats) -> Floats:
        """Log-odds of each sentence, without the word that speaks for it most."""
        scores = self._score(kind, vectors)
        for at in np.flatnonzero(scores > DOUBTED):
            scores[at] = self._score(_with_one_left_out(kind, int(at)), vectors).min()
        return scores

    def _score(self, kind: Kind, vectors: Floats) -> Floats:
        votes = [network_scores(network, kind.coded, vectors) for network in self.networks]
        mean: Floats = np.mean([*votes, _bags(kind.texts) @ self.linear + self.bias], axis=0)
        return mean


def main() -> None:
    arguments = _arguments()
    reader = Reader()
    further = not arguments.without_further
    data, names = _data(arguments.benchmark, arguments.designs, reader, further=further)
    vectors = reader.vectors()
    held = {name: np.zeros(len(kind.texts), np.float32) for name, kind in data.items()}
    for fold in range(FOLDS):
        fitted = fit({name: kind.where(kind.fold != fold) for name, kind in data.items()}, vectors)
        for name in LEFT_OUT:
            inside = data[name].fold == fold
            held[name][inside] = fitted.score(data[name].where(inside), vectors)
        print(f"fold {fold + 1} of {FOLDS}", flush=True)
    _report(data, held, names)
    fitted = fit(data, vectors)
    unseen, designs = _unseen(arguments.benchmark, arguments.designs, reader)
    left_out = data["plain"].fold >= 0
    scores = np.r_[held["plain"][left_out], fitted.score(unseen, reader.vectors())]
    texts = data["plain"].where(left_out).texts + unseen.texts
    designs += len({name for name in names if name})
    threshold = _threshold(texts, scores, designs // RARE)
    found = {kind: float((held[kind] >= threshold).mean()) for kind in ("aimed", "near")}
    print(f"threshold {threshold}: {found['aimed']:.1%} of aimed, {found['near']:.1%} of near")
    write(arguments.weights, fitted, reader, threshold)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmark", type=Path, default=Path("../shared/benchmark"))
    parser.add_argument("--designs", type=Path, default=Path("evals"))
    parser.add_argument(
        "--without-further", action="store_true", help="leave out the documents of evals/real"
    )
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    return parser.parse_args()


def _data(benchmark: Path, evals: Path, reader: Reader, *, further: bool) -> tuple[Data, list[str]]:
    """Sentences by kind, and the design of each plain one ('' for mined ones)."""
    folder = evals / "attacks" / "bank"
    aimed = bank(folder, "aimed.txt") + tuned_attacks(evals / "attacks" / "attacks.jsonl")
    near, mined = bank(folder, "near.txt"), bank(folder, "mined.txt")
    designs = [*documents(benchmark, "train"), *own_documents(evals, sealed=False)]
    designs += further_documents(evals) if further else []
    rows = [(name, group, text) for name, group, texts in designs for text in texts]
    made = {kind: generated(folder, kind) for kind in ("aimed", "near")}

    def kind(texts: list[str], fold: NDArray[np.int64]) -> Kind:
        return Kind(texts, reader.read(texts), fold)

    nowhere = np.full(len(made["aimed"]), -1)
    plain = np.r_[_folds([group for _, group, _ in rows]), np.full(len(mined), -1)]
    data = {
        "aimed": kind([line.text for line in aimed], _folds([line.group for line in aimed])),
        "near": kind([line.text for line in near], _folds([line.group for line in near])),
        "made aimed": kind(made["aimed"], nowhere),
        "made near": kind(made["near"], nowhere),
        "plain": kind([text for *_, text in rows] + [line.text for line in mined], plain),
    }
    return data, [name for name, *_ in rows] + [""] * len(mined)


def _folds(groups: Sequence[str]) -> NDArray[np.int64]:
    fold = np.zeros(len(groups), np.int64)
    for number, (_, held) in enumerate(GroupKFold(FOLDS).split(groups, groups=groups)):
        fold[held] = number
    return fold


def fit(data: Data, vectors: Floats) -> Fitted:
    """Networks that share their word vectors, and the linear model, of the same sentences."""
    first = _fit_network(data, vectors, 0, None)
    others = [
        _fit_network(data, vectors, seed, first.weights["project"]) for seed in range(1, NETWORKS)
    ]
    texts = [text for kind in data.values() for text in kind.texts]
    aimed = np.concatenate([np.full(len(k.texts), _is_aimed(n)) for n, k in data.items()])
    weights = np.concatenate([np.full(len(k.texts), LINEAR_WEIGHTS[n]) for n, k in data.items()])
    linear = LogisticRegression(C=20, max_iter=200).fit(_bags(texts), aimed, weights)
    return Fitted([first, *others], linear.coef_[0].astype(np.float32), float(linear.intercept_[0]))


def _is_aimed(kind: str) -> bool:
    return kind.endswith("aimed")


def _fit_network(data: Data, vectors: Floats, seed: int, project: Floats | None) -> Trainee:
    network = Trainee(vectors.shape[1], seed, project)
    chance = np.random.default_rng(seed + 100)
    plain = data["plain"].coded
    odds = np.full(len(plain), 1 / len(plain))
    aimed = np.concatenate([np.full(n, _is_aimed(kind)) for kind, n in SHARES.items()])
    for step in range(STEPS):
        if step in {int(STEPS * share) for share in HARDER}:
            odds = 0.03 + 1 / (1 + np.exp(-(network_scores(network, plain, vectors) + 4)))
            odds = odds / odds.sum()
        batch = [
            data[kind].coded[at]
            for kind, n in SHARES.items()
            for at in chance.choice(len(data[kind].coded), n, p=odds if kind == "plain" else None)
        ]
        rate = RATE * (1 - step / STEPS) + 1e-4
        batch = [_stretch(sentence, chance) for sentence in batch]
        network.step(pad(batch, vectors), aimed.astype(np.float32), rate)
    return network


def _stretch(sentence: list[int], chance: np.random.Generator) -> list[int]:
    if len(sentence) <= LONGEST:
        return sentence
    start = int(chance.integers(0, len(sentence) - LONGEST + 1))
    return sentence[start : start + LONGEST]


def network_scores(network: Trainee, coded: Sequence[list[int]], vectors: Floats) -> Floats:
    """Log-odds of many sentences, those of like length together."""
    order = sorted(range(len(coded)), key=lambda at: len(coded[at]))
    scores = np.zeros(len(coded), np.float32)
    for start in range(0, len(order), 512):
        part = order[start : start + 512]
        batch: Padded = pad([coded[at] for at in part], vectors)
        scores[part] = network.score(batch)
    return scores


def _bags(texts: Sequence[str]) -> Any:
    """One row for each text: how often each bucket occurs, scaled to length 1."""
    found = [np.unique(list(cues(words(text))), return_counts=True) for text in texts]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in found)])
    values = np.concatenate([counts / np.sqrt((counts**2).sum()) for _, counts in found])
    columns = np.concatenate([buckets for buckets, _ in found])
    return csr_matrix((values, columns, ends), shape=(len(texts), BUCKETS))


def _unseen(benchmark: Path, evals: Path, reader: Reader) -> tuple[Kind, int]:
    """Sentences of the designs that no fit sees, and how many designs these are."""
    designs = [*documents(benchmark, "dev"), *own_documents(evals, sealed=True)]
    texts = [text for *_, sentences in designs for text in sentences]
    return Kind(texts, reader.read(texts), np.zeros(len(texts), np.int64)), len(designs)


def _threshold(texts: Sequence[str], scores: Floats, allowed: int) -> float:
    """The lowest multiple of MARGIN at which so few count; data is never asked about."""
    prose = sorted(
        (float(s) for t, s in zip(texts, scores, strict=True) if is_prose(t)), reverse=True
    )
    return round(float(np.ceil(prose[allowed] / MARGIN)) * MARGIN, 2)


def _report(data: Data, held: dict[str, Floats], names: list[str]) -> None:
    """Print what is found of sentences that were left out of the fit, at several thresholds."""
    counted = {kind: held[kind][data[kind].fold >= 0] for kind in LEFT_OUT}
    for threshold in (0.0, -0.25, -0.5, -0.75, -1.0, -1.5, -2.0):
        shares = {kind: float((scores >= threshold).mean()) for kind, scores in counted.items()}
        print(threshold, {kind: f"{share:.2%}" for kind, share in shares.items()})
    for kind in ("plain", "near"):
        shown = np.where(data[kind].fold >= 0, held[kind], -np.inf)
        for at in np.argsort(-shown)[:12]:
            name = names[at] if kind == "plain" else kind
            print(f"  {shown[at]:6.2f} {name[:30]}: {data[kind].texts[at][:120]}")


def write(path: Path, fitted: Fitted, reader: Reader, threshold: float) -> None:
    """Write the weights as copilot/review/aim.py reads them; the same fit gives the same bytes."""
    table = reader.table @ fitted.networks[0].weights["project"]
    scale = np.abs(table).max(axis=0) / 127
    arrays: dict[str, Any] = {
        "pieces": np.frombuffer("\n".join(reader.known).encode(), np.uint8),
        "table": np.round(table / scale).astype(np.int8),
        "table_scale": scale.astype(np.float32),
        "networks": np.int64(len(fitted.networks)),
        "linear": fitted.linear.astype(np.float16),
        "linear_bias": np.float32(fitted.bias),
        "threshold": np.float32(threshold),
    }
    names = [f"{name}_{width}" for name in ("filters", "bias") for width in WIDTHS]
    for number, network in enumerate(fitted.networks):
        for name in (*names, "hidden", "hidden_bias", "out", "out_bias"):
            arrays[f"{number}_{name}"] = network.weights[name].astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    with threadpool_limits(1):  # sums in another order would give other bytes
        main()
