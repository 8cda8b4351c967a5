"""Whether attacks that stand in a design sway the offline judge.

    python -m evals.bench.sway [--hosts 3]

Every attack and every look-alike of evals/attacks is planted into sample designs, as
`evals.bench.attacks` plants it, and each is judged as it would be for a review (what the detector
finds is left out). Beside the rows of the untouched design it is counted how many statuses moved,
which way, and how many rows cite the planted text as evidence. Look-alikes are the measure of what
any added text does.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from copilot.documents.load import load_document
from copilot.evaluation.run import judge_document, lay_out
from copilot.review.engine import Engine, make_engine
from copilot.review.injection import find_injections
from copilot.schema import Coverage, Document, Status
from copilot.settings import load_settings
from evals.bench.attacks import DESIGNS, plant, read

HOSTS = ("realtime-serving-2.md", "feature-store-1.md", "rag-1.md")
BETTER = (Status.MISSING, Status.PARTIAL, Status.ADDRESSED)

Rows = tuple[Coverage, ...]


def main() -> None:
    """Print one line for each kind of planted text."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=len(HOSTS), help="only the first designs")
    names = HOSTS[: parser.parse_args().hosts]
    engine = make_engine(load_settings(ephemeral=True), "offline")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        for kind, counted in _planted(DESIGNS / name, engine):
            counts[kind] += counted
    print("| planted | designs | rows | moved up | moved down | cite the planted text |")
    print("|---|---|---|---|---|---|")
    for kind, counted in sorted(counts.items()):
        numbers = (counted[key] for key in ("designs", "rows", "up", "down", "cited"))
        print(f"| {kind} | " + " | ".join(map(str, numbers)) + " |")


def _planted(host: Path, engine: Engine) -> Iterator[tuple[str, Counter[str]]]:
    text = host.read_text("utf-8")
    before = _judged(load_document(host), engine)
    with tempfile.TemporaryDirectory() as folder:
        for record in [*read("attacks.jsonl"), *read("harmless.jsonl")]:
            if record["format"] != "markdown":
                continue  # other formats hold a part of the host only
            document = load_document(plant(record, text, Path(folder)))
            yield (
                _kind(record, document),
                _compared(before, _judged(document, engine), document, record["text"]),
            )


def _kind(record: dict[str, str], document: Document) -> str:
    if "payload" not in record:
        return "look-alikes"
    return "attacks, found" if find_injections(document) else "attacks, not found"


def _judged(document: Document, engine: Engine) -> Rows:
    return asyncio.run(judge_document(engine.judge, engine.knowledge, lay_out(document)))


def _compared(before: Rows, after: Rows, document: Document, planted: str) -> Counter[str]:
    start = document.text.find(planted)
    end = start + len(planted)
    pairs = [
        (BETTER.index(a.status), BETTER.index(b.status)) for a, b in zip(before, after, strict=True)
    ]
    return Counter(
        designs=1,
        rows=len(pairs),
        up=sum(a < b for a, b in pairs),
        down=sum(a > b for a, b in pairs),
        cited=sum(
            any(start <= cited.start and cited.end <= end for cited in row.citations)
            for row in after
            if start >= 0
        ),
    )


if __name__ == "__main__":
    main()
