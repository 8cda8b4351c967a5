"""The designs of a workspace, each with its last review."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from copilot.store.database import Database
from copilot.store.identity import Stamp, identity, is_changed
from copilot.store.records import DesignSummary, ReviewSummary

_LISTED = """
    SELECT design.path, design.added, review.summary, review.stamp,
           (SELECT count(*) FROM review WHERE review.design = design.id)
    FROM design
    LEFT JOIN review ON review.id = (SELECT max(id) FROM review WHERE review.design = design.id)
    WHERE design.listed
    ORDER BY design.path
"""


class Designs:
    """Which designs the workspace holds; a design is added by its first review at the latest."""

    def __init__(self, database: Database, home: Path) -> None:
        self._database, self._home = database, home

    def add(self, path: Path) -> str:
        """Put the design at `path` on the list and return its identity."""
        design = self.identity(path)
        with self._database.writing() as connection:
            self.listed(connection, design)
        return design

    def identity(self, path: Path) -> str:
        """The design that `path` names; it need not exist."""
        return identity(path, self._home)

    def remove(self, design: str) -> None:
        """Take a design off the list; its reviews and decisions are kept for its return."""
        with self._database.writing() as connection:
            connection.execute("UPDATE design SET listed = 0 WHERE path = ?", (design,))

    def list(self) -> tuple[DesignSummary, ...]:
        """The listed designs by path; reads the files that look changed to tell whether they are.

        Takes as long as reading those files does: call it from a worker.
        """
        return self._database.read(self._summary, _LISTED)

    def key(self, connection: sqlite3.Connection, design: str) -> int:
        """The row of a design within a transaction; a new one, off the list, where unknown."""
        now = datetime.now(UTC).isoformat()
        connection.execute(
            "INSERT INTO design (path, added, listed) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
            (design, now),
        )
        row = connection.execute("SELECT id FROM design WHERE path = ?", (design,)).fetchone()
        return int(row[0])

    def listed(self, connection: sqlite3.Connection, design: str) -> int:
        """The row of a design within a transaction, put on the list."""
        key = self.key(connection, design)
        connection.execute("UPDATE design SET listed = 1 WHERE id = ?", (key,))
        return key

    def _summary(
        self, design: str, added: str, last: str | None, seen: str | None, reviews: int
    ) -> DesignSummary:
        path = self._home / design
        known: Stamp = json.loads(seen) if seen else {}
        return DesignSummary(
            design=design,
            added=datetime.fromisoformat(added),
            last=ReviewSummary.model_validate_json(last) if last else None,
            reviews=reviews,
            exists=os.path.exists(path),  # noqa: PTH110 - Path.exists raises on long names
            stale=is_changed(path, known),
        )
