"""What every judge is: one method that gives a verdict for each aspect of a dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from copilot.schema import Dimension, Document, Hit, Judgement, Origin, Passage


@dataclass(frozen=True)
class Evidence:
    """A document as it is laid before a judge."""

    document: Document
    passages: tuple[Passage, ...]
    hits: Mapping[str, tuple[Hit, ...]]
    """Aspect id -> retrieved passages, best first."""


class Judge(Protocol):
    """Judges one dimension of one document at a time; may be called concurrently."""

    name: str
    """Shown in reports: `offline` or the model's name."""
    origin: Origin
    digest: str
    """Changes whenever the same document could be judged differently."""

    async def judge(self, dimension: Dimension, evidence: Evidence) -> list[Judgement]:
        """One judgement for each aspect; an aspect left out counts as unjudged."""
        ...
