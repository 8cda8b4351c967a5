"""What the reviewing process is asked for besides reviews: answers to questions, new verdicts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copilot.schema import Answer, Document, Review

if TYPE_CHECKING:
    from copilot.review.ask import Reply
    from copilot.review.engine import Engine
    from copilot.review.events import Done


@dataclass(frozen=True)
class Asked:
    """Answer a question about a design from its text."""

    path: Path
    question: str

    async def events(self, engine: Engine) -> AsyncIterator[Reply]:
        """One reply; raises CopilotError."""
        from copilot.review.ask import ask

        yield await ask(self.path, self.question, engine)


@dataclass(frozen=True)
class Answered:
    """Judge the aspects again that answers speak to."""

    path: Path
    review: Review
    document: Document
    answers: tuple[Answer, ...]

    async def events(self, engine: Engine) -> AsyncIterator[Done]:
        """The review with the answers as evidence; raises CopilotError."""
        from copilot.review.answers import with_answers
        from copilot.review.events import Done

        yield Done(await with_answers(self.review, self.document, self.answers, engine))
