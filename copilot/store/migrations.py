"""The tables of the store, as numbered steps from an empty database to the current form.

A step that was released is never edited; a change is a new step at the end.
"""

from __future__ import annotations

APPLICATION_ID = 0x41525657
"""`ARVW`: says that a SQLite file is a store of archreview."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE design (
            id INTEGER PRIMARY KEY,
            path TEXT NOT NULL UNIQUE,
            added TEXT NOT NULL,
            listed INTEGER NOT NULL DEFAULT 1
        ) STRICT
        """,
        """
        CREATE TABLE text (
            digest TEXT PRIMARY KEY,
            body BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE review (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            design INTEGER NOT NULL REFERENCES design (id),
            digest TEXT NOT NULL,
            summary TEXT NOT NULL,
            stamp TEXT NOT NULL,
            body BLOB NOT NULL
        ) STRICT
        """,
        "CREATE INDEX review_of_design ON review (design, id)",
        """
        CREATE TABLE decided (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL,
            design INTEGER NOT NULL REFERENCES design (id),
            fingerprint TEXT NOT NULL,
            batch TEXT NOT NULL,
            anchor TEXT NOT NULL,
            decision TEXT NOT NULL,
            replaces TEXT NOT NULL,
            undone TEXT
        ) STRICT
        """,
        "CREATE INDEX decided_of_design ON decided (design, fingerprint, number)",
        """
        CREATE TABLE note (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            design INTEGER NOT NULL REFERENCES design (id),
            body TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE answer (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            design INTEGER NOT NULL REFERENCES design (id),
            body TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE question (
            design INTEGER NOT NULL REFERENCES design (id),
            key TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (design, key)
        ) STRICT
        """,
        "CREATE TABLE screen (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    ),
)

VERSION = len(MIGRATIONS)
"""The form that this archreview reads and writes (`PRAGMA user_version`)."""
