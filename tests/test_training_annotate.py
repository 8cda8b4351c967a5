"""An annotator's answers by unit number become labels and marks by offset."""

from __future__ import annotations

from pathlib import Path

import pytest

from copilot.documents.load import load_document
from copilot.schema import Document
from evals.training.annotate import converted, faults, numbered

TEXT = "# Serving\n\nThree replicas stand behind a balancer. Costs are kept low.\n"
ASPECTS = ("risk.reliability", "resources.cost", "resources.energy")
ANSWERS = {
    "risk.reliability": {"status": "addressed", "evidence": [0], "firm": [0]},
    "resources.cost": {"status": "partial", "evidence": [1], "soft": [1]},
    "resources.energy": {"status": "missing"},
}


@pytest.fixture
def document(tmp_path: Path) -> Document:
    path = tmp_path / "serving.md"
    path.write_text(TEXT, encoding="utf-8")
    return load_document(path)


def test_units_are_numbered_under_their_titles(document: Document) -> None:
    assert list(numbered(document)) == [
        "## Serving",
        "[0] Three replicas stand behind a balancer.",
        "[1] Costs are kept low.",
    ]


def test_evidence_and_marks_stand_where_their_units_stand(document: Document) -> None:
    label, marks = converted(ANSWERS, document, "900-serving", "900-serving.md")
    start, end = label["aspects"]["risk.reliability"]["evidence"][0]
    assert document.text[start:end] == "Three replicas stand behind a balancer."
    assert label["aspects"]["resources.energy"] == {"status": "missing"}
    levels = {aspect: (document.text[a:b], level) for a, b, aspect, level in marks["marks"]}
    assert levels == {
        "risk.reliability": ("Three replicas stand behind a balancer.", "addressed"),
        "resources.cost": ("Costs are kept low.", "partial"),
    }


def test_right_answers_have_no_faults() -> None:
    assert faults(ANSWERS, 2, ASPECTS) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"status": "fine", "evidence": [0], "firm": [0]}, "fine is no status"),
        ({"status": "addressed"}, "no evidence"),
        ({"status": "partial", "evidence": [0]}, "neither firm nor soft"),
        ({"status": "partial", "evidence": [7], "soft": [7]}, r"7 is no unit (0 to 1)"),
    ],
)
def test_each_fault_is_named_with_its_aspect(row: dict[str, object], fault: str) -> None:
    found = faults({**ANSWERS, "resources.cost": row}, 2, ASPECTS)
    assert len(found) == 1
    assert found[0].startswith("resources.cost: ")
    assert fault in found[0]


def test_absent_and_unknown_aspects_are_named() -> None:
    answers = {"risk.reliability": ANSWERS["risk.reliability"], "risk.magic": {}}
    assert faults(answers, 2, ASPECTS) == [
        "risk.magic: no such aspect",
        "resources.cost: absent",
        "resources.energy: absent",
    ]
