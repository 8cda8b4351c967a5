"""How far two annotators of our own designs agree: python -m evals.agreement [--merge FOLDER].

With `--merge`, the second annotator's files (ID.json, the format of the labels) are laid beside
the first one's: `second` holds the other status and quotes, and where the two statuses differ
`accept` lists both. The status of the first annotator is never changed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Pair = tuple[str, str]
"""The status by the first annotator and by the second."""
STATUSES = ("addressed", "partial", "missing")
EVALS = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--merge", type=Path, metavar="FOLDER", help="second annotator's labels")
    arguments = parser.parse_args()
    if arguments.merge:
        for path in sorted((EVALS / "labels").glob("*.json")):
            merge(path, arguments.merge / path.name)
    sealed = set(json.loads((EVALS / "splits.json").read_text(encoding="utf-8"))["sealed"])
    groups: dict[str, list[Pair]] = {"sealed archetypes": [], "other archetypes": []}
    for path in sorted((EVALS / "labels").glob("*.json")):
        label = json.loads(path.read_text(encoding="utf-8"))
        name = "sealed archetypes" if label["archetype"] in sealed else "other archetypes"
        groups[name] += pairs(label)
    for name, found in groups.items():
        if found:
            print(f"{name}: {describe(found)}")


def merge(path: Path, second: Path) -> None:
    """Write the second annotator's statuses and quotes into a file of labels."""
    label: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    other = json.loads(second.read_text(encoding="utf-8"))["aspects"]
    for aspect, row in label["aspects"].items():
        row["second"] = {key: other[aspect][key] for key in ("status", "evidence")}
        row.pop("accept", None)
        if row["status"] != row["second"]["status"]:
            row["accept"] = [row["status"], row["second"]["status"]]
    label["annotators"] = 2
    path.write_text(json.dumps(label, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def pairs(label: dict[str, Any]) -> list[Pair]:
    """One pair for each aspect that both annotators judged."""
    rows = label["aspects"].values()
    return [(row["status"], row["second"]["status"]) for row in rows if "second" in row]


def describe(found: list[Pair]) -> str:
    """Agreement, kappa and which way they differ, in one line."""
    lower = sum(STATUSES.index(one) > STATUSES.index(two) for one, two in found)
    higher = sum(STATUSES.index(one) < STATUSES.index(two) for one, two in found)
    return (
        f"{len(found)} pairs, agreement {agreement(found):.3f}, kappa {kappa(found):.3f}; "
        f"the second is more generous in {lower}, stricter in {higher}"
    )


def agreement(found: Iterable[Pair]) -> float:
    """Share of pairs with one and the same status."""
    same = [one == two for one, two in found]
    return sum(same) / len(same)


def kappa(found: list[Pair]) -> float:
    """Cohen's kappa, unweighted; 1 where chance alone would agree always."""
    first, second = Counter(one for one, _ in found), Counter(two for _, two in found)
    chance = sum(first[status] * second[status] for status in STATUSES) / len(found) ** 2
    return 1.0 if chance == 1 else (agreement(found) - chance) / (1 - chance)


if __name__ == "__main__":
    main()
