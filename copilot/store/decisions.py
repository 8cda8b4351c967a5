"""Decisions about findings: added one after the other, never rewritten, undone by a mark."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from copilot.review.anchors import anchor_of, is_same
from copilot.review.triage import left_over, standing
from copilot.schema import Anchor, Decided, Decision, Finding, Review, Triage
from copilot.store.database import Database
from copilot.store.designs import Designs
from copilot.store.reviews import Reviews

_COLUMNS = "decided.id, design.path, anchor, decision, replaces, batch, undone"
_FROM = f"SELECT {_COLUMNS} FROM decided JOIN design ON design.id = decided.design"


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
            return tuple(
                _insert(connection, key, design, anchor, decision, batch)
                for anchor, decision in made
            )

    def undo(self, design: str | None = None, batch: str | None = None) -> tuple[Decided, ...]:
        """Undo the last stroke (of this design; or the one named `batch`) and return it.

        What was decided before it counts again. Empty when there is nothing to undo.
        """
        with self._database.writing() as connection:
            name = batch or _last_batch(connection, design)
            rows = connection.execute(
                f"{_FROM} WHERE batch = ? AND undone IS NULL ORDER BY number", (name,)
            ).fetchall()
            now = datetime.now(UTC)
            connection.execute(
                "UPDATE decided SET undone = ? WHERE batch = ? AND undone IS NULL",
                (now.isoformat(), name),
            )
        return tuple(_decided(row).model_copy(update={"undone": now}) for row in rows)

    def all(self, design: str | None = None) -> tuple[Decided, ...]:
        """Every decision (about this design), undone ones too, oldest first."""
        where = "" if design is None else " WHERE design.path = ?"
        values = () if design is None else (design,)
        rows = self._database.rows(f"{_FROM}{where} ORDER BY number", *values)
        return tuple(map(_decided, rows))

    def current(self, design: str | None = None) -> tuple[Decided, ...]:
        """The last decision about each finding, by design, aspect and fingerprint."""
        last = {(d.design, d.anchor.fingerprint): d for d in self.all(design) if d.undone is None}
        order = lambda d: (d.design, d.anchor.aspect, d.anchor.fingerprint)  # noqa: E731
        return tuple(sorted(last.values(), key=order))

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
    parts = f"{design}\n{anchor.fingerprint}\n{decision.model_dump_json()}"
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _insert(
    connection: sqlite3.Connection,
    key: int,
    design: str,
    anchor: Anchor,
    decision: Decision,
    batch: str,
) -> Decided:
    earlier = connection.execute(
        "SELECT id FROM decided WHERE design = ? AND fingerprint = ? ORDER BY number",
        (key, anchor.fingerprint),
    ).fetchall()
    decided = Decided(
        id=identifier(design, anchor, decision),
        design=design,
        anchor=anchor,
        decision=decision,
        replaces=tuple(dict.fromkeys(row[0] for row in earlier)),
        batch=batch,
    )
    connection.execute(
        "INSERT INTO decided (id, design, fingerprint, batch, anchor, decision, replaces)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            decided.id,
            key,
            anchor.fingerprint,
            batch,
            anchor.model_dump_json(),
            decision.model_dump_json(),
            json.dumps(decided.replaces),
        ),
    )
    return decided


def _last_batch(connection: sqlite3.Connection, design: str | None) -> str | None:
    row = connection.execute(
        "SELECT batch FROM decided JOIN design ON design.id = decided.design"
        " WHERE undone IS NULL AND (?1 IS NULL OR design.path = ?1) ORDER BY number DESC LIMIT 1",
        (design,),
    ).fetchone()
    return row[0] if row else None


def _decided(row: Any) -> Decided:
    number, design, anchor, decision, replaces, batch, undone = row
    return Decided(
        id=number,
        design=design,
        anchor=Anchor.model_validate_json(anchor),
        decision=Decision.model_validate_json(decision),
        replaces=tuple(json.loads(replaces)),
        batch=batch,
        undone=datetime.fromisoformat(undone) if undone else None,
    )
