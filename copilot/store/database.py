"""The SQLite file: one connection for each thread, transactions, and errors that say what to do."""

from __future__ import annotations

import os
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from copilot.errors import StoreError
from copilot.store.migrations import APPLICATION_ID, MIGRATIONS, VERSION

T = TypeVar("T")

FILE_NAME = "reviews.sqlite3"
WAIT = 15.0
"""Seconds that a writer waits for another process's write to end."""


class Database:
    """A database file, opened anew by each thread that uses it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the file, create it when it is not there, and bring it to the current form.

        With `read_only` nothing is created or changed, and a file that is not there is an error.
        Raises StoreError.
        """
        self.path = path
        self._read_only = read_only
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            if read_only and not path.exists():
                raise StoreError(
                    "there is no store of reviews",
                    where=path,
                    todo="run `archreview review DESIGN` first, or name the --workspace",
                )
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error.strerror or str(error)) from error
        with self._explained():
            self._prepare()

    def close(self) -> None:
        """Close the connections of all threads; a second call does nothing."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all = []
            self._local = threading.local()

    def read(self, parse: Callable[..., T], sql: str, *values: Any) -> tuple[T, ...]:
        """What `parse` makes of each row that a query gives; raises StoreError.

        A ValueError of `parse` means that the row is damaged.
        """
        with self._explained():
            rows = self._connection().execute(sql, values).fetchall()
        try:
            return tuple(parse(*row) for row in rows)
        except (ValueError, zlib.error) as error:
            raise self._damaged() from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start: all of it is kept, or nothing.

        Within another one of the same thread it is a part of that.
        """
        with self._explained():
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect_reading() if self._read_only else self._connect("mode=rwc")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            with self._lock:
                self._all.append(connection)
            self._local.connection = connection
        return connection

    def _connect(self, parameters: str) -> sqlite3.Connection:
        # `check_same_thread` is off for `close` alone: each thread uses only its own connection.
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{parameters}",
            timeout=WAIT,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
        )

    def _connect_reading(self) -> sqlite3.Connection:
        """A connection that changes nothing, also where nothing can be changed.

        Even a reader of a write-ahead log writes a file beside it; in a folder that admits none,
        a store without such a log is read as it lies there.
        """
        connection = self._connect("mode=ro")
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if Path(f"{self.path}-wal").exists() or os.access(self.path.parent, os.W_OK):
                raise
            connection = self._connect("mode=ro&immutable=1")
        return connection

    def _prepare(self) -> None:
        """Bring the file to the current form."""
        connection = self._connection()
        if self._version(connection) == VERSION:
            return
        if self._read_only:
            raise StoreError(
                "has no reviews yet, or was written by an older archreview",
                where=self.path,
                todo="run `archreview review DESIGN` first",
            )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            for step in MIGRATIONS[self._version(connection) :]:
                for statement in step:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise

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
            return self._damaged()
        if code == sqlite3.SQLITE_FULL:
            return StoreError(
                "the disk is full; nothing was changed", where=self.path, todo="free some space"
            )
        if code == sqlite3.SQLITE_IOERR:
            return StoreError(
                f"the disk fails ({error}); nothing was changed",
                where=self.path,
                todo="see whether it is full, or name another folder with --workspace",
            )
        if code == sqlite3.SQLITE_BUSY:
            return StoreError(
                f"another process has been writing for {WAIT:.0f} s; nothing was changed",
                where=self.path,
                todo="try again when it is done",
            )
        return self._unwritable(str(error))

    def _damaged(self) -> StoreError:
        return StoreError(
            "is damaged; nothing was changed",
            where=self.path,
            todo="restore it from a copy, or move it away and import your last triage export",
        )

    def _unwritable(self, reason: str) -> StoreError:
        return StoreError(
            f"cannot be used ({reason})",
            where=self.path,
            todo="check the rights on the folder, or name another one with --workspace",
        )
