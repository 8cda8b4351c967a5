"""What the terminal UI remembers between runs."""

from __future__ import annotations

import json
from typing import Any

from copilot.store.database import Database


class Screen:
    """Values that JSON can hold, by name; the last writer wins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        """The value that was set last; `default` without one."""
        found = self._database.read(json.loads, "SELECT value FROM screen WHERE key = ?", key)
        return found[0] if found else default

    def set(self, key: str, value: Any) -> None:
        """Remember a value."""
        sql = "INSERT INTO screen VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        with self._database.writing() as connection:
            connection.execute(sql, (key, json.dumps(value)))
