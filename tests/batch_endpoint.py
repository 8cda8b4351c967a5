"""OpenAI's Batch API for tests, beside the chat completions of the scripted endpoint.

It refuses what the service refuses (a doubled custom_id, two models in a file, too many lines) and
has faults of its own: a batch's fate is named by `fate`, a line's by `script`, which gets a Call
whose `attempt` counts the batches that had the request.

    with BatchEndpoint(fate=lambda number: "expired" if number == 1 else "completed") as endpoint:
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from endpoint import Call, ScriptedEndpoint, _send

FATES = (
    "completed",
    "expired",  # every second line was answered
    "cancelled",  # the same
    "failed",  # nothing was
    "never",  # it stays under way
    "queue full",  # nothing was: too many tokens wait for the account
)
LINE_FAULTS = (
    "no line",
    "batch_expired",  # an error line without a response
    "broken line",  # JSON that breaks off
    "twice",  # the line comes twice
    "strange",  # besides, a line for a custom_id that nobody sent
)


@dataclass
class StoredBatch:
    """One batch and its files."""

    id: str
    file: str
    metadata: dict[str, str]
    fate: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    status: str = "validating"
    outputs: tuple[str | None, str | None] = (None, None)


@dataclass
class BatchEndpoint(ScriptedEndpoint):
    """Files and batches over HTTP."""

    fate: Callable[[int], str] = lambda number: "completed"
    """The fate of the batch with this number, 1 for the first."""
    looks: int = 1
    """How often a batch is looked at before it ends."""
    held: bool = False
    """True while no batch may end."""
    mute: str = ""
    """`/files` or `/batches`: what is sent there arrives, and the sender is never told."""
    stumbles: set[str] = field(default_factory=set)
    """Beginnings of `METHOD /path`: the first call is done and answered with a 503."""
    absent: bool = False
    """True for a server that has chat completions only."""
    most_lines: int = 50_000
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Id -> name and content."""
    uploads: list[str] = field(default_factory=list)
    """Ids of all files that were ever uploaded."""
    batches: dict[str, StoredBatch] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    """The usage of every completion that was given out."""

    def __post_init__(self) -> None:
        self._tries: Counter[str] = Counter()
        self._looked: Counter[str] = Counter()

    async def _reply(
        self, call: Call, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        path = urlsplit(call.path).path.removeprefix("/v1")
        if not path.startswith(("/files", "/batches")):
            return await super()._reply(call, reader, writer)
        status, body = self._batch_api(call, path, parse_qs(urlsplit(call.path).query))
        if call.method == "POST" and path == self.mute:
            return await self._hang(reader)
        called = f"{call.method} {path}"
        if stumbled := next((s for s in self.stumbles if called.startswith(s)), None):
            self.stumbles.remove(stumbled)
            status, body = 503, {"error": {"message": "scripted"}}
        return _send(writer, status, body)

    def _batch_api(self, call: Call, path: str, query: dict[str, list[str]]) -> tuple[int, object]:
        _, kind, *rest = path.split("/") if not self.absent else ("", "")
        match call.method, kind, rest:
            case "POST", "files", []:
                return 200, self._uploaded(call)
            case "GET", "files", []:
                assert query["purpose"] == ["batch"]
                return 200, _page([self._file(name) for name in reversed(self.files)])
            case "GET", "files", [name, "content"] if name in self.files:
                return 200, self.files[name][1].decode()
            case "DELETE", "files", [name] if name in self.files:
                del self.files[name]
                return 200, {"id": name, "object": "file", "deleted": True}
            case "POST", "batches", []:
                return 200, self._shown(self._begin(call))
            case "GET", "batches", []:
                return 200, _page([self._shown(batch) for batch in reversed(self.batches.values())])
            case "GET", "batches", [name] if name in self.batches:
                self._advance(self.batches[name])
                return 200, self._shown(self.batches[name])
        return 404, {"error": {"message": f"no such thing: {path}"}}

    def _uploaded(self, call: Call) -> dict[str, Any]:
        boundary = call.headers["content-type"].split("boundary=")[1].encode()
        parts = [part.partition(b"\r\n\r\n") for part in call.raw.split(b"--" + boundary)]
        fields = {
            match[1]: (head, content.removesuffix(b"\r\n"))
            for head, _, content in parts
            if (match := re.search(rb'name="(\w+)"', head))
        }
        assert fields[b"purpose"][1] == b"batch"
        head, content = fields[b"file"]
        match = re.search(rb'filename="([^"]+)"', head)
        assert match
        return self._file(self._keep(match[1].decode(), content, upload=True))

    def _keep(self, filename: str, content: bytes, upload: bool = False) -> str:
        name = f"file-{len(self.uploads)}-{len(self.files)}-{len(self.batches)}"
        self.files[name] = (filename, content)
        if upload:
            self.uploads.append(name)
        return name

    def _file(self, name: str) -> dict[str, Any]:
        filename, content = self.files[name]
        base = {"id": name, "object": "file", "bytes": len(content), "created_at": 0}
        return {**base, "filename": filename, "purpose": "batch", "status": "processed"}

    def _begin(self, call: Call) -> StoredBatch:
        assert call.body["completion_window"] == "24h"
        assert call.body["endpoint"] == "/v1/chat/completions"
        number = len(self.batches) + 1
        file = call.body["input_file_id"]
        batch = StoredBatch(
            f"batch_{number}", file, call.body.get("metadata") or {}, self.fate(number)
        )
        batch.lines = [json.loads(line) for line in self.files[file][1].splitlines()]
        batch.errors = self._objections(batch)
        self.batches[batch.id] = batch
        return batch

    def _objections(self, batch: StoredBatch) -> list[dict[str, Any]]:
        ids = [line["custom_id"] for line in batch.lines]
        models = {line["body"]["model"] for line in batch.lines}
        said = {
            "duplicate_custom_id": len(set(ids)) < len(ids),
            "mismatched_model": len(models) > 1,
            "too_many_tasks": len(ids) > self.most_lines,
            "empty_file": not ids,
            "token_limit_exceeded": batch.fate == "queue full",
            "invalid_json_line": batch.fate == "failed",
            "mismatched_url": any(line["url"] != "/v1/chat/completions" for line in batch.lines),
        }
        return [{"code": code, "message": f"{code}!"} for code, true in said.items() if true]

    def _advance(self, batch: StoredBatch) -> None:
        self._looked[batch.id] += 1
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return
        batch.status = "in_progress"
        if batch.errors:
            batch.status = "failed"
        elif self._looked[batch.id] > self.looks and not self.held and batch.fate != "never":
            self._end(batch)

    def _end(self, batch: StoredBatch) -> None:
        batch.status = batch.fate
        good, bad = [], []
        for number, line in enumerate(batch.lines):
            self._tries[line["custom_id"]] += 1
            if batch.fate != "completed" and number % 2:
                continue
            for text, fine in self._lines(line, number):
                (good if fine else bad).append(text)
        files = [
            self._keep("out", "\n".join(lines).encode()) if lines else None for lines in (good, bad)
        ]
        batch.outputs = (files[0], files[1])

    def _lines(self, line: dict[str, Any], number: int) -> list[tuple[str, bool]]:
        """The lines that a request comes to, each with the truth about its being an answer."""
        digest = line["custom_id"]
        call = Call(number, self._tries[digest], line["url"], {}, line["body"])
        fault = self.script(call)
        if call.mode not in self.modes and fault == "ok":
            fault = "400"
        if fault == "no line":
            return []
        if fault == "batch_expired":
            error = {"code": fault, "message": "This request could not be executed in time."}
            return [(_line(digest, None, error), False)]
        if fault == "temperature":
            return [(_failure(digest, 400, "Unsupported value: 'temperature'"), False)]
        if fault in ("400", "401", "429", "500", "503"):
            return [(_failure(digest, int(fault), f"{call.mode} is scripted"), False)]
        body: object = "<html>" if fault == "html" else self._completion(call, fault)
        if isinstance(body, dict):
            self.told.append(body["usage"])
        text = _line(digest, {"status_code": 200, "request_id": "r", "body": body}, None)
        if fault == "broken line":
            return [(text[: len(text) // 2], True)]
        if fault == "strange":
            return [(_line("f" * 64, {"status_code": 200, "body": body}, None), True), (text, True)]
        return [(text, True)] * (2 if fault == "twice" else 1)

    def _shown(self, batch: StoredBatch) -> dict[str, Any]:
        done = len(batch.lines) if batch.status == "completed" else 0
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": 0,
            "input_file_id": batch.file,
            "output_file_id": batch.outputs[0],
            "error_file_id": batch.outputs[1],
            "status": batch.status,
            "metadata": batch.metadata,
            "errors": {"object": "list", "data": batch.errors} if batch.errors else None,
            "request_counts": {"total": len(batch.lines), "completed": done, "failed": 0},
        }


def _line(digest: str, response: object, error: object) -> str:
    return json.dumps({"id": "b", "custom_id": digest, "response": response, "error": error})


def _failure(digest: str, status: int, message: str) -> str:
    body = {"error": {"message": message, "type": "scripted"}}
    return _line(digest, {"status_code": status, "request_id": "r", "body": body}, None)


def _page(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": items, "has_more": False}
