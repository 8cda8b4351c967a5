"""Nouns of the store alone: what lists of designs and of reviews show."""

from __future__ import annotations

from pydantic import AwareDatetime

from copilot.schema import Record, Severity, Share


class ReviewSummary(Record):
    """A saved review without its body."""

    id: int
    """Given by the store; a later review has a higher one."""
    design: str
    title: str
    created: AwareDatetime
    digest: str
    """Of the document that was reviewed (`DocumentInfo.digest`)."""
    judge: str
    words: int
    severities: dict[Severity, int]
    """Number of findings of each severity; all five are there."""
    score: Share | None
    """Addressed aspects, partial ones counting half, over judged ones; None with none judged."""
    complete: bool
    """False when an aspect that was asked for has no verdict."""


class DesignSummary(Record):
    """A design of the workspace and its last review."""

    design: str
    """Its identity (see `copilot.store.identity`)."""
    added: AwareDatetime
    last: ReviewSummary | None
    """None when it was never reviewed."""
    reviews: int
    """How many reviews of it are kept."""
    exists: bool
    """False when no file or folder is at its path now."""
    stale: bool
    """True when its files changed since the last review, or it was never reviewed."""
