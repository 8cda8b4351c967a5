"""The offline judge beside itself: several documents at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from library import write_designs
from numpy.typing import NDArray

from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.index.embedders import local_embedder
from copilot.judges.offline.judge import READINGS, OfflineJudge
from copilot.judges.offline.model import LearnedModel
from copilot.judges.protocol import Evidence
from copilot.knowledge import Knowledge


def test_documents_that_are_judged_by_turns_are_each_read_once(knowledge: Knowledge) -> None:
    embedded = 0

    def embed(texts: list[str]) -> NDArray[np.float32]:
        nonlocal embedded
        embedded += len(texts)
        return local_embedder().embed(texts)

    judge = OfflineJudge(knowledge, embed, LearnedModel.load())
    documents = [load_document(path) for path in write_designs(Path("d"), READINGS)]
    given = [Evidence(document, split(document), {}) for document in documents]

    async def one(dimension: int) -> None:
        await asyncio.gather(*(judge.judge(knowledge.dimensions[dimension], e) for e in given))

    asyncio.run(one(0))
    once = embedded
    for dimension in range(1, len(knowledge.dimensions)):
        asyncio.run(one(dimension))
    assert once > 0 and embedded == once
