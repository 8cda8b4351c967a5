"""Decisions about findings: added one after the other, never rewritten, undone by a mark."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from copilot.review.anchors import anchor_of, aspects_of, is_same
from copilot.review.triage import left_over, standing
from copilot.schema import Anchor, Decided, Decision, Finding, Review, Triage
from copilot.store.database import Database
from copilot.store.designs import Designs
from copilot.store.reviews import Reviews

_COLUMNS = "decided.id, design.path, anchor, decision, replaces, batch, undone"
_FROM = f"SELECT {_COLUMNS} FROM decided JOIN design ON design.id = decided.design"

_INSERT = """
    INSERT INTO decided (id, design, fingerprint, batch, anchor, decision, replaces)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class Decisions:
    """Who decided what about which finding, when and why."""

    def __init__(self, database: Database, designs: Designs, reviews: Reviews) -> None:
        self._database, self._designs, self._reviews = database, designs, reviews

    def decide(
        self, design: str, findings: Finding | Iterable[Finding], decision: Decision
    ) -> tuple[Decided, ...]:
        """Decide the same about one finding or many at once, all or none of them."""
        chosen = [findings] if isinstance(findings, Finding) else list(findings)
        anchors = [anchor_of(finding) for finding in chosen]
        return self.add(design, [(anchor, decision) for anchor in anchors])

    def add(self, design: str, made: Sequence[tuple[Anchor, Decision]]) -> tuple[Decided, ...]:
        """Decide about findings that are known by their anchors, all in one stroke."""
        batch = uuid4().hex
        with self._database.writing() as connection:
            key = self._designs.key(connection, design)
            earlier = _by_aspect(self.all(design))
            decided = tuple(
                Decided(
                    id=(number := identifier(design, anchor, decision)),
                    design=design,
                    anchor=anchor,
                    decision=decision,
                    replaces=tuple(i for i in _same(earlier, anchor) if i != number),
                    batch=batch,
                )
                for anchor, decision in made
            )
            connection.executemany(_INSERT, [_row(key, each) for each in decided])
        return decided

    def undo(self, design: str | None = None, batch: str | None = None) -> tuple[Decided, ...]:
        """Undo the last stroke (of this design; or the one named `batch`) and return it.

        What was decided before it counts again. Empty when there is nothing to undo.
        """
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            name = batch or _last_batch(connection, design)
            sql = f"{_FROM} WHERE batch = ? AND undone IS NULL ORDER BY number"
            undone = self._database.read(_decided, sql, name)
            connection.execute(
                "UPDATE decided SET undone = ? WHERE batch = ? AND undone IS NULL",
                (now.isoformat(), name),
            )
        return tuple(decided.model_copy(update={"undone": now}) for decided in undone)

    def all(self, design: str | None = None) -> tuple[Decided, ...]:
        """Every decision (about this design), undone ones too, oldest first."""
        where = "" if design is None else " WHERE design.path = ?"
        values = () if design is None else (design,)
        return self._database.read(_decided, f"{_FROM}{where} ORDER BY number", *values)

    def current(self, design: str | None = None) -> tuple[Decided, ...]:
        """Decisions that no later one replaces, by design, aspect and fingerprint."""
        live: dict[tuple[str, str], Decided] = {}
        for decided in self.all(design):
            if decided.undone is None:
                for number in decided.replaces:
                    live.pop((decided.design, number), None)
                live[decided.design, decided.id] = decided
        return tuple(sorted(live.values(), key=_order))

    def history(self, design: str, finding: Finding) -> tuple[Decided, ...]:
        """All decisions about a finding, also under its fingerprints before edits; oldest first."""
        anchor = anchor_of(finding)
        return tuple(d for d in self.all(design) if is_same(d.anchor, anchor))

    def of(
        self, design: str, review: Review, *, today: date | None = None, text: str | None = None
    ) -> dict[str, Triage]:
        """Fingerprint -> where it stands, for every finding of a review of the design.

        `text` is the reviewed text; without it the one that was saved with the review is used.
        """
        known = self._reviews.text(review.document.digest) if text is None else text
        day = today or datetime.now().astimezone().date()
        return standing(review, self.all(design), day, known)

    def left_over(self, design: str, review: Review) -> tuple[Decided, ...]:
        """Current decisions about what the review no longer finds."""
        return left_over(review, self.current(design))


def identifier(design: str, anchor: Anchor, decision: Decision) -> str:
    """`Decided.id`: the same for the same decision in every store."""
    at = decision.at.astimezone(UTC).isoformat()
    what = decision.model_dump_json(exclude={"at"})
    parts = f"{design}\n{anchor.fingerprint}\n{at}\n{what}"
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _order(decided: Decided) -> tuple[str, str, str]:
    return decided.design, decided.anchor.aspect, decided.anchor.fingerprint


def _by_aspect(decided: Iterable[Decided]) -> dict[str, list[Decided]]:
    found: dict[str, list[Decided]] = {}
    for each in decided:
        for aspect in aspects_of(each.anchor):
            found.setdefault(aspect, []).append(each)
    return found


def _same(earlier: dict[str, list[Decided]], anchor: Anchor) -> tuple[str, ...]:
    """Ids of the earlier decisions about this finding, also under fingerprints before edits."""
    near = [d for aspect in sorted(aspects_of(anchor)) for d in earlier.get(aspect, ())]
    return tuple(dict.fromkeys(d.id for d in near if is_same(d.anchor, anchor)))


def _row(key: int, decided: Decided) -> tuple[Any, ...]:
    return (
        decided.id,
        key,
        decided.anchor.fingerprint,
        decided.batch,
        decided.anchor.model_dump_json(),
        decided.decision.model_dump_json(),
        json.dumps(decided.replaces),
    )


def _last_batch(connection: sqlite3.Connection, design: str | None) -> str | None:
    row = connection.execute(
        "SELECT batch FROM decided JOIN design ON design.id = decided.design"
        " WHERE undone IS NULL AND (?1 IS NULL OR design.path = ?1) ORDER BY number DESC LIMIT 1",
        (design,),
    ).fetchone()
    return row[0] if row else None


def _decided(
    number: str,
    design: str,
    anchor: str,
    decision: str,
    replaces: str,
    batch: str,
    undone: str | None,
) -> Decided:
    return Decided(
        id=number,
        design=design,
        anchor=Anchor.model_validate_json(anchor),
        decision=Decision.model_validate_json(decision),
        replaces=tuple(json.loads(replaces)),
        batch=batch,
        undone=datetime.fromisoformat(undone) if undone else None,
    )
