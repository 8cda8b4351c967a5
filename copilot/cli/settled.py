"""`--triage FILE`: findings that people have settled no longer make a review fail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from copilot.review.reviewed import Reviewed
from copilot.review.triage import SETTLED, standing
from copilot.schema import Decided, Finding
from copilot.store.decisions import identifier
from copilot.store.exchange import Block, read_decisions
from copilot.store.identity import identity


class Settled:
    """The decisions of an exported file, for the findings that they still hold for."""

    def __init__(self, path: Path, home: Path, today: date) -> None:
        """Read the file; its designs are named relative to `home`. Raises InputError."""
        self._home, self._today = home, today
        blocks = sorted(read_decisions(path), key=lambda block: block.decision.at)
        self._decided = [_decided(block) for block in blocks]

    def about(self, reviewed: Reviewed) -> list[Decided]:
        """The decisions about the review's design, oldest first."""
        design = identity(Path(reviewed.review.document.path), self._home)
        return [decided for decided in self._decided if decided.design == design]

    def unsettled(self, reviewed: Reviewed, findings: Iterable[Finding]) -> list[Finding]:
        """Those of the review's findings that no holding decision about its design settles."""
        text = reviewed.document.text if reviewed.document else None
        found = standing(reviewed.review, self.about(reviewed), self._today, text)
        return [f for f in findings if found[f.fingerprint].state not in SETTLED]


def _decided(block: Block) -> Decided:
    number = identifier(block.design, block.anchor, block.decision)
    return Decided(
        id=number, design=block.design, anchor=block.anchor, decision=block.decision, batch=number
    )
