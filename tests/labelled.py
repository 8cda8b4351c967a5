"""Small labelled designs, and judges that are right, broken or crash, for the evaluation tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from copilot.evaluation.cases import Case, load_cases
from copilot.judges.protocol import Evidence
from copilot.knowledge import Knowledge
from copilot.schema import Dimension, Judgement, Origin, Quote, Status

DESIGN = """# Scoring platform

Prepared by the platform group of a parcel carrier, for the weekly architecture round.

## Overview

Every evening the platform ranks the parcels that may arrive late so that depots can plan.
The depots read the ranking in the morning.

## Failures

Failed workers are restarted by the orchestrator, and a job resumes from its last checkpoint
within 90 seconds. Nothing else is known to break.

## Data

- All traffic between services is encrypted with TLS 1.3 and disks with AES-256 keys.
- Parcels are kept for 90 days.

## Rollout

The first depot starts in May. Others follow when it has run for a month.
"""

QUOTES = {
    "risk.reliability": "Failed workers are restarted by the orchestrator, and a job resumes from "
    "its last checkpoint\nwithin 90 seconds.",
    "security.encryption": "All traffic between services is encrypted with TLS 1.3 and disks with "
    "AES-256 keys.",
}


def labels(knowledge: Knowledge, **changes: dict[str, Any]) -> dict[str, Any]:
    """A label record in which everything is missing but what QUOTES and `changes` say."""
    aspects: dict[str, Any] = {
        aspect: {"status": "missing", "evidence": [], "confidence": 0.95}
        for aspect in knowledge.aspects
    }
    for aspect, quote in QUOTES.items():
        aspects[aspect] = {"status": "addressed", "evidence": [quote], "confidence": 0.95}
    return {
        "id": "one",
        "document": "designs/one.md",
        "annotators": 1,
        "archetype": "batch",
        "style": "rfc",
        "strength": "weak",
        "aspects": aspects | {key.replace("__", "."): value for key, value in changes.items()},
        "questions": [],
    }


def write_case(folder: Path, record: dict[str, Any], text: str = DESIGN) -> None:
    """Write one case into a folder of cases."""
    for name in ("labels", "designs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "labels" / f"{record['id']}.json").write_text(json.dumps(record), "utf-8")
    (folder / record["document"]).write_text(text, "utf-8")


def write_cases(folder: Path, knowledge: Knowledge, count: int = 3) -> tuple[Case, ...]:
    """Several cases that differ in their id, read back."""
    for number in range(count):
        record = labels(knowledge) | {"id": f"case-{number}", "document": f"designs/{number}.md"}
        write_case(folder, record, DESIGN.replace("in May", f"on day {number} of May"))
    return load_cases(folder, knowledge.aspects)


class QuoteJudge:
    """Right on DESIGN and its mutants: an aspect is addressed where its quote stands undenied."""

    name = "quote"
    origin: Origin = "rule"
    digest = "0" * 64

    async def judge(self, dimension: Dimension, evidence: Evidence) -> list[Judgement]:
        text = evidence.document.text
        words = " ".join(text.split())
        return [self.verdict(aspect.id, words) for aspect in dimension.aspects]

    def verdict(self, aspect: str, words: str) -> Judgement:
        quote = " ".join(QUOTES.get(aspect, "").split())
        at = words.find(quote) if quote else -1
        after = words[at + len(quote) :][:60]
        retracted = any(note in after for note in ("Note: contrary", "Correction:", "Contrary to"))
        there = at >= 0 and ":" not in words[max(0, at - 3) : at] and not retracted
        return Judgement(
            aspect=aspect,
            status=Status.ADDRESSED if there else Status.MISSING,
            confidence=0.9,
            rationale="",
            quotes=(Quote(text=quote),) if there else (),
        )


class BrokenJudge(QuoteJudge):
    """The same judge with the reliability of a coin that always falls on missing."""

    name = "broken"

    def verdict(self, aspect: str, words: str) -> Judgement:
        return Judgement(aspect=aspect, status=Status.MISSING, confidence=0.9, rationale="")


class CrashingJudge(QuoteJudge):
    """A judge whose engine fails on one dimension."""

    name = "crashing"

    async def judge(self, dimension: Dimension, evidence: Evidence) -> list[Judgement]:
        if dimension.id == "security":
            raise RuntimeError("no answer")
        return await super().judge(dimension, evidence)


def quiet(what: str, done: int, of: int) -> None:
    """A progress callback that says nothing."""
