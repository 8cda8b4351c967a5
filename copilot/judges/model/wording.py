"""Asking a model for better words: the request, and what its answer says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from copilot.judges.model.requests import Message, Request
from copilot.judges.model.rows import MAX_ANSWER
from copilot.prompts import Prompts

MAX_TEXT = 700

WORDING_SCHEMA: dict[str, Any] = {
    "title": "Wordings",
    "description": "Each question in better words.",
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"number": {"type": "integer"}, "text": {"type": "string"}},
                "required": ["number", "text"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["questions"],
    "additionalProperties": False,
}


def wording_request(
    questions: Sequence[Mapping[str, Any]],
    prompts: Prompts,
    model: str,
    redact: Callable[[str], str],
    parameters: Mapping[str, Any],
) -> Request:
    """One request for all questions; each is a mapping of number, text and names."""
    listed = redact(json.dumps(list(questions), ensure_ascii=False, indent=1))
    text = prompts["questions"].render(questions=listed)
    return Request(
        id="questions",
        messages=(Message("user", text),),
        schema=WORDING_SCHEMA,
        model=model,
        parameters=parameters,
    )


def parse_wordings(text: str) -> dict[int, str]:
    """Number -> text, as far as the answer can be read; of two for one number the first."""
    start, end = text.find("{"), text.rfind("}")
    try:
        record = json.loads(text[start : end + 1][:MAX_ANSWER])
    except (ValueError, RecursionError):
        return {}
    items = record.get("questions") if isinstance(record, dict) else None
    found: dict[int, str] = {}
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and isinstance(item.get("number"), int):
            flat = " ".join(str(item.get("text") or "").split())[:MAX_TEXT]
            found.setdefault(item["number"], flat)
    return found
