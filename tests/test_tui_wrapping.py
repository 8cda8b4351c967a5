"""Wrapping a document into rows: every character once, in order, never wider than asked."""

import itertools
import time

import pytest
from rich.cells import cell_len

from copilot.tui.wrapping import Wrapped, visible

TEXTS = {
    "plain": "A paragraph that is longer than the width, and a second line\n\nand a third one.",
    "one word": "x" * 95,
    "tabs": "\tif x:\n\t\treturn " + "y " * 30,
    "wide": "設計は三つの複製を走らせる。" * 5 + "\nlast",
    "combining": "cafe\u0301 " * 20,
    "hostile": "[bold]\x1b[31mred\x1b[0m \u202ereversed\u202c a\u200bb\u2066c " * 4,
    "empty": "",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("width", [10, 31, 200])
def test_rows_hold_the_text_in_order_and_fit(name: str, width: int) -> None:
    text = TEXTS[name]
    wrapped = Wrapped(text, width)
    spans = [wrapped.span(row) for row in range(len(wrapped))]
    gaps = [(a[1], b[0]) for a, b in itertools.pairwise(spans)]
    assert spans[0][0] == 0 and spans[-1][1] == len(text)
    assert all(text[end:start] in ("", "\n") for end, start in gaps)
    rows = [visible(text[start:end]).rstrip() for start, end in spans]
    assert all(cell_len(row) <= width for row in rows)


def test_offsets_find_their_row_and_line() -> None:
    wrapped = Wrapped("one\ntwo two two\nthree", 7)
    rows = [wrapped.text[slice(*wrapped.span(row))] for row in range(len(wrapped))]
    assert rows == ["one", "two two ", "two", "three"]
    for row in range(len(wrapped)):
        start, end = wrapped.span(row)
        assert {wrapped.row_at(offset) for offset in range(start, end)} == {row}
    assert [wrapped.line_at(offset) for offset in (0, 3, 4, 16, 20)] == [1, 1, 2, 3, 3]


def test_nothing_acts_on_a_terminal() -> None:
    shown = visible("a\x1b[2J\x07\u202eb\u200bc\r")
    assert shown == "a<U+001B>[2J<U+0007><U+202E>b<U+200B>c<U+000D>"


def test_time_grows_with_the_length_alone() -> None:
    def seconds(text: str) -> float:
        started = time.process_time()
        Wrapped(text, 60)
        return time.process_time() - started

    one, four = (seconds("word\u200b" * n * 50_000) for n in (1, 4))
    assert four < 12 * max(one, 0.01)
