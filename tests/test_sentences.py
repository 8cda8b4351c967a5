from __future__ import annotations

from itertools import pairwise

import pytest

from copilot.documents.sentences import MAX_WORDS, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n\n", []),
        ("One thing. Another thing!", ["One thing.", "Another thing!"]),
        ("Wrapped over\ntwo lines. Next.", ["Wrapped over\ntwo lines.", "Next."]),
        ("Use a store, e.g. Redis, for it.", ["Use a store, e.g. Redis, for it."]),
        ("# Title\n\nBody text.", ["Body text."]),
        ("Title\n=====\n\nBody text.", ["Body text."]),
        ("- one item\n- another item", ["- one item", "- another item"]),
        ("| a | b |\n|---|---|\n| c | d |", ["| a | b |", "| c | d |"]),
        ("```yaml\nreplicas: 3\n```\nAfter it.", ["replicas: 3", "After it."]),
        ("the index leads to\n\ndelayed answers.", ["the index leads to\n\ndelayed answers."]),
        ("A paragraph.\n\nanother one.", ["A paragraph.", "another one."]),
    ],
)
def test_text_is_cut_into_what_a_reviewer_would_quote(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_long_units_are_cut_so_that_each_part_can_be_a_quote() -> None:
    text = "a clause of some words, " * 40
    parts = cut(text)
    assert max(len(part.split()) for part in parts) <= MAX_WORDS
    assert " ".join(parts).split() == text.split()


def test_spans_are_in_order_and_free_of_outer_space() -> None:
    text = "# H\n\nIntro:\n\n 1. first  \n 2. second\n\n```\ncode\n\nmore\n```\n> quoted. Text.\n"
    spans = sentences(text)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
