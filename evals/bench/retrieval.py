"""How well each way of searching finds the labelled evidence of a benchmark.

For every document and aspect with evidence, the aspect's queries search the document; a hit is a
passage that overlaps a labelled quote. An aspect with several queries is tried in two ways: a
passage counts with its best score over the queries, or with the mean of its scores. Prints
Markdown tables of recall@1/3/5 (some hit among the first k passages) and mean reciprocal rank.
Run it from the repository's root:

    python -m evals.bench.retrieval --benchmark ../shared/benchmark
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.index.embedders import local_embedder
from copilot.index.search import HybridSearch, Scores, zscores
from copilot.index.store import PassageIndex
from copilot.schema import Document, Passage

Queries = Mapping[str, tuple[str, ...]]
"""Search queries by aspect."""
Pool = Callable[..., Scores]
"""Makes one score per passage out of one per query and passage."""
_MEANING = re.compile(r"^- `([a-z]+\.[a-z-]+)` — (.*)$", re.MULTILINE)


class Case(NamedTuple):
    """One document and aspect: what each side of the search says, and which passages are right."""

    dense: Scores
    lexical: Scores
    right: set[int]


def ranks(scores: Scores) -> Scores:
    """Rank of each passage for its query, from 1; equal scores stand in passage order."""
    order = np.argsort(-scores, axis=1, kind="stable")
    places: Scores = np.argsort(order, axis=1, kind="stable").astype(np.float64) + 1
    return places


def reciprocal(constant: int) -> Callable[[Case], Scores]:
    """Reciprocal rank fusion."""
    return lambda case: 1 / (constant + ranks(case.dense)) + 1 / (constant + ranks(case.lexical))


def weighted(dense: float) -> Callable[[Case], Scores]:
    """Weighted sum of the z-scores."""
    return lambda case: dense * zscores(case.dense) + (1 - dense) * zscores(case.lexical)


WAYS: Mapping[str, Callable[[Case], Scores]] = {
    "passage order (baseline)": lambda case: np.zeros_like(case.dense),
    "dense only": lambda case: case.dense,
    "BM25 only": lambda case: case.lexical,
    "reciprocal ranks, 60": reciprocal(60),
    "reciprocal ranks, 10": reciprocal(10),
    "z-scores, .3 dense": weighted(0.3),
    "z-scores, .4 dense": weighted(0.4),
    "z-scores, .5 dense (default)": weighted(0.5),
    "z-scores, .6 dense": weighted(0.6),
    "z-scores, .7 dense": weighted(0.7),
}


def cases(folder: Path, queries: Queries) -> Iterator[Case]:
    """All documents and aspects of dev/ or train/ that have evidence."""
    embedder = local_embedder()
    with PassageIndex.open(None, embedder) as index:
        for label in sorted((folder / "labels").glob("*.json")):
            record = json.loads(label.read_text("utf-8"))
            document = load_document(folder / record["document"])
            passages = split(document)
            search = HybridSearch(index, document, passages)
            for aspect, row in record["aspects"].items():
                right = evidence(document, passages, row)
                if right and aspect in queries:
                    asked = queries[aspect]
                    yield Case(search.similarities(asked), search.lexical(asked), right)


def evidence(document: Document, passages: tuple[Passage, ...], row: dict[str, object]) -> set[int]:
    """Places of the passages that overlap a quote of an aspect that is not missing."""
    quotes = row.get("evidence") or ()
    assert isinstance(quotes, list | tuple)
    if row["status"] == "missing":
        return set()
    patterns = (r"\s+".join(map(re.escape, str(quote).split())) for quote in quotes)
    found = [match.span() for pattern in patterns if (match := re.search(pattern, document.text))]
    return {
        place
        for place, passage in enumerate(passages)
        if any(start < passage.end and passage.start < end for start, end in found)
    }


def first_hits(all_cases: list[Case], way: Callable[[Case], Scores], pool: Pool) -> Scores:
    """Rank of the first right passage of each case."""
    firsts = [
        ranks(pool(way(case), axis=0)[np.newaxis])[0, list(case.right)].min() for case in all_cases
    ]
    return np.array(firsts)


def table(all_cases: list[Case], pool: Pool) -> Iterator[str]:
    """Rows of the Markdown table."""
    yield "| fusion | recall@1 | recall@3 | recall@5 | MRR |"
    yield "|---|---|---|---|---|"
    for name, way in WAYS.items():
        first = first_hits(all_cases, way, pool)
        numbers = [*(np.mean(first <= k) for k in (1, 3, 5)), np.mean(1 / first)]
        yield f"| {name} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |"


def guide_queries(benchmark: Path) -> Queries:
    """The one-line definition of each aspect in the annotators' guide."""
    guide = (benchmark / "GUIDE.md").read_text("utf-8")
    return {aspect: (meaning,) for aspect, meaning in _MEANING.findall(guide)}


def knowledge_queries(folder: Path) -> Queries:
    """The queries of each aspect in the bundled knowledge."""
    files = [yaml.safe_load(path.read_text("utf-8")) for path in sorted(folder.glob("*.yaml"))]
    return {row["id"]: tuple(row["queries"]) for file in files for row in file["aspects"]}


def main() -> None:
    """Print one table for each set of queries and part of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--benchmark", type=Path, required=True, metavar="DIR")
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge/dimensions"))
    options = parser.parse_args()
    guide, knowledge = guide_queries(options.benchmark), knowledge_queries(options.knowledge)
    for part in ("dev", "train"):
        found = list(cases(options.benchmark / part, guide))
        show(f"{part}/, {len(found)} cases, one query: the guide's definition", found, np.max)
        found = list(cases(options.benchmark / part, knowledge))
        show(f"{part}/, {len(found)} cases, the knowledge's queries, best score", found, np.max)
        show(f"{part}/, {len(found)} cases, the knowledge's queries, mean score", found, np.mean)


def show(title: str, found: list[Case], pool: Pool) -> None:
    """Print one table under its title."""
    print(f"\n### {title}\n\n" + "\n".join(table(found, pool)))


if __name__ == "__main__":
    main()
