"""Cited text is found again in an original that differs in all but letters and digits."""

from __future__ import annotations

import pytest

from copilot.reports.annotated.letters import Letters

TEXT = "Contents: cost aims. One: We run three replicas (in two zones). End. Latency\tp99: 200 ms."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("We **run** [three](http://x.y/z) replicas\n(in", ["We run three replicas (in"]),
        ("1. We run three replicas", ["We run three replicas"]),
        ("| Latency | p99: 200 ms. |", ["Latency\tp99: 200 ms."]),
        (
            "three replicas (in two zones) are never enough for us",
            ["three replicas (in two zones)"],
        ),
        ("nothing of this stands there", []),
        ("***", []),
    ],
)  # fmt: skip
def test_the_quote_is_found_as_the_original_writes_it(quote: str, found: list[str]) -> None:
    assert [TEXT[a:b] for a, b in Letters(TEXT).find(quote, 0.5)] == found


def test_of_several_places_the_nearest_is_taken() -> None:
    text = "cost aims " * 3 + "x" * 60 + " cost aims"
    assert Letters(text).find("Cost aims", 0.95) == [(len(text) - 9, len(text))]
    assert Letters(text).find("Cost aims", 0.0) == [(0, 9)]


def test_ligatures_and_wide_letters_are_one_with_plain_ones() -> None:
    text = "The ﬁrst ＡＰＩ Straße"
    assert Letters(text).find("the first api strasse", 0.0) == [(0, len(text))]
