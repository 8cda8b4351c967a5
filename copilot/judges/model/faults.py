"""What can go wrong with a call, told without repeating anything secret.

Libraries of many providers raise errors of their own; they are told apart by their HTTP status,
headers and class names, so that no provider's package is needed here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from copilot.errors import JudgeError
from copilot.judges.model.requests import Answer

Kind = Literal[
    "busy", "server", "timeout", "connection", "unreachable", "useless", "refused", "request", "key"
]
"""busy: 429; server: 5xx; unreachable: no connection was made; useless: an answer that is none;
refused: the model declined; request: 4xx, the same again would fail; key: 401 or 403."""

_MESSAGE = 200
_TOKENS = re.compile(r"(?i)(?:bearer\s+|\b(?:sk|key|lsv2|pk)[-_])[\w.\-*]{4,}")
_TRANSIENT = {408: "timeout", 409: "server", 425: "server"}


class Fault(Exception):
    """One attempt that failed."""

    def __init__(
        self,
        kind: Kind,
        reason: str,
        retry_after: float | None = None,
        status: int | None = None,
        spent: Answer | None = None,
    ) -> None:
        """`reason` is for people and holds no key; `retry_after` is in seconds."""
        super().__init__(reason)
        self.kind, self.reason, self.retry_after, self.status = kind, reason, retry_after, status
        self.spent = spent
        """Tokens that the attempt took although it failed."""


class CallFailed(JudgeError):
    """A request without an answer, after all retries."""

    def __init__(self, what: str, *, spent: Answer | None = None) -> None:
        super().__init__(what)
        self.spent = spent or Answer("", calls=0)
        """What the attempts cost all the same."""


def classify(error: BaseException, secret: str = "") -> Fault:
    """The fault behind an exception of a provider's library; `secret` never shows in it."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _from_status(status, error, secret)
    names = " ".join(kind.__name__ for link in _chain(error) for kind in type(link).__mro__)
    if "Timeout" in names:
        return Fault("timeout", "the call timed out")
    if "ConnectError" in names or "ConnectionRefused" in names or "gaierror" in names:
        return Fault("unreachable", "the endpoint cannot be reached")
    if "Connection" in names or "ProtocolError" in names or "ReadError" in names:
        return Fault("connection", "the connection broke")
    return Fault("useless", f"the endpoint's answer is no chat completion ({type(error).__name__})")


def _chain(error: BaseException) -> list[BaseException]:
    links = [error]
    while (cause := links[-1].__cause__ or links[-1].__context__) and len(links) < 6:
        links.append(cause)
    return links


def _from_status(status: int, error: BaseException, secret: str) -> Fault:
    reason = f"HTTP {status}{_said(error, secret)}"
    after = retry_after(getattr(getattr(error, "response", None), "headers", None) or {})
    if status == 429:
        return Fault("busy", reason, after, status)
    if status >= 500 or status in _TRANSIENT:
        kind: Kind = "timeout" if status == 408 else "server"
        return Fault(kind, reason, after, status)
    if status in (401, 403):
        return Fault("key", f"HTTP {status}: the endpoint does not accept the key", None, status)
    if "ContextOverflow" in type(error).__name__ or "context" in reason.lower():
        reason += "; the prompt may be too long: lower --context-tokens"
    return Fault("request", reason, None, status)


def _said(error: BaseException, secret: str) -> str:
    """The server's own words, shortened, on one line, without keys."""
    body: Any = getattr(error, "body", None)
    text = body.get("message") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text.strip():
        return ""
    if len(secret) > 3:
        text = text.replace(secret, "***")
    return ": " + _TOKENS.sub("***", " ".join(text.split()))[:_MESSAGE]


def retry_after(headers: Any) -> float | None:
    """Seconds of a Retry-After header (a number or an HTTP date) or of retry-after-ms."""
    try:
        if value := headers.get("retry-after-ms"):
            return max(0.0, float(value) / 1000)
        value = headers.get("retry-after")
        if not value:
            return None
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
            return float(value)
        when = parsedate_to_datetime(value)
        return max(0.0, (when - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, AttributeError):
        return None
