"""Quotes are verified by offset, folded at most in whitespace and typography, else rejected."""

from __future__ import annotations

import pytest
from build import make_document
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.documents.split import split
from copilot.review.citations import Verifier, fold
from copilot.schema import Quote

TEXT = """# Serving

## Reliability

Three replicas run behind a load balancer; failed pods
are   restarted by “Kubernetes” and jobs resume from check\u00adpoints.

## Cost

Three replicas run behind a load balancer; spot instances save 60 %.
"""


def verifier(text: str = TEXT) -> Verifier:
    document = make_document(text)
    return Verifier(document, split(document))


@pytest.mark.parametrize(
    "quote",
    [
        "Three replicas run behind a load balancer",
        "failed pods are restarted by",
        'restarted by "Kubernetes" and jobs resume',
        "jobs resume from checkpoints.",
        "  spot instances save 60 %.  ",
    ],
)
def test_a_quote_that_stands_in_the_text_is_verified(quote: str) -> None:
    citation = verifier().cite(Quote(text=quote))
    assert citation.verified
    assert citation.quote == TEXT[citation.start : citation.end]
    assert fold(citation.quote) == fold(quote)
    assert TEXT.count("\n", 0, citation.start) + 1 == citation.line_start


@pytest.mark.parametrize(
    "quote",
    ["Four replicas run behind", "failed pods ... jobs resume", "pods", "", "THREE REPLICAS RUN"],
)
def test_a_quote_that_does_not_stand_there_is_rejected_and_kept(quote: str) -> None:
    citation = verifier().cite(Quote(text=quote))
    assert not citation.verified
    assert citation.quote == quote
    assert citation.start == -1


def test_the_offset_and_then_the_passage_decide_between_twins() -> None:
    second = TEXT.rindex("Three replicas")
    by_offset = verifier().cite(Quote(text="Three replicas run behind", start=second))
    assert by_offset.start == second
    assert by_offset.heading[-1] == "Cost"
    wrong_offset = verifier().cite(Quote(text="Three replicas run behind", start=5))
    assert wrong_offset.start == TEXT.index("Three replicas")


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=12, max_size=300), st.data())
def test_every_slice_of_a_text_is_found_again(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    document = make_document("lead\n\n" + text)
    citation = Verifier(document, ()).cite(Quote(text=text[start:end]))
    letters = sum(c.isalnum() for c in text[start:end].strip())
    assert citation.verified == (letters >= 8)
    if citation.verified:
        assert citation.quote == document.text[citation.start : citation.end]
