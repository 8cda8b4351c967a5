"""What every executor is: it takes designs and gives back what became of each, exactly once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from copilot.documents.formats import shown

if TYPE_CHECKING:  # a worker process unpickles these, and has something to do before numpy comes
    from copilot.index.direct import Embedded
    from copilot.review.engine import JudgeChoice
    from copilot.schema import Severity
    from copilot.settings import Settings

FORMS = ("json", "md", "html")
"""Forms of the reports of each design, where this archreview has them."""


@dataclass(frozen=True)
class Task:
    """One design to review."""

    key: str
    """Digest of all that the review depends on; names the task."""
    path: Path
    stem: str
    """File name of its reports, without suffix."""


@dataclass(frozen=True)
class Job:
    """What all reviews of a batch have in common; can be sent to other processes."""

    settings: Settings
    judge: JudgeChoice
    dimensions: tuple[str, ...]
    index: bool
    """True to hand back the passages with their vectors."""


@dataclass(frozen=True)
class Reviewed:
    """A design that was reviewed."""

    key: str
    reports: Mapping[str, bytes]
    """Suffix of the file -> its content."""
    seconds: float
    cost_usd: float | None
    calls: int
    findings: int
    worst: Severity | None
    complete: bool
    """False when some aspect could not be judged."""
    technologies: tuple[str, ...]
    """Ids of the technologies that the text names."""
    embedded: Embedded | None = field(default=None, repr=False)
    brief: bytes = field(default=b"", repr=False)
    """What the portfolio takes from the review, `brief_json` of it."""


@dataclass(frozen=True)
class Failed:
    """A design that was not reviewed, and why."""

    key: str
    reason: str
    keep: bool = True
    """False when the next run should try again by itself (a budget, a lost endpoint)."""


Outcome = Reviewed | Failed


def is_half(outcome: Outcome) -> bool:
    """True for a review with aspects that could not be judged."""
    return isinstance(outcome, Reviewed) and not outcome.complete


def left(task: Task, why: str) -> Failed:
    """What becomes of a design that the budget is not enough for: the next run reviews it."""
    return Failed(task.key, f"{shown(task.path)}: {why}", keep=False)


class Executor(Protocol):
    """Reviews many designs; the only thing that differs between one machine and a cluster."""

    def run(self, tasks: Sequence[Task]) -> AsyncGenerator[Outcome, None]:
        """One outcome for each task, in any order; a design that fails is an outcome too.

        Raises CopilotError only when nothing more can be done at all.
        """
        ...

    async def close(self) -> None:
        """Stop what still runs and give everything back."""
        ...
