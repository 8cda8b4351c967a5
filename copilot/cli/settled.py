"""`--triage FILE`: findings that people have settled no longer make a review fail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from copilot.review.reviewed import Reviewed
from copilot.review.triage import standing
from copilot.schema import Decided, Finding, TriageState
from copilot.store.decisions import identifier
from copilot.store.exchange import Block, read_decisions
from copilot.store.identity import identity

SETTLED = (
    TriageState.DISMISSED,
    TriageState.FALSE_POSITIVE,
    TriageState.MITIGATED,
    TriageState.RISK_ACCEPTED,
)
"""States whose findings nobody waits for; an accepted finding is still to be mended."""


class Settled:
    """The decisions of an exported file, for the findings that they still hold for."""

    def __init__(self, path: Path, home: Path, today: date) -> None:
        """Read the file; its designs are named relative to `home`. Raises InputError."""
        self._home, self._today = home, today
        self._decided = [_decided(block) for block in read_decisions(path)]

    def unsettled(self, reviewed: Iterable[Reviewed], findings: Iterable[Finding]) -> list[Finding]:
        """Those of the reviews' findings that no holding decision settles."""
        settled = {mark for one in reviewed for mark in self._settled(one)}
        return [finding for finding in findings if finding.fingerprint not in settled]

    def _settled(self, reviewed: Reviewed) -> list[str]:
        design = identity(Path(reviewed.review.document.path), self._home)
        mine = [decided for decided in self._decided if decided.design == design]
        text = reviewed.document.text if reviewed.document else None
        found = standing(reviewed.review, mine, self._today, text)
        return [fingerprint for fingerprint, triage in found.items() if triage.state in SETTLED]


def _decided(block: Block) -> Decided:
    number = identifier(block.design, block.anchor, block.decision)
    return Decided(
        id=number, design=block.design, anchor=block.anchor, decision=block.decision, batch=number
    )
