"""What a review tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from copilot.schema import Coverage, Document, Review


@dataclass(frozen=True)
class Read:
    """The document was read and split."""

    document: Document
    passages: int


@dataclass(frozen=True)
class Indexed:
    """The passages are in the index; `embedded` of them had to be embedded now."""

    embedded: int
    notices: tuple[str, ...] = ()
    """What the user should know about the index, such as that it was rebuilt."""


@dataclass(frozen=True)
class Judged:
    """One dimension is judged and its quotes are checked."""

    dimension: str
    rows: tuple[Coverage, ...]


@dataclass(frozen=True)
class Done:
    """The review is complete."""

    review: Review


Event = Read | Indexed | Judged | Done
