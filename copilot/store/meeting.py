"""Notes, answers, and what reviewers made of questions."""

from __future__ import annotations

from typing import Generic, TypeVar

from copilot.schema import Answer, Note, QuestionEdit
from copilot.store.database import Database
from copilot.store.designs import Designs

T = TypeVar("T", Note, Answer)


class _Entries(Generic[T]):
    """Records of one kind, kept by design in the order in which they were added."""

    table: str
    record: type[T]

    def __init__(self, database: Database, designs: Designs) -> None:
        self._database, self._designs = database, designs

    def add(self, entry: T) -> T:
        """Keep an entry and return it with its id."""
        with self._database.writing() as connection:
            key = self._designs.key(connection, entry.design)
            sql = f"INSERT INTO {self.table} (design, body) VALUES (?, ?)"
            cursor = connection.execute(sql, (key, entry.model_dump_json(exclude={"id"})))
        return entry.model_copy(update={"id": int(cursor.lastrowid or 0)})

    def of(self, design: str) -> tuple[T, ...]:
        """The entries of a design, oldest first."""
        sql = f"""
            SELECT {self.table}.id, body FROM {self.table} JOIN design
            ON design.id = {self.table}.design WHERE design.path = ? ORDER BY {self.table}.id
        """
        return self._database.read(self._entry, sql, design)

    def _entry(self, number: int, body: str) -> T:
        return self.record.model_validate_json(body).model_copy(update={"id": number})

    def remove(self, number: int) -> bool:
        """Remove the entry with this id; False when there is none."""
        with self._database.writing() as connection:
            sql = f"DELETE FROM {self.table} WHERE id = ?"
            return connection.execute(sql, (number,)).rowcount > 0


class Notes(_Entries[Note]):
    """Remarks of reviewers."""

    table, record = "note", Note


class Answers(_Entries[Answer]):
    """Answers of authors to questions."""

    table, record = "answer", Answer


class QuestionEdits:
    """Other words, order and `asked` marks for the questions of a design."""

    def __init__(self, database: Database, designs: Designs) -> None:
        self._database, self._designs = database, designs

    def set(self, *edits: QuestionEdit) -> None:
        """Keep these edits, each in place of the earlier one of the same design and key."""
        sql = """
            INSERT INTO question VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET body = excluded.body
        """
        with self._database.writing() as connection:
            for edit in edits:
                key = self._designs.key(connection, edit.design)
                connection.execute(sql, (key, edit.key, edit.model_dump_json()))

    def of(self, design: str) -> dict[str, QuestionEdit]:
        """The edits of a design by key."""
        sql = """
            SELECT body FROM question JOIN design ON design.id = question.design
            WHERE design.path = ? ORDER BY key
        """
        edits = self._database.read(QuestionEdit.model_validate_json, sql, design)
        return {edit.key: edit for edit in edits}

    def clear(self, design: str, key: str) -> None:
        """Forget the edit of one question."""
        sql = """
            DELETE FROM question
            WHERE key = ? AND design = (SELECT id FROM design WHERE path = ?)
        """
        with self._database.writing() as connection:
            connection.execute(sql, (key, design))
