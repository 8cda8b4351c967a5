"""Stands where LangChain expects OpenAI's `chat.completions`: sends the body and reads the JSON.

Key, address, errors and connections stay those of OpenAI's client. What is left out is its walk
through every message before a call and through the answer after it, which took as long as all the
rest of the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from copilot.judges.model.wire import from_body


class Completions:
    """The completions of one `AsyncOpenAI` client, as LangChain asks for them."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def with_raw_response(self) -> Completions:
        """The way that LangChain takes to `create`."""
        return self

    async def create(self, *, extra_body: Any = None, **body: Any) -> Completed:
        """Send the body; raises the errors of OpenAI's library."""
        sent = {**body, **(extra_body or {})}
        return Completed(await self._client.post("/chat/completions", body=sent, cast_to=object))


@dataclass(frozen=True)
class Completed:
    """What came back from one call."""

    body: Any
    """Decoded JSON, the text of another type of content."""

    def parse(self) -> Any:
        """The body; raises Fault for a refusal, which LangChain keeps of OpenAI's objects only."""
        if _refuses(self.body):
            from_body(self.body)
        return self.body


def _refuses(body: Any) -> bool:
    choices = body.get("choices") if isinstance(body, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    return isinstance(message, dict) and bool(message.get("refusal"))
