"""Retrains the offline judge: python -m evals.training.train --benchmark DIR --designs evals."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from copilot.index.embedders import local_embedder
from copilot.judges.offline.features import Embed, Floats
from copilot.judges.offline.model import ARRAYS, TABLES, WEIGHTS
from copilot.judges.offline.verdicts import VerdictModel
from copilot.knowledge import load_knowledge
from evals.training.card import Result, write_card
from evals.training.corpus import (
    Labelled,
    aspect_ids,
    benchmark_documents,
    further_documents,
    own_designs,
    passages,
)
from evals.training.document_model import best_leaning, fit_verdicts, predict_rows
from evals.training.fitting import Ranked, Scored, folds_of, score_documents, score_out_of_fold
from evals.training.hints import cue_table, examples, signals_of, technology_table
from evals.training.memory import remembered
from evals.training.scores import hit_rates, score
from evals.training.sentence_heads import HeadSettings, fit_heads
from evals.training.store import write_weights

FIRST_OTHER_KIND = 120
"""Training documents with this number or a higher one are of other kinds than RFCs."""


def main() -> None:
    arguments = _arguments()
    evals: Path = arguments.designs
    aspects = aspect_ids(arguments.benchmark)
    embed: Embed = remembered(local_embedder().embed)
    knowledge = load_knowledge()
    signals = signals_of(knowledge, aspects)
    hints = examples(knowledge, aspects) + passages(evals, aspects)
    settings = HeadSettings()
    marks = evals / "annotations"
    real = benchmark_documents(arguments.benchmark, "train", aspects, marks)
    further = [] if arguments.without_further else further_documents(evals, aspects)
    own = own_designs(evals, aspects, sealed=False)
    tests = {
        "dev (real, for choosing)": benchmark_documents(arguments.benchmark, "dev", aspects),
        "own designs, sealed archetypes": own_designs(evals, aspects, sealed=True),
    }
    learned = [*real, *further, *own]
    fold = folds_of(learned)
    held = score_out_of_fold(learned, fold, hints, signals, embed, settings, aspects)
    chances = _held_out_chances(held, fold)
    found_real = _of(held, [*real, *further])
    leaning = best_leaning(chances[found_real], held.rows.status[found_real])
    fitted = fit_verdicts(held.rows, held.excerpts)
    verdicts = VerdictModel(fitted.linear, fitted.trees, leaning)
    extractor, heads = fit_heads(learned, hints, signals, embed, settings)
    tables = {
        "cues": cue_table(knowledge, aspects),
        "technologies": technology_table(knowledge, aspects),
    }
    write_weights(arguments.weights, aspects, tables, extractor, heads, verdicts)

    results = _held_out_results(held, chances, leaning, real, further, own)
    for name, documents in tests.items():
        if documents:
            scored = score_documents(documents, extractor, heads, embed, aspects)
            found = predict_rows(verdicts, scored.rows, len(aspects))
            results[name] = _result(scored.documents, found, leaning, scored.ranked)
    sizes = {name: (arguments.weights / name).stat().st_size for name in (ARRAYS, TABLES)}
    data = {"train (real)": real, "further (real)": further, "own designs": own, **tests}
    write_card(arguments.card, data, results, len(hints), sizes)
    for name, (scores, hits) in results.items():
        print(name, {key: round(value, 3) for key, value in scores.items()}, hits)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmark", type=Path, default=Path("../shared/benchmark"))
    parser.add_argument("--designs", type=Path, default=Path("evals"))
    parser.add_argument(
        "--without-further", action="store_true", help="leave out the documents of evals/real"
    )
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--card", type=Path, default=Path("evals/MODEL_CARD.md"))
    return parser.parse_args()


def _held_out_chances(held: Scored, fold: NDArray[np.int64]) -> Floats:
    """Chances for each document from a second stage that saw none of its fold."""
    aspects = len(held.documents[0].status)
    rows, excerpts = held.rows, held.excerpts
    chances = np.zeros((len(rows.status), 3), np.float32)
    for number in sorted(set(fold.tolist())):
        inside, quoted = fold[rows.document] == number, fold[excerpts.document] == number
        model = fit_verdicts(rows.where(~inside), excerpts.where(~quoted))
        chances[inside] = predict_rows(model, rows.where(inside), aspects)
    return chances


def _of(held: Scored, documents: Sequence[Labelled]) -> NDArray[np.bool_]:
    """Mask of the rows that belong to these documents."""
    wanted = {document.id for document in documents}
    inside = [document.id in wanted for document in held.documents]
    return np.repeat(inside, len(held.documents[0].status))


def _held_out_results(
    held: Scored,
    chances: Floats,
    leaning: Floats,
    real: list[Labelled],
    further: list[Labelled],
    own: list[Labelled],
) -> dict[str, Result]:
    other = [document for document in real if int(document.id.split("-")[0]) >= FIRST_OTHER_KIND]
    sets = {
        "train (real), repository held out": real,
        "of these, kinds other than RFCs": other,
        "further (real), package held out": further,
        "own designs, archetype held out": own,
    }
    return {
        name: _result(documents, chances[_of(held, documents)], leaning, _ranked(held, documents))
        for name, documents in sets.items()
        if documents
    }


def _ranked(held: Scored, documents: Sequence[Labelled]) -> Ranked:
    wanted = {document.id for document in documents}
    owners = [d.id for d in held.documents for labelled in d.evidence if labelled]
    return [case for case, owner in zip(held.ranked, owners, strict=True) if owner in wanted]


def _result(
    documents: Sequence[Labelled], chances: Floats, leaning: Floats, ranked: Ranked
) -> Result:
    status = np.concatenate([document.status for document in documents]).astype(np.int64)
    accept = [accepted for document in documents for accepted in document.accept]
    picked = np.argmax(chances * leaning, axis=1)
    return score(chances, picked, accept, status), hit_rates(ranked)


if __name__ == "__main__":
    with threadpool_limits(1):  # sums in another order would give other bytes
        main()
