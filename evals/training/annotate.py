"""For annotators of whole documents: units by number in, labels and marks by offset out.

python -m evals.training.annotate list FILE              the document's units, numbered
python -m evals.training.annotate take ANSWERS FILE ID   checks the answers, writes both files

ANSWERS is JSON: {"aspects": {ASPECT: {"status": "addressed" | "partial" | "missing",
"evidence": [unit, ...], "firm": [unit, ...], "soft": [unit, ...]}, ... all thirty}}. Evidence are
one to three units, best first; firm are all units that state something concrete, soft those that
touch on the aspect. The guide for the statuses is GUIDE.md of the benchmark.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from copilot.documents.load import load_document
from copilot.judges.offline.units import Unit, units
from copilot.knowledge import load_knowledge
from copilot.review.injection import shield
from copilot.schema import Document
from evals.training.corpus import STATUS_ORDER
from evals.training.fetch import REAL

_LEVELS = {"firm": "addressed", "soft": "partial"}
MOST_QUOTES = 3


def numbered(document: Document) -> Iterator[str]:
    """A line for each unit of a document, and one for each change of the titles above."""
    path: tuple[str, ...] | None = None
    for number, unit in enumerate(_units(document)):
        if unit.path != path:
            path = unit.path
            yield f"## {' > '.join(path)}"
        yield f"[{number}] {' '.join(unit.text.split())}"


def faults(answers: Mapping[str, Any], count: int, aspects: Sequence[str]) -> list[str]:
    """What is wrong with the answers of an annotator over a document of `count` units."""
    found = [f"{aspect}: no such aspect" for aspect in sorted(set(answers) - set(aspects))]
    for aspect in aspects:
        row = answers.get(aspect)
        if row is None:
            found.append(f"{aspect}: absent")
            continue
        if row.get("status") not in STATUS_ORDER:
            found.append(f"{aspect}: {row.get('status')} is no status")
        chosen = {kind: set(row.get(kind, ())) for kind in ("evidence", *_LEVELS)}
        if row.get("status") != "missing" and not chosen["evidence"]:
            found.append(f"{aspect}: no evidence")
        if chosen["evidence"] - chosen["firm"] - chosen["soft"]:
            found.append(f"{aspect}: evidence that is neither firm nor soft")
        outside = sorted(unit for unit in set().union(*chosen.values()) if not 0 <= unit < count)
        found += [f"{aspect}: {unit} is no unit (0 to {count - 1})" for unit in outside]
    return found


def converted(
    answers: Mapping[str, Any], document: Document, identifier: str, name: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Labels and marks of one document, as `evals/real/labels` and `evals/annotations` hold them.

    Offsets are characters of the document's text.
    """
    spans = [(unit.start, unit.end) for unit in _units(document)]
    labels = {}
    marks: set[tuple[int, int, str, str]] = set()
    for aspect, row in answers.items():
        labels[aspect] = {"status": row["status"]}
        if row["status"] == "missing":
            continue
        labels[aspect]["evidence"] = [spans[unit] for unit in row["evidence"][:MOST_QUOTES]]
        for kind, level in _LEVELS.items():
            marks.update((*spans[unit], aspect, level) for unit in row.get(kind, ()))
    digest = {"id": identifier, "text_sha256": document.digest}
    return {**digest, "document": f"designs/{name}", "aspects": labels}, {
        **digest,
        "marks": sorted(marks),
    }


def main(arguments: Sequence[str]) -> int:
    """Run one of the two commands; 2 when the answers have faults."""
    if len(arguments) == 2 and arguments[0] == "list":
        print("\n".join(numbered(load_document(Path(arguments[1])))))
        return 0
    if len(arguments) == 4 and arguments[0] == "take":
        return _take(Path(arguments[1]), Path(arguments[2]), arguments[3])
    print(__doc__, file=sys.stderr)
    return 2


def _take(answers_path: Path, path: Path, identifier: str) -> int:
    document = load_document(path)
    answers = json.loads(answers_path.read_text(encoding="utf-8"))["aspects"]
    wrong = faults(answers, len(_units(document)), list(load_knowledge().aspects))
    if wrong:
        print("\n".join(f"{answers_path}: {fault}" for fault in wrong), file=sys.stderr)
        return 2
    label, marks = converted(answers, document, identifier, path.name)
    _write(REAL / "labels" / f"{identifier}.json", label)
    _write(REAL.parent / "annotations" / f"{identifier}.json", marks)
    return 0


def _write(path: Path, record: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")


def _units(document: Document) -> list[Unit]:
    read = shield(document).document
    return units(read.text, read.sections)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
