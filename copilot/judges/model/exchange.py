"""Requests as files and answers from files: a review with a model that nobody here can call.

An exported request is one JSON file, `<id>.json`: {"format": 1, "id", "digest", "model",
"parameters", "messages": [{"role", "content"}], "schema"}. Its answer is a file of the same name
(or `<id>.txt`, `<id>.md`) in another folder: the model's answer as it came, prose around it and
all; a stored chat completion and {"digest": ..., "answer": ...} are read too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from copilot.errors import InputError, JudgeError
from copilot.judges.model.requests import Answer, Request

FORMAT = 1
SUFFIXES = (".json", ".txt", ".md")
MAX_BYTES = 5_000_000
"""Largest answer file that is read."""


def write_requests(requests: Iterable[Request], folder: Path) -> list[Path]:
    """Write each request as `<id>.json` into the folder, which is made if need be.

    Raises InputError when it cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for request in requests:
            path = folder / f"{request.id}.json"
            text = json.dumps(as_record(request), indent=2, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8", errors="replace")
            written.append(path)
    except OSError as error:
        raise InputError(
            f"requests cannot be written here ({error.strerror})",
            where=folder,
            todo="give another folder to --out",
        ) from error
    return written


def as_record(request: Request) -> dict[str, Any]:
    """What an exported request file holds."""
    return {
        "format": FORMAT,
        "id": request.id,
        "digest": request.digest,
        "model": request.model,
        "parameters": dict(request.parameters),
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "schema": request.schema,
    }


class FolderAnswers:
    """Answers from the files of a folder; what is asked for and not there is remembered."""

    def __init__(self, folder: Path) -> None:
        """Raises InputError when the folder holds no answer file."""
        if not folder.is_dir():
            raise InputError("no such folder", where=folder, todo="give the answers' folder")
        paths = [path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES]
        if not paths:
            raise InputError(
                "holds no answers", where=folder, todo="put <id>.json (.txt, .md) files into it"
            )
        self._paths: Mapping[str, Path] = {path.stem: path for path in reversed(paths)}
        self._used: set[str] = set()
        self.open: list[Request] = []
        """Requests that no file answers, in the order in which they came up."""

    async def answer(self, request: Request) -> Answer:
        """The answer in the request's file; raises JudgeError when there is none that fits."""
        path = self._paths.get(request.id)
        if path is None:
            self.open.append(request)
            raise JudgeError(f"There is no answer file for the request {request.id}.")
        self._used.add(request.id)
        return Answer(_text(path, request), stored=True, calls=0)

    async def keep(self, request: Request, answer: Answer) -> None:
        """The files are the store already."""

    @property
    def names(self) -> set[str]:
        """Ids of the requests that the folder answers."""
        return set(self._paths)

    @property
    def unused(self) -> list[str]:
        """Names of files that answered no request."""
        return sorted(path.name for stem, path in self._paths.items() if stem not in self._used)


def _text(path: Path, request: Request) -> str:
    """The answer in a file, taken out of what it may be wrapped in."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise JudgeError(f"The answer file {path.name} is over {MAX_BYTES:,} bytes.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise JudgeError(f"The answer file {path.name} cannot be read as UTF-8 text.") from error
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _unwrapped(record, text, path, request) if isinstance(record, dict) else text


def _unwrapped(record: dict[str, Any], text: str, path: Path, request: Request) -> str:
    if "messages" in record and "rows" not in record and "answer" not in record:
        raise JudgeError(f"The file {path.name} is the request itself, not an answer.")
    digest = record.get("digest")
    if isinstance(digest, str) and digest != request.digest:
        raise JudgeError(
            f"The answer file {path.name} answers another request: the design, the knowledge, the "
            "prompts or the options changed since the export."
        )
    if isinstance(choices := record.get("choices"), list) and choices:
        message = choices[0].get("message") if isinstance(choices[0], dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        return content if isinstance(content, str) else ""
    answer = record.get("answer", record)
    return answer if isinstance(answer, str) else json.dumps(answer) if answer else text
