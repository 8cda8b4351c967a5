"""Aspects outside a document's subject: said, and less severe; never turned into another status."""

from __future__ import annotations

import hashlib

import pytest

from copilot.judges.offline.cues import WordIndex
from copilot.knowledge import Knowledge
from copilot.review.scope import outside
from copilot.review.severity import aspect_severity
from copilot.schema import Document, SourceFile, Status

QUEUES = "The controller shards its work queue over replicas and elects a leader by lease. " * 40


def document(text: str) -> Document:
    return Document(
        path="design.md",
        title="Design",
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        format="markdown",
        files=(SourceFile(path="design.md", start=0, end=len(text)),),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (QUEUES, "stand nowhere in its 560 words"),
        (QUEUES * 3 + "It restarts a model.", "stand once in its 1,684 words"),
        (QUEUES + "It serves the predictions of a model.", ""),
    ],
)
def test_a_subject_that_is_hardly_named_is_said(text: str, said: str, knowledge: Knowledge) -> None:
    why = outside(knowledge.aspects["lifecycle.monitoring"], document(text), WordIndex(text))
    assert said in why
    assert bool(why) == bool(said)


def test_every_design_is_asked_about_reliability(knowledge: Knowledge) -> None:
    text = "Nothing of the kind."
    assert outside(knowledge.aspects["risk.reliability"], document(text), WordIndex(text)) == ""


def test_a_gap_outside_the_document_is_less_severe(knowledge: Knowledge) -> None:
    aspect = knowledge.aspects["lifecycle.monitoring"]
    inside, _ = aspect_severity(aspect, Status.MISSING, {})
    beyond, _ = aspect_severity(aspect, Status.MISSING, {}, outside=True)
    assert beyond.rank > inside.rank
