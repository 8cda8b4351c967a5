"""What a review runs on: knowledge, a judge, an index, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from copilot.documents.load import Limits
from copilot.index.direct import PassageVectors
from copilot.index.embedders import Embedder, local_embedder, make_embedder
from copilot.index.store import Location, PassageIndex
from copilot.judges.offline.judge import OfflineJudge
from copilot.judges.offline.model import LearnedModel
from copilot.judges.protocol import Judge
from copilot.knowledge import Knowledge, load_knowledge
from copilot.settings import Settings

if TYPE_CHECKING:
    from copilot.judges.model.requests import Answers

JudgeChoice = Literal["auto", "offline", "model"]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Engine:
    """Everything a review needs besides the document."""

    knowledge: Knowledge
    judge: Judge
    embedder: Embedder
    location: Location
    """Where the index is: a folder, the URL of a Chroma server, or None for memory."""
    limits: Limits = field(default_factory=Limits)
    now: Callable[[], datetime] = _now
    second: Judge | None = None
    """A judge whose contrary verdicts are told beside those of `judge`."""
    vectors: PassageVectors | None = None
    """Takes the place of the index at `location`."""

    def open_index(self) -> PassageVectors:
        """The index that this engine's reviews use, open; raises IndexFault."""
        return self.vectors or PassageIndex.open(self.location, self.embedder)

    async def close(self) -> None:
        """Give the connections of a model judge back."""
        if close := getattr(self.judge, "close", None):
            await close()


def make_engine(
    settings: Settings, judge: JudgeChoice = "auto", answers: Answers | None = None
) -> Engine:
    """The engine that the settings describe; `auto` is the model when the settings name one.

    `answers` takes the place of the model's endpoint and its cache.
    Raises KnowledgeError for an invalid pack, InputError for an unknown embedder or model.
    """
    knowledge = load_knowledge(settings.knowledge)
    key = settings.embedder_api_key
    embedder = make_embedder(
        settings.embedder,
        base_url=settings.embedder_base_url,
        api_key=key.get_secret_value() if key else None,
    )
    model = None
    if judge == "model" or (judge == "auto" and settings.model):
        from copilot.judges.model.setup import make_model_judge

        model = make_model_judge(settings, knowledge, answers)
    offline = OfflineJudge(knowledge, local_embedder().embed, LearnedModel.load())
    return Engine(
        knowledge=knowledge,
        judge=model or offline,
        second=offline if model else None,
        embedder=embedder,
        location=None if settings.ephemeral else settings.chroma or settings.workspace / "index",
        limits=limits_of(settings),
    )


def limits_of(settings: Settings) -> Limits:
    """How much of a document is read."""
    return Limits(max_bytes=settings.max_bytes, max_chars=settings.max_chars)
