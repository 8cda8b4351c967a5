"""Everything archreview raises on purpose, and the exit codes of the command line.

CopilotError
├── InputError            a document, path or option that cannot be used (exit code 2)
│   ├── DocumentError     one document under review cannot be read
│   ├── KnowledgeError    a knowledge or prompt file is invalid
│   └── StoreError        the workspace's store of reviews and decisions cannot be used
├── IndexFault            the vector store or the embedder failed
└── JudgeError            a judge could not do its work at all
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the process tells its caller."""

    OK = 0
    """The work is done and no finding reached the --fail-on severity."""
    FINDINGS = 1
    """A finding reached the --fail-on severity, or `triage import` left contrary decisions."""
    BAD_INPUT = 2
    """A document, option, setting, store or knowledge file could not be used."""
    INCOMPLETE = 3
    """The review was written, but some aspect could not be judged."""
    GATE = 4
    """`archreview eval` measured a score below its gate."""
    CANCELLED = 130
    """The user pressed Ctrl-C; what was finished is kept."""


class CopilotError(Exception):
    """What happened, where, and what to do next, in one line."""

    exit_code = ExitCode.INCOMPLETE

    def __init__(
        self, what: str, *, where: Path | str | None = None, line: int | None = None, todo: str = ""
    ) -> None:
        self.what, self.where, self.line, self.todo = what, where, line, todo
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "" if self.where is None else f"{self.where}"
        if place and self.line is not None:
            place += f":{self.line}"
        head = f"{place}: {self.what}" if place else self.what
        return f"{head} — {self.todo}" if self.todo else head


class InputError(CopilotError):
    """Something the user gave cannot be used."""

    exit_code = ExitCode.BAD_INPUT


class DocumentError(InputError):
    """One document under review cannot be read."""


class KnowledgeError(InputError):
    """A knowledge or prompt file is invalid."""


class StoreError(InputError):
    """The workspace's store of reviews and decisions cannot be opened, read or written."""


class IndexFault(CopilotError):
    """The vector store or the embedder failed."""


class JudgeError(CopilotError):
    """A judge could not do its work at all."""
