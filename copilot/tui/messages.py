"""What the application tells its screens; workers compute and post, handlers touch widgets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copilot.review.events import Event


@dataclass(frozen=True)
class KnowledgeLoaded:
    """The knowledge is there: titles and criteria can be shown."""


@dataclass(frozen=True)
class DesignsChanged:
    """A design was added, removed or has another state in the workspace."""


@dataclass(frozen=True)
class ReviewOpened:
    """`session.current` is another design, or its review or document is another one."""


@dataclass(frozen=True)
class ReviewStarted:
    """A design is under review from now on."""

    path: Path


@dataclass(frozen=True)
class ReviewMoved:
    """A review that runs told something."""

    path: Path
    event: Event


@dataclass(frozen=True)
class ReviewEnded:
    """A review is over: complete, cancelled or failed."""

    path: Path
    problem: str = ""
    """What went wrong and what to do about it; empty when nothing did."""
    cancelled: bool = False


@dataclass(frozen=True)
class TriageChanged:
    """Decisions or notes about findings of `path` are others now."""

    path: Path


@dataclass(frozen=True)
class QuestionsChanged:
    """Questions of the open design, their marks or their answers are others now."""


Told = (
    KnowledgeLoaded
    | DesignsChanged
    | ReviewOpened
    | ReviewStarted
    | ReviewMoved
    | ReviewEnded
    | TriageChanged
    | QuestionsChanged
)
"""Everything that a screen may hear of in `Page.hear`."""
