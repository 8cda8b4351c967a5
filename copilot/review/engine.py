"""What a review runs on: knowledge, a judge, an index, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from copilot.documents.load import Limits
from copilot.index.embedders import Embedder, local_embedder, make_embedder
from copilot.index.store import Location
from copilot.judges.offline.judge import OfflineJudge
from copilot.judges.offline.model import LearnedModel
from copilot.judges.protocol import Judge
from copilot.knowledge import Knowledge, load_knowledge
from copilot.settings import Settings


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


def make_engine(settings: Settings) -> Engine:
    """The engine that the settings describe.

    Raises KnowledgeError for an invalid pack, InputError for an unknown embedder.
    """
    knowledge = load_knowledge(settings.knowledge)
    key = settings.embedder_api_key
    embedder = make_embedder(
        settings.embedder,
        base_url=settings.embedder_base_url,
        api_key=key.get_secret_value() if key else None,
    )
    return Engine(
        knowledge=knowledge,
        judge=OfflineJudge(knowledge, local_embedder().embed, LearnedModel.load()),
        embedder=embedder,
        location=None if settings.ephemeral else settings.chroma or settings.workspace / "index",
        limits=Limits(max_bytes=settings.max_bytes, max_chars=settings.max_chars),
    )
