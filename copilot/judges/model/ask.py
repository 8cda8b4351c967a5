"""Asking a model one question about a document: the request, and what its answer says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from copilot.judges.model.context import make_context
from copilot.judges.model.redact import Redacted
from copilot.judges.model.requests import Message, Request
from copilot.judges.model.rows import MAX_ANSWER
from copilot.judges.protocol import Evidence
from copilot.prompts import Prompts
from copilot.schema import Quote

MAX_SENTENCES, MAX_QUOTES, MAX_TEXT = 8, 4, 1_000


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
ASK_SCHEMA: dict[str, Any] = {
    "title": "CitedAnswer",
    "description": "What the document tells about a question, sentence by sentence.",
    **_object(
        told={"type": "boolean", "description": "False when the document does not tell"},
        sentences={
            "type": "array",
            "items": _object(
                text=_TEXT,
                quotes={"type": "array", "items": _object(passage=_TEXT, text=_TEXT)},
            ),
        },
    ),
}


@dataclass(frozen=True)
class Said:
    """One sentence of an answer, unverified."""

    text: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class AskRequest:
    """A question as it is sent, and the way back from redacted quotes."""

    request: Request
    sent: Redacted


def ask_request(
    question: str,
    evidence: Evidence,
    prompts: Prompts,
    model: str,
    redact: Callable[[str], str],
    *,
    context_tokens: int,
    parameters: Mapping[str, Any],
) -> AskRequest:
    """The request; the document is whole where it fits, else what a search found."""
    system = prompts["ask"].render()
    context = make_context(evidence, system, prompts, redact, context_tokens)
    task = f"The document has ended; what follows is the question.\n\n{redact(question)}"
    request = Request(
        id="ask",
        messages=(
            Message("system", context.system),
            Message("user", context.document, cache_breakpoint=True),
            Message("user", task),
        ),
        schema=ASK_SCHEMA,
        model=model,
        parameters=parameters,
    )
    return AskRequest(request, Redacted(context.text, (), evidence.document.text))


def parse_said(text: str) -> tuple[Said, ...] | None:
    """The sentences of an answer; empty when the document does not tell, None when unreadable."""
    for record in _objects(text[:MAX_ANSWER]):
        if isinstance(record.get("sentences"), list):
            sentences = record["sentences"][:MAX_SENTENCES]
            found = [_said(item) for item in sentences if isinstance(item, dict)]
            told = record.get("told", True)
            return tuple(one for one in found if one.text) if told is not False else ()
        if record.get("told") is False:
            return ()
    return None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects in a text, outermost first, prose around them passed over."""
    decoder, at = json.JSONDecoder(), text.find("{")
    for _ in range(200):
        if at < 0:
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            value, end = None, at + 1
        if isinstance(value, dict):
            yield value
        at = text.find("{", end)


def _said(item: dict[str, Any]) -> Said:
    quotes = item.get("quotes")
    given = quotes if isinstance(quotes, list) else []
    return Said(
        text=" ".join(str(item.get("text") or "").split())[:MAX_TEXT],
        quotes=tuple(quote for raw in given[:MAX_QUOTES] if (quote := _quote(raw)).text),
    )


def _quote(raw: Any) -> Quote:
    if isinstance(raw, str):
        return Quote(text=raw.strip()[:MAX_TEXT])
    record = raw if isinstance(raw, dict) else {}
    passage = record.get("passage")
    return Quote(
        text=str(record.get("text") or "").strip()[:MAX_TEXT],
        passage=passage if isinstance(passage, str) else None,
    )
