"""The store: one database, and a room for each thing that it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from copilot.store.database import FILE_NAME, Database
from copilot.store.decisions import Decisions
from copilot.store.designs import Designs
from copilot.store.identity import identity
from copilot.store.meeting import Answers, Notes, QuestionEdits
from copilot.store.reviews import Reviews
from copilot.store.screen import Screen


class Store:
    """Reviews, decisions, notes and answers of one workspace; use it as a context manager.

    Methods may be called from any thread; they block for a few milliseconds, a write for as long
    as another process is writing. All raise StoreError (one line, exit code 2) when the file
    cannot be used, and then nothing of the call was kept.
    """

    @classmethod
    def open(cls, workspace: Path, *, read_only: bool = False) -> Store:
        """The store in the folder `workspace`, created when it is not there.

        With `read_only` nothing is written and a store that is not there is an error. Raises
        StoreError.
        """
        return cls(workspace, read_only)

    def __init__(self, workspace: Path, read_only: bool = False) -> None:
        """Open the store; use `open`."""
        self._database = Database(workspace / FILE_NAME, read_only=read_only)
        self._home = workspace.resolve().parent
        self.designs = Designs(self._database, self._home)
        """The designs of the workspace."""
        self.reviews = Reviews(self._database, self.designs)
        """Reviews, each whole."""
        self.triage = Decisions(self._database, self.designs, self.reviews)
        """Decisions about findings."""
        self.notes = Notes(self._database, self.designs)
        """Remarks of reviewers."""
        self.answers = Answers(self._database, self.designs)
        """Answers of authors."""
        self.questions = QuestionEdits(self._database, self.designs)
        """What reviewers made of a review's questions."""
        self.screen = Screen(self._database)
        """What the terminal UI remembers: layout, filters."""

    def identity(self, path: Path) -> str:
        """The design that `path` names (relative to the working folder); it need not exist."""
        return identity(path, self._home)

    def path(self, design: str) -> Path:
        """Where the design with this identity lies."""
        return self._home / design

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make all writes of this thread within it one: all are kept, or none."""
        with self._database.writing():
            yield

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._database.close()
