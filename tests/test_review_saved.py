"""Saved reviews: read back as they were, refused in one line when they were not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build import make_review, make_row

from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.reports.formats import FORMS
from copilot.review.saved import load_review, load_reviews
from copilot.schema import Review, Status


@pytest.fixture
def review(knowledge: Knowledge) -> Review:
    return make_review(
        knowledge, {"resources.cost": make_row("resources.cost", Status.MISSING)}, title="Scoring"
    )


def written(review: Review, knowledge: Knowledge) -> str:
    return FORMS["json"].render(review, knowledge, None).decode()


def test_a_review_comes_back_as_it_was(
    tmp_path: Path, review: Review, knowledge: Knowledge
) -> None:
    path = tmp_path / "review.json"
    path.write_text(written(review, knowledge), "utf-8")
    assert load_review(path) == review
    path.write_text(f"[{written(review, knowledge)},{written(review, knowledge)}]", "utf-8")
    assert load_reviews(path) == (review, review)
    with pytest.raises(InputError, match="holds 2 reviews"):
        load_review(path)


def edited(text: str, **fields: object) -> str:
    return json.dumps({**json.loads(text), **fields})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "is not whole JSON"),
        (lambda text: edited(text, schema_version="9.0"), "has review schema '9.0'"),
        (lambda text: edited(text, surprise=1), "field 'surprise'"),
        (lambda text: edited(text, coverage=[{}]), "field 'coverage.0"),
        (lambda text: "[" * 100_000, "is not"),
        (lambda text: "3", "is not a review"),
        (lambda text: edited(text, notes=["half a \ud83d"]), "half of a surrogate pair"),
        (lambda text: edited(text, **{"no\udfff": 1}), "half of a surrogate pair"),
    ],
)
def test_a_damaged_review_is_refused_with_file_and_reason(
    tmp_path: Path, review: Review, knowledge: Knowledge, damage: object, said: str
) -> None:
    path = tmp_path / "review.json"
    path.write_text(damage(written(review, knowledge)), "utf-8")  # type: ignore[operator]
    with pytest.raises(InputError, match=said) as caught:
        load_review(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
