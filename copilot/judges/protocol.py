"""What every judge is: one method that gives a verdict for each aspect of a dimension."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from copilot.schema import Dimension, Document, Hit, Judgement, Origin, Passage, Spending


@dataclass(frozen=True)
class Evidence:
    """A document as it is laid before a judge."""

    document: Document
    passages: tuple[Passage, ...]
    hits: Mapping[str, tuple[Hit, ...]]
    """Aspect id -> retrieved passages, best first."""

    @cached_property
    def share_read(self) -> float:
        """Share of the document's non-blank characters that stand in some passage."""
        total = _solid(self.document.text)
        read = sum(_solid(passage.text) for passage in self.passages)
        return min(1.0, round(read / total, 4)) if total else 0.0


def _solid(text: str) -> int:
    """Number of characters that are not blank."""
    return sum(map(len, text.split()))


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


@dataclass(frozen=True)
class Verdict:
    """One dimension's judgements, and what they cost."""

    dimension: str
    judgements: tuple[Judgement, ...]
    spending: tuple[Spending, ...] = ()
    """Also calls for several dimensions, told once, with the last verdict."""


@runtime_checkable
class JudgesAll(Protocol):
    """A judge that works on several dimensions of a document at once."""

    def judge_all(
        self, dimensions: Sequence[Dimension], evidence: Evidence
    ) -> AsyncIterator[Verdict]:
        """A verdict for each dimension, as they are done; a failure is data in its judgements."""
        ...
