"""The SQLite file: one connection for each thread, transactions, and errors that say what to do."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from copilot.errors import StoreError
from copilot.store.migrations import APPLICATION_ID, MIGRATIONS, VERSION

FILE_NAME = "reviews.sqlite3"
WAIT = 15.0
"""Seconds that a writer waits for another process's write to end."""


class Database:
    """A database file, opened anew by each thread that uses it."""

    def __init__(self, path: Path) -> None:
        """Open the file, create it when it is not there, and bring it to the current form.

        Raises StoreError.
        """
        self.path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error.strerror or str(error)) from error
        with self._explained():
            self._migrate()

    def close(self) -> None:
        """Close the connections of all threads; a second call does nothing."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all = []
            self._local = threading.local()

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """The rows that a query gives; raises StoreError."""
        with self._explained():
            return self._connection().execute(sql, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start: all of it is kept, or nothing."""
        with self._explained():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # `check_same_thread` is off for `close` alone: each thread uses only its own.
            connection = sqlite3.connect(
                self.path, timeout=WAIT, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            with self._lock:
                self._all.append(connection)
            self._local.connection = connection
        return connection

    def _migrate(self) -> None:
        connection = self._connection()
        version = self._version(connection)
        if version < VERSION:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                for step in MIGRATIONS[self._version(connection) :]:
                    for statement in step:
                        connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def _version(self, connection: sqlite3.Connection) -> int:
        """The form of the file; raises StoreError for a newer one or another program's file."""
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and application != APPLICATION_ID:
            raise StoreError(
                "is a database of another program", where=self.path, todo="move it away"
            )
        if version > VERSION:
            raise StoreError(
                f"was written by a newer archreview (form {version}, this one knows {VERSION}); "
                "nothing was changed",
                where=self.path,
                todo="update archreview, or name another folder with --workspace",
            )
        return version

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """SQLite's errors as StoreErrors."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.Error) -> StoreError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return StoreError(
                "is damaged; nothing was changed",
                where=self.path,
                todo="restore it from a copy, or move it away and import your last triage export",
            )
        if code == sqlite3.SQLITE_FULL:
            return StoreError(
                "the disk is full; nothing was changed", where=self.path, todo="free some space"
            )
        if code == sqlite3.SQLITE_BUSY:
            return StoreError(
                f"another process has been writing for {WAIT:.0f} s; nothing was changed",
                where=self.path,
                todo="try again when it is done",
            )
        return self._unwritable(str(error))

    def _unwritable(self, reason: str) -> StoreError:
        return StoreError(
            f"cannot be used ({reason})",
            where=self.path,
            todo="check the rights on the folder, or name another one with --workspace",
        )
