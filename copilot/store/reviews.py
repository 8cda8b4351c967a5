"""Saved reviews: whole, compressed, and summed up for lists."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from datetime import datetime
from pathlib import Path

from copilot.errors import StoreError
from copilot.review.saved import parse_review
from copilot.review.score import is_complete, score
from copilot.schema import Review, Severity
from copilot.store.database import Database
from copilot.store.designs import Designs
from copilot.store.identity import Stamp, stamp
from copilot.store.records import ReviewSummary


class Reviews:
    """The reviews of all designs, in the order in which they were saved."""

    def __init__(self, database: Database, designs: Designs) -> None:
        self._database, self._designs = database, designs

    def save(
        self, path: Path, review: Review, *, text: str | None = None, seen: Stamp | None = None
    ) -> int:
        """Keep a review of the design at `path` and return its id; the design is listed.

        `text` is the reviewed text (`Document.text`): with it, a decision holds as long as the
        text it was about stands in the document, cited or not. `seen` is the `stamp` of the files
        taken before the review began; without it they are taken as they are now.
        """
        design = self._designs.identity(path)
        marks = json.dumps(stamp(path) if seen is None else seen)
        body = _packed(review.model_dump_json())
        with self._database.writing() as connection:
            key = self._designs.listed(connection, design)
            if text is not None:
                _keep_text(connection, review.document.digest, text)
            cursor = connection.execute(
                "INSERT INTO review (design, digest, summary, stamp, body) VALUES (?, ?, '', ?, ?)",
                (key, review.document.digest, marks, body),
            )
            number = int(cursor.lastrowid or 0)
            summary = summarise(review, design, number).model_dump_json()
            connection.execute("UPDATE review SET summary = ? WHERE id = ?", (summary, number))
        return number

    def of(self, design: str) -> tuple[ReviewSummary, ...]:
        """The reviews of a design, latest first."""
        sql = """
            SELECT summary FROM review JOIN design ON design.id = review.design
            WHERE design.path = ? ORDER BY review.id DESC
        """
        return self._database.read(ReviewSummary.model_validate_json, sql, design)

    def get(self, number: int) -> Review:
        """The review with this id; raises StoreError when there is none."""
        found = self._database.read(_unpacked, "SELECT body FROM review WHERE id = ?", number)
        if not found:
            raise StoreError(f"holds no review {number}", where=self._database.path)
        return parse_review(json.loads(found[0]), self._database.path)

    def latest(self, design: str) -> Review | None:
        """The last review of a design; None without one."""
        sql = """
            SELECT review.id FROM review JOIN design ON design.id = review.design
            WHERE design.path = ? ORDER BY review.id DESC LIMIT 1
        """
        found = self._database.read(int, sql, design)
        return self.get(found[0]) if found else None

    def text(self, digest: str) -> str | None:
        """The text of the document with this digest, if a review was saved with it."""
        found = self._database.read(_unpacked, "SELECT body FROM text WHERE digest = ?", digest)
        return found[0] if found else None


def summarise(review: Review, design: str, number: int) -> ReviewSummary:
    """What lists show of a review."""
    counts = Counter(finding.severity for finding in review.findings)
    return ReviewSummary(
        id=number,
        design=design,
        title=review.document.title,
        created=datetime.fromisoformat(review.manifest.created),
        digest=review.document.digest,
        judge=review.manifest.judge,
        words=review.document.words,
        severities={severity: counts[severity] for severity in Severity},
        score=score(review),
        complete=is_complete(review),
    )


def _keep_text(connection: sqlite3.Connection, digest: str, text: str) -> None:
    body = _packed(text)
    connection.execute("INSERT INTO text VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, body))


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def _unpacked(body: bytes) -> str:
    return zlib.decompress(body).decode("utf-8", "surrogatepass")
