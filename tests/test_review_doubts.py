from __future__ import annotations

import pytest

from copilot.review.doubts import notes, with_second_opinion
from copilot.schema import Citation, Coverage, Status


def row(aspect: str, status: str, confidence: float = 0.9, *verified: bool) -> Coverage:
    citations = tuple(Citation(quote="a quote", verified=good) for good in verified)
    return Coverage(
        aspect=aspect,
        dimension="risk",
        status=Status(status),
        confidence=confidence,
        rationale="Why.",
        citations=citations,
    )


def group(*statuses: str, confidence: float = 0.9) -> dict[str, tuple[Coverage, ...]]:
    return {"risk": tuple(row(f"a{n}", s, confidence) for n, s in enumerate(statuses))}


@pytest.mark.parametrize(
    ("model", "offline", "suspicious"),
    [
        (["addressed"] * 6, ["missing"] * 6, True),
        (["addressed"] * 6, ["missing", "partial", "partial"] * 2, True),
        (["addressed"] * 6, ["missing"] * 4, False),
        (["addressed"] * 5 + ["partial"], ["missing"] * 6, False),
        (["unjudged"] * 6, ["missing"] * 6, False),
        (["addressed", "unjudged"], ["missing"] * 6, True),
    ],
)
def test_a_review_without_any_gap_is_suspicious(
    model: list[str], offline: list[str], suspicious: bool
) -> None:
    found = notes(group(*model), group(*offline, confidence=0.5))
    assert any("no gap at all" in note for note in found) is suspicious


@pytest.mark.parametrize(
    ("model", "offline", "sure", "said"),
    [
        ("addressed", "missing", 0.9, True),
        ("missing", "addressed", 0.7, True),
        ("addressed", "missing", 0.6, False),
        ("partial", "missing", 0.9, False),
        ("addressed", "addressed", 0.9, False),
        ("unjudged", "missing", 0.9, False),
    ],
)
def test_strong_disagreement_is_said_and_changes_no_verdict(
    model: str, offline: str, sure: float, said: bool
) -> None:
    first, second = group(model), group(offline, confidence=sure)
    (judged,) = with_second_opinion(first, second)["risk"]
    assert judged.status is Status(model)
    assert (f"says {offline}" in judged.rationale) is said
    assert any("opposite about: a0" in note for note in notes(first, second)) is said


def test_made_up_quotes_are_counted() -> None:
    rows = {"risk": (row("a", "partial", 0.5, True, False), row("b", "unjudged", 0.5, False))}
    (note,) = notes(rows, {})
    assert note.startswith("2 of the model's 3 quotes")
    assert notes({"risk": (row("a", "partial", 0.5, True),)}, {}) == ()


def test_a_second_judge_that_failed_is_said() -> None:
    (note,) = notes(group("partial"), group("unjudged"))
    assert note == "No second opinion from the offline judge. Why."
