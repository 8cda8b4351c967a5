"""Saved reviews: whole, compressed, and summed up for lists."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from datetime import datetime
from pathlib import Path

from copilot.errors import StoreError
from copilot.review.compare import score
from copilot.review.run import is_complete
from copilot.review.saved import parse_review
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
        body = zlib.compress(review.model_dump_json().encode())
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
        rows = self._database.rows(sql, design)
        return tuple(ReviewSummary.model_validate_json(row[0]) for row in rows)

    def get(self, number: int) -> Review:
        """The review with this id; raises StoreError when there is none."""
        rows = self._database.rows("SELECT body FROM review WHERE id = ?", number)
        if not rows:
            raise StoreError(f"holds no review {number}", where=self._database.path)
        return self._read(rows[0][0])

    def latest(self, design: str) -> Review | None:
        """The last review of a design; None without one."""
        sql = """
            SELECT body FROM review JOIN design ON design.id = review.design
            WHERE design.path = ? ORDER BY review.id DESC LIMIT 1
        """
        rows = self._database.rows(sql, design)
        return self._read(rows[0][0]) if rows else None

    def text(self, digest: str) -> str | None:
        """The text of the document with this digest, if a review was saved with it."""
        rows = self._database.rows("SELECT body FROM text WHERE digest = ?", digest)
        return zlib.decompress(rows[0][0]).decode("utf-8", "surrogatepass") if rows else None

    def _read(self, body: bytes) -> Review:
        try:
            record = json.loads(zlib.decompress(body))
        except (zlib.error, ValueError) as error:
            what = f"holds a damaged review ({error})"
            raise StoreError(what, where=self._database.path, todo="review again") from error
        return parse_review(record, self._database.path)


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
    body = zlib.compress(text.encode("utf-8", "surrogatepass"))
    connection.execute("INSERT INTO text VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, body))
