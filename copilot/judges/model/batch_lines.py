"""Requests as lines for OpenAI's Batch API, and the lines of its output and error files.

A line holds the same body as a direct call and the request's digest as `custom_id`. Of what comes
back nothing is trusted: a line is an answer, a fault with its reason, or no line at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from copilot.judges.model.access import Access
from copilot.judges.model.client import bind, body_of, chat_model
from copilot.judges.model.faults import Fault, classify
from copilot.judges.model.requests import Answer, Request
from copilot.judges.model.wire import Mode, from_body, to_langchain

URL = "/v1/chat/completions"
MODES: tuple[Mode, ...] = ("json_schema", "tools", "text")


@dataclass(frozen=True)
class Way:
    """How requests are worded: from the strictest down to what the endpoint accepts."""

    mode: Mode = "json_schema"
    temperature: bool = True
    """False for models that take none."""

    def __str__(self) -> str:
        return f"{self.mode}{'' if self.temperature else ' without temperature'}"

    def after(self, fault: Fault) -> Way | None:
        """The way to try when a request was refused so; None when another would not help."""
        if fault.kind != "request" or "too long" in fault.reason:
            return None
        if "temperature" in fault.reason:
            return replace(self, temperature=False) if self.temperature else None
        rest = MODES[MODES.index(self.mode) + 1 :]
        return replace(self, mode=rest[0]) if rest else None


def read_way(text: str) -> Way:
    """The way that `str` wrote; the strictest for any other text."""
    mode, _, rest = text.partition(" ")
    return next((Way(m, temperature=not rest) for m in MODES if m == mode), Way())


class Lines:
    """Writes the lines of the requests for one model."""

    def __init__(self, access: Access, parameters: Mapping[str, Any]) -> None:
        self._access, self._parameters = access, dict(parameters)
        self._models: dict[bool, Any] = {}

    def line(self, request: Request, way: Way) -> bytes:
        """One line with its end; raises Fault or CallFailed when the library cannot word it."""
        bound = bind(self._model(way.temperature), way.mode, request.schema)
        body = body_of(bound, to_langchain(request, way.mode, self._access.provider))
        record = {"custom_id": request.digest, "method": "POST", "url": URL, "body": body}
        return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

    def _model(self, temperature: bool) -> Any:
        if temperature not in self._models:
            kept = {k: v for k, v in self._parameters.items() if temperature or k != "temperature"}
            self._models[temperature] = chat_model(self._access, kept, None)
        return self._models[temperature]


@dataclass(frozen=True)
class Reply:
    """What one line says about one request."""

    digest: str
    answer: Answer | None = None
    fault: Fault | None = None
    """Set when there is no answer."""


class _Refused(Exception):
    """A line's error, shaped like the exceptions of the provider's library."""

    def __init__(self, status: int, message: object) -> None:
        super().__init__(status)
        self.status_code, self.body = status, {"message": message}


def read_reply(line: bytes, secret: str = "") -> Reply | None:
    """The reply in a line of an output or error file; None when it is no such line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    digest = record.get("custom_id") if isinstance(record, dict) else None
    if not isinstance(digest, str):
        return None
    try:
        return Reply(digest, _answer(record, secret))
    except Fault as fault:
        return Reply(digest, fault=fault)


def _answer(record: dict[str, Any], secret: str) -> Answer:
    response = record.get("response")
    if not isinstance(response, dict):
        raise _from_error(record.get("error"), secret)
    status, body = response.get("status_code"), response.get("body")
    if status != 200:
        error = body.get("error") if isinstance(body, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        raise classify(_Refused(status if isinstance(status, int) else 500, message), secret)
    try:
        return _checked(from_body(body))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        what = f"the answer is no chat completion ({type(error).__name__})"
        raise Fault("useless", what) from None


def _from_error(error: object, secret: str) -> Fault:
    """The fault of a line without a response: the batch ended before its request was sent."""
    known = error if isinstance(error, dict) else {}
    said = classify(_Refused(500, known.get("message")), secret).reason.removeprefix("HTTP 500")
    code = " ".join(str(known.get("code") or "not answered").split())[:60]
    return Fault("server", f"{code}{said}")


def _checked(answer: Answer) -> Answer:
    if not answer.text.strip():
        raise Fault("useless", "the model's answer was empty", spent=answer)
    return answer
