"""A hostile OpenAI-compatible server for tests: real HTTP on loopback, faults by script.

    with ScriptedEndpoint(lambda call: "429" if call.attempt == 1 else "ok") as endpoint:
        ...  # point the client at endpoint.url

A script gets each Call and names what to do: one of FAULTS, or "ok". `answer` decides what an
honest reply holds; the default one judges every aspect named at the end of the prompt.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, Self

FAULTS = (
    "429",  # too many requests, Retry-After: 0.05
    "500",
    "503",
    "hang",  # accepts the request and answers nothing until the client leaves, or `hang` seconds
    "drop",  # closes the connection halfway through the response
    "truncated",  # JSON that breaks off, finish_reason length
    "prose",  # the right JSON with prose and a code fence around it
    "refusal",
    "empty",
    "html",  # a gateway's error page with status 200
    "enum",  # a status that does not exist, in every row
    "missing",  # the last aspect is left out
    "doubled",  # every row twice
    "lies",  # every quote is made up
    "400",  # what servers say to a response_format or tool that they do not know
    "401",
)
"""Besides these: 307 redirects to `location`, temperature refuses that parameter."""

_IDS = re.compile(r"^- ([a-z]+\.[a-z-]+)$", re.MULTILINE)
_PASSAGE = re.compile(
    r"^\[[0-9a-f]{8} (p\d+)[^\]\n]*\]\n(.*?)(?=^\[|^</document |\Z)", re.MULTILINE | re.DOTALL
)
_LIE = "the zebra committee certified forty purple clusters on the moon last winter"


@dataclass(frozen=True)
class Call:
    """One request as the server saw it."""

    index: int
    """0 for the first request of all."""
    attempt: int
    """1 for the first request with this body."""
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    method: str = "POST"
    raw: bytes = b""
    """The body as it came, where it is no JSON."""

    @property
    def mode(self) -> str:
        """How structured output was asked for: json_schema, tools or text."""
        if "response_format" in self.body:
            return str(self.body["response_format"].get("type"))
        return "tools" if self.body.get("tools") else "text"

    @cached_property
    def prompt(self) -> str:
        """The messages in one string, system first."""
        return "\n".join(_content(message) for message in self.body.get("messages", []))

    @property
    def aspects(self) -> list[str]:
        """The ids that the prompt ends with."""
        tail = self.prompt[-4000:].rstrip().rsplit("\n\n", 1)[-1]
        return _IDS.findall(tail) or _IDS.findall(self.prompt[-4000:])


def _content(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return str(content)


Script = Callable[[Call], str]
Answer = Callable[[Call], object]


def honest(call: Call) -> dict[str, Any]:
    """Every aspect partial, with a quote that stands in the first long passage."""
    passage, quote = "p0001", _LIE
    for match in _PASSAGE.finditer(call.prompt):
        line = max(match[2].splitlines() or [""], key=len).strip()
        if len(line.split()) >= 6:
            passage, quote = match[1], " ".join(line.split(" ")[:40])
            break
    return {"rows": [row(aspect, "partial", (passage, quote)) for aspect in call.aspects]}


def row(aspect: str, status: str, *quotes: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """One row of an answer; each quote is (passage id, text)."""
    return {
        "aspect": aspect,
        "quotes": [{"passage": passage, "text": text} for passage, text in quotes],
        "criteria_unmet": [],
        "criteria_met": [],
        "rationale": f"Scripted verdict on {aspect}.",
        "status": status,
        "questions": [],
        "confidence": 0.8,
        **fields,
    }


def statuses(status: str) -> Answer:
    """An answer that gives every aspect this status, without quotes."""
    return lambda call: {"rows": [row(aspect, status) for aspect in call.aspects]}


@dataclass
class ScriptedEndpoint:
    """The server; a context manager that runs it in a thread of its own."""

    script: Script = lambda call: "ok"
    answer: Answer = honest
    latency: float = 0.0
    """Seconds before each reply."""
    hang: float = 30.0
    modes: tuple[str, ...] = ("json_schema", "tools", "text")
    """Ways of structured output that it knows; the others get a 400."""
    keep_calls: bool = True
    """False to count the calls only, in long runs."""
    calls: list[Call] = field(default_factory=list)
    count: int = 0
    """How many calls came."""
    peak: int = 0
    """Most requests in flight at once."""
    url: str = ""
    location: str = ""
    served: list[float] = field(default_factory=list)
    """Seconds that each request was in flight."""
    arrived: list[float] = field(default_factory=list)
    """When each request came, in seconds of a clock that never jumps."""
    ended: float = 0.0
    """When the last reply so far was sent, by that clock."""

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.run(self._serve(ready))

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._attempts: dict[str, int] = {}
        self._prompts: list[str] = []
        self._flying = 0
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=512)
        port = server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its reply; False when the connection is to be closed."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {k.lower(): v for k, v in (h.split(": ", 1) for h in head[1:] if ": " in h)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        self._flying += 1
        self.peak = max(self.peak, self._flying)
        started = self._loop.time()
        self.arrived.append(started)
        try:
            return await self._reply(self._note(method, path, headers, raw), reader, writer)
        finally:
            self._flying -= 1
            self.ended = self._loop.time()
            self.served.append(self.ended - started)

    def _note(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Call:
        key = hashlib.sha256(raw).hexdigest()
        self._attempts[key] = attempt = self._attempts.get(key, 0) + 1
        form = headers.get("content-type", "").startswith("multipart/")
        body = json.loads(raw) if raw and not form else {}
        call = Call(self.count, attempt, path, headers, body, method, raw if form else b"")
        self.count += 1
        if self.keep_calls:
            self.calls.append(call)
        return call

    async def _reply(
        self, call: Call, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if call.path.endswith("/models"):
            return _send(writer, 200, {"object": "list", "data": [{"id": "scripted"}]})
        fault = self.script(call)
        if call.mode not in self.modes and fault == "ok":
            fault = "400"
        if fault == "hang":
            return await self._hang(reader)
        await asyncio.sleep(self.latency)
        if fault == "307":
            return _send(writer, 307, {}, Location=self.location)
        if fault == "temperature":
            error = {"message": "Unsupported value: 'temperature' does not support 0.0"}
            return _send(writer, 400, {"error": error})
        if fault in ("400", "401", "429", "500", "503"):
            extra = {"Retry-After": "0.05"} if fault == "429" else {}
            says = {"400": f"{call.mode} is not supported by this model"}.get(fault, "scripted")
            return _send(writer, int(fault), {"error": {"message": says}}, **extra)
        if fault == "html":
            return _send(writer, 200, "<html><body>502 Bad Gateway</body></html>")
        if fault == "drop":
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"id":')
            await writer.drain()
            return False
        return _send(writer, 200, self._completion(call, fault))

    async def _hang(self, reader: asyncio.StreamReader) -> bool:
        """Say nothing until the client gives up."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), self.hang)
        return False

    def _completion(self, call: Call, fault: str) -> dict[str, Any]:
        content, finish = _spoil(self.answer(call), fault)
        message: dict[str, Any] = {"role": "assistant", "content": content}
        if fault == "refusal":
            message |= {"content": None, "refusal": "I cannot help with that."}
        elif call.mode == "tools" and fault != "empty":
            name = call.body["tools"][0]["function"]["name"]
            function = {"name": name, "arguments": content}
            tool = {"id": f"call_{call.index}", "type": "function", "function": function}
            message |= {"content": None, "tool_calls": [tool]}
        return {
            "id": f"chatcmpl-{call.index}",
            "object": "chat.completion",
            "created": 0,
            "model": call.body.get("model", ""),
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": self._usage(call, content),
        }

    def _usage(self, call: Call, content: str) -> dict[str, Any]:
        """Tokens as characters / 4; the longest prefix seen before is cached, the rest written."""
        schema = json.dumps(call.body.get("response_format") or call.body.get("tools") or "")
        prompt = schema + call.prompt
        cached = max((_common(prompt, seen) for seen in self._prompts), default=0) // 4
        self._prompts = [*self._prompts[-15:], prompt]
        return {
            "prompt_tokens": len(prompt) // 4,
            "completion_tokens": len(content) // 4,
            "total_tokens": len(prompt) // 4 + len(content) // 4,
            "prompt_tokens_details": {
                "cached_tokens": cached,
                "cache_write_tokens": len(prompt) // 4 - cached,
            },
        }


def _spoil(answer: object, fault: str) -> tuple[str, str]:
    """The text of an answer with the fault in it, and its finish_reason."""
    if fault in ("enum", "missing", "doubled", "lies"):
        answer = _spoil_rows(answer, fault)
    content = answer if isinstance(answer, str) else json.dumps(answer)
    if fault == "truncated":
        return content[: len(content) * 2 // 3], "length"
    if fault == "prose":
        return f"Sure! Here is my review:\n```json\n{content}\n```\nAnything else?", "stop"
    return ("" if fault == "empty" else content), "stop"


def _spoil_rows(answer: object, fault: str) -> object:
    rows: list[dict[str, Any]] = list(answer["rows"]) if isinstance(answer, dict) else []
    match fault:
        case "enum":
            rows = [{**row, "status": "splendid"} for row in rows]
        case "missing":
            rows = rows[:-1]
        case "doubled":
            rows = [row for row in rows for _ in range(2)]
        case "lies":
            lie = [{"passage": "p0001", "text": _LIE}]
            rows = [{**row, "status": "addressed", "quotes": lie} for row in rows]
    return {"rows": rows}


def _common(a: str, b: str) -> int:
    """Length of the common prefix, by pages and then by characters."""
    length = min(len(a), len(b))
    at = next((i for i in range(0, length, 512) if a[i : i + 512] != b[i : i + 512]), length)
    return next((i for i in range(at, length) if a[i] != b[i]), length)


def _send(writer: asyncio.StreamWriter, status: int, body: object, **headers: str) -> bool:
    raw = (body if isinstance(body, str) else json.dumps(body)).encode()
    kind = "text/html" if isinstance(body, str) else "application/json"
    head = {"Content-Type": kind, "Content-Length": str(len(raw)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"HTTP/1.1 {status} Scripted\r\n{lines}\r\n".encode() + raw)
    return True
