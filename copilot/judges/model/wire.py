"""Between our requests and LangChain's messages: what goes over the wire, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from copilot.judges.model.context import estimate_tokens
from copilot.judges.model.faults import Fault
from copilot.judges.model.requests import Answer, Message, Request

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

Mode = Literal["json_schema", "tools", "text"]
"""A schema that the server enforces, a tool whose arguments are the answer, a request in words."""

_ROW_TOKENS = 200
"""Tokens of an answer per aspect asked for, as budgets and estimates count them."""


def to_langchain(request: Request, mode: Mode, provider: str) -> list[BaseMessage]:
    """The messages as LangChain wants them; neighbours of one role become one message.

    Some chat templates refuse two user messages in a row. For Anthropic's models the parts stay
    apart as blocks, with a cache breakpoint after the system message and after the document.
    """
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    blocks = marks_cache(provider)
    converted: list[BaseMessage] = []
    for role, group in _grouped(_worded(request, mode)):
        content = _blocks(group) if blocks else "\n\n".join(m.content for m in group)
        converted.append(kinds[role](content=content))
    return converted


def marks_cache(provider: str) -> bool:
    """True for a provider that caches up to the breakpoints that it is told, and only so."""
    return "anthropic" in provider


def _worded(request: Request, mode: Mode) -> tuple[Message, ...]:
    """In text mode the schema goes into the system message, the same for every request."""
    if mode != "text":
        return request.messages
    first, *rest = request.messages
    schema = json.dumps(request.schema, ensure_ascii=False)
    told = f"{first.content}\n\nAnswer with JSON alone that fits this JSON schema:\n{schema}"
    return (replace(first, content=told), *rest)


def _grouped(messages: tuple[Message, ...]) -> list[tuple[str, list[Message]]]:
    groups: list[tuple[str, list[Message]]] = []
    for message in messages:
        if groups and groups[-1][0] == message.role:
            groups[-1][1].append(message)
        else:
            groups.append((message.role, [message]))
    return groups


def _blocks(group: list[Message]) -> list[dict[str, Any]]:
    return [
        {"type": "text", "text": message.content}
        | (
            {"cache_control": {"type": "ephemeral"}}
            if message.cache_breakpoint or message.role == "system"
            else {}
        )
        for message in group
    ]


def from_message(raw: AIMessage) -> Answer:
    """The answer in a message: its tool call's arguments, else its text."""
    usage: Any = raw.usage_metadata or {}
    details = usage.get("input_token_details") or {}
    calls = [json.dumps(call["args"]) for call in raw.tool_calls]
    calls += [str(call.get("args") or "") for call in raw.invalid_tool_calls]
    finish = str(raw.response_metadata.get("finish_reason") or "")
    stop = str(raw.response_metadata.get("stop_reason") or "")
    answer = Answer(
        text=calls[0] if calls else str(raw.text),
        prompt_tokens=int(usage.get("input_tokens") or 0),
        cached_tokens=int(details.get("cache_read") or 0),
        completion_tokens=int(usage.get("output_tokens") or 0),
        written_tokens=_written(details),
        cut=finish == "length" or stop == "max_tokens",
    )
    refusal = raw.additional_kwargs.get("refusal")
    if refusal or finish == "content_filter" or stop == "refusal":
        said = f": {' '.join(str(refusal).split())[:120]}" if refusal else ""
        raise Fault("refused", f"the model refused{said}", spent=answer)
    return answer


def _written(details: Mapping[str, Any]) -> int:
    """Tokens written into the cache; Anthropic's count them by how long they are kept there."""
    kept = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    return sum(int(details.get(name) or 0) for name in kept) or int(
        details.get("cache_creation") or 0
    )


def from_completion(completion: Any) -> Answer:
    """The answer in an OpenAI completion that broke off."""
    usage, message = completion.usage, completion.choices[0].message
    details = getattr(usage, "prompt_tokens_details", None)
    calls = [call.function.arguments for call in message.tool_calls or []]
    return Answer(
        text=calls[0] if calls else message.content or "",
        prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
        cached_tokens=getattr(details, "cached_tokens", 0) or 0,
        completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
        written_tokens=getattr(details, "cache_write_tokens", 0) or 0,
        cut=True,
    )


def from_body(body: Any) -> Answer:
    """The answer in a chat completion's JSON; raises Fault for a refusal.

    Any of KeyError, IndexError, TypeError, AttributeError, ValueError tells that it is none.
    """
    choice = body["choices"][0]
    message, finish = choice["message"], choice.get("finish_reason")
    calls = [call["function"]["arguments"] for call in message.get("tool_calls") or []]
    usage = body.get("usage") or {}
    details = usage.get("prompt_tokens_details") or {}
    answer = Answer(
        text=str(calls[0] if calls else message.get("content") or ""),
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        cached_tokens=int(details.get("cached_tokens") or 0),
        completion_tokens=int(usage.get("completion_tokens") or 0),
        written_tokens=int(details.get("cache_write_tokens") or 0),
        cut=finish == "length",
    )
    if (refusal := message.get("refusal")) or finish == "content_filter":
        said = f": {' '.join(str(refusal).split())[:120]}" if refusal else ""
        raise Fault("refused", f"the model refused{said}", spent=answer)
    return answer


def estimate_request(request: Request) -> int:
    """About how many tokens a request is, its schema included."""
    schema = estimate_tokens(json.dumps(request.schema))
    return schema + sum(estimate_tokens(message.content) for message in request.messages)


def call_estimate(request: Request) -> Answer:
    """The tokens of a call at the dearest: nothing is in the provider's cache, all is written."""
    prompt = estimate_request(request)
    return Answer("", prompt, 0, answer_estimate(request), written_tokens=prompt)


def answer_estimate(request: Request) -> int:
    """About how many tokens its answer will be, from the aspects that it lists at its end."""
    listed = request.messages[-1].content.rstrip().rsplit("\n\n", 1)[-1].splitlines()
    return _ROW_TOKENS * max(1, sum(line.startswith("- ") for line in listed))
