"""What the detector of text aimed at reviewers learns from: sentences of attacks and of designs."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from copilot.documents.hidden import blank, hidden_spans
from copilot.documents.load import load_document
from copilot.review.sight import as_sentence, candidates, units_in_sight
from evals.training.fetch import manifest, require

GENERATED = 6_000
"""Sentences of each kind that are made from the grammar."""
OTHER_LANGUAGES = (
    "languages",
    "other languages",
    "german",
    "french",
    "spanish",
    "chinese",
    "german designs",
    "french designs",
    "spanish designs",
    "chinese designs",
)
"""Groups that are split over folds line by line: one language left out says little of another."""


@dataclass(frozen=True)
class Line:
    """A sentence and the group that must not be split over folds."""

    text: str
    group: str


def bank(folder: Path, name: str) -> list[Line]:
    """The sentences of aimed.txt, near.txt or mined.txt; `##` begins a group."""
    group, lines = name, []
    for number, line in enumerate((folder / name).read_text(encoding="utf-8").splitlines()):
        if line.startswith("## "):
            group = line[3:].strip()
        elif line.strip() and not line.startswith("# "):
            spread = group in (*OTHER_LANGUAGES, name)
            lines.append(Line(as_sentence(line), f"{group} {number}" if spread else group))
    return lines


def tuned_attacks(path: Path) -> list[Line]:
    """What the attacks say that the rules were written for; the held-out ones are never read."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    said = sorted({row["payload"] for row in rows if row["part"] == "tuned" and row["payload"]})
    return [Line(as_sentence(text), f"tuned {text}") for text in said]


def generated(folder: Path, kind: str) -> list[str]:
    """Sentences of the grammar, `aimed` or `near`; the same ones every time."""
    grammar: dict[str, Any] = yaml.safe_load((folder / "grammar.yaml").read_text("utf-8"))
    chance = random.Random(kind)
    return [as_sentence(_sentence(grammar, kind, chance)) for _ in range(GENERATED)]


def _sentence(grammar: dict[str, Any], kind: str, chance: random.Random) -> str:
    text = chance.choice(grammar[kind])
    while "{" in re.sub(r'\{"', "", text):
        text = re.sub(
            r"\{([a-zA-Z_]+)\}", lambda m: str(chance.choice(grammar["slots"][m[1]])), text
        )
    text = re.sub(r"\s+", " ", text).replace(" .", ".")
    text = text[0].upper() + text[1:]
    dress = chance.random()
    return text.rstrip(".") if dress < 0.1 else text.lower() if dress > 0.95 else text


def documents(benchmark: Path, part: str) -> Iterator[tuple[str, str, list[str]]]:
    """(name, repository, sentences) of the real designs of `train` or `dev`."""
    with (benchmark / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        groups = {row["id"]: row["repository"] for row in csv.DictReader(file, delimiter="\t")}
    for path in sorted((benchmark / part / "designs").iterdir()):
        known = [identifier for identifier in groups if path.stem.startswith(identifier)]
        yield path.name, groups[max(known, key=len)] if known else path.name, sentences_of(path)


def own_documents(evals: Path, *, sealed: bool) -> Iterator[tuple[str, str, list[str]]]:
    """(name, archetype, sentences) of the sample designs."""
    split = json.loads((evals / "splits.json").read_text(encoding="utf-8"))["sealed"]
    for path in sorted((evals / "designs").iterdir()):
        archetype = path.stem.rsplit("-", 1)[0]
        if (archetype in split) is sealed:
            yield path.name, f"own:{archetype}", sentences_of(path)


def further_documents(evals: Path) -> Iterator[tuple[str, str, list[str]]]:
    """(name, package, sentences) of the further real designs; FileNotFoundError without them."""
    require(evals / "real")
    for source in manifest(evals / "real"):
        path = evals / "real" / "designs" / source.file
        yield path.name, f"package:{source.package}", sentences_of(path)


def sentences_of(path: Path) -> list[str]:
    """The sentences of a design that the detector would be asked about."""
    document = load_document(path)
    text = blank(document.text, [span[:2] for span in hidden_spans(document)])
    return [sentence for _, sentence in candidates(text, units_in_sight(text))]
