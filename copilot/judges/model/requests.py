"""What is sent to a model, as plain data: the same requests are judged, exported and counted.

All requests of a review share the schema, the system message and the document, byte for byte;
only the last message differs. Providers cache exactly that prefix.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Protocol

from copilot.judges.model.context import Context, make_context
from copilot.judges.model.rows import ROWS_SCHEMA
from copilot.judges.protocol import Evidence
from copilot.knowledge import Knowledge
from copilot.prompts import Prompts
from copilot.schema import Aspect, Dimension

Depth = Literal["quick", "standard", "deep"]

CONTEXT_TOKENS = 60_000
"""Tokens that a prompt may have unless the settings say otherwise."""
POINTERS = 5
"""Passages that the task names per aspect, when the model reads retrieved passages only."""


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str
    cache_breakpoint: bool = False
    """True where the part that all requests of a review share ends."""


@dataclass(frozen=True)
class Request:
    """Everything that is sent for one call, except the key and the address."""

    id: str
    """`<stage>-<dimension>`, e.g. `judge-risk`."""
    messages: tuple[Message, ...]
    schema: dict[str, Any]
    """JSON schema of the answer."""
    model: str
    """`provider:name`."""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of messages, schema, model and parameters; the id is not part of it."""
        content = {
            "messages": [[m.role, m.content, m.cache_breakpoint] for m in self.messages],
            "schema": self.schema,
            "model": self.model,
            "parameters": dict(self.parameters),
        }
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What a model answered."""

    text: str
    """The answer's text: JSON, as far as the model kept to the schema."""
    prompt_tokens: int = 0
    """Of the whole prompt, with those that the cache held or was given."""
    cached_tokens: int = 0
    """Prompt tokens that the provider's cache held."""
    completion_tokens: int = 0
    written_tokens: int = 0
    """Prompt tokens that the provider wrote into its cache."""
    stored: bool = False
    """True when it came from the cache and nothing was sent."""
    cut: bool = False
    """True when the model stopped at its limit of tokens."""
    calls: int = 1
    """HTTP requests that it took, failed ones included."""

    def after(self, before: Answer) -> Answer:
        """This answer with the tokens and calls of an attempt before it."""
        return replace(
            self,
            prompt_tokens=before.prompt_tokens + self.prompt_tokens,
            cached_tokens=before.cached_tokens + self.cached_tokens,
            completion_tokens=before.completion_tokens + self.completion_tokens,
            written_tokens=before.written_tokens + self.written_tokens,
            calls=before.calls + self.calls,
        )


class Answers(Protocol):
    """Where answers come from: an endpoint, the cache before it, or a folder of files."""

    async def answer(self, request: Request) -> Answer:
        """The answer to one request; raises JudgeError, whose `what` is the reason to show."""
        ...

    async def keep(self, request: Request, answer: Answer) -> None:
        """Told by the judge that the answer was usable, so that it may be stored."""
        ...


@dataclass(frozen=True)
class Brief:
    """What all requests of one review have in common."""

    context: Context
    prompts: Prompts
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def request(self, identifier: str, task: str, model: str | None = None) -> Request:
        """The request whose last message is `task`."""
        return Request(
            id=identifier,
            messages=(
                Message("system", self.context.system),
                Message("user", self.context.document, cache_breakpoint=True),
                Message("user", task),
            ),
            schema=ROWS_SCHEMA,
            model=model or self.model,
            parameters=self.parameters,
        )


def make_brief(
    evidence: Evidence,
    knowledge: Knowledge,
    prompts: Prompts,
    model: str,
    redact: Callable[[str], str],
    *,
    context_tokens: int = CONTEXT_TOKENS,
    parameters: Mapping[str, Any] | None = None,
) -> Brief:
    """The shared part of a review's requests; `redact` keeps the length of what it is given."""
    system = prompts["system"].render(guide=guide(knowledge))
    context = make_context(evidence, system, prompts, redact, context_tokens)
    return Brief(context, prompts, model, parameters or {})


def judge_requests(
    dimensions: Sequence[Dimension],
    evidence: Evidence,
    knowledge: Knowledge,
    prompts: Prompts,
    model: str,
    depth: Depth,
    redact: Callable[[str], str],
    *,
    context_tokens: int = CONTEXT_TOKENS,
    parameters: Mapping[str, Any] | None = None,
) -> list[Request]:
    """The first request for each dimension, or the one request for all at depth quick.

    The requests of later stages (repair, re-ask, critic, completeness) depend on the answers.
    """
    brief = make_brief(
        evidence,
        knowledge,
        prompts,
        model,
        redact,
        context_tokens=context_tokens,
        parameters=parameters,
    )
    groups = [dimensions] if depth == "quick" else [[dimension] for dimension in dimensions]
    return [judge_request(group, evidence, brief) for group in groups if any(map(active, group))]


def judge_request(dimensions: Sequence[Dimension], evidence: Evidence, brief: Brief) -> Request:
    """The request that asks for the verdicts of one dimension, or of several at once."""
    aspects = [aspect for dimension in dimensions for aspect in active(dimension)]
    if len(dimensions) == 1:
        dimension = dimensions[0]
        task = brief.prompts["dimension"].render(
            title=dimension.title,
            question=dimension.question,
            aspects=describe(aspects, evidence, brief),
            ids=id_list(aspects),
        )
        return brief.request(f"judge-{dimension.id}", task)
    task = brief.prompts["all-dimensions"].render(
        aspects=describe(aspects, evidence, brief, brief_form=True), ids=id_list(aspects)
    )
    return brief.request("judge-all", task)


def guide(knowledge: Knowledge) -> str:
    """What every aspect means: in the shared part, for evidence is told apart by all of them."""
    lines = []
    for dimension in knowledge.dimensions:
        for aspect in active(dimension):
            lines.append(f"- `{aspect.id}` {aspect.title}: {aspect.meaning}")
            if aspect.not_evidence:
                lines.append(f"  Not evidence: {'; '.join(aspect.not_evidence)}.")
    return "\n".join(lines)


def active(dimension: Dimension) -> list[Aspect]:
    """The aspects that are switched on."""
    return [aspect for aspect in dimension.aspects if not aspect.disabled]


def id_list(aspects: Iterable[Aspect]) -> str:
    """Aspect ids, one a line, as the slots that the answer must fill."""
    return "\n".join(f"- {aspect.id}" for aspect in aspects)


def describe(
    aspects: Iterable[Aspect], evidence: Evidence, brief: Brief, *, brief_form: bool = False
) -> str:
    """The criteria of each aspect: what counts, what does not."""
    return "\n\n".join(
        _aspect(aspect, brief_form) + _pointers(aspect, evidence, brief.context)
        for aspect in aspects
    )


def _aspect(aspect: Aspect, brief_form: bool) -> str:
    lines = [f"### {aspect.id}: {aspect.title}"]
    for criterion in aspect.criteria:
        slug = criterion.id.removeprefix(f"{aspect.id}.")
        lines.append(f"- {slug}: {criterion.statement}")
        if not brief_form:
            lines.append(f"  counts: {criterion.addressed}")
            lines.append(f"  does not count: {criterion.counter_example}")
    return "\n".join(lines)


def _pointers(aspect: Aspect, evidence: Evidence, context: Context) -> str:
    """Which passages came nearest in a search, said only when the document is not whole."""
    if context.whole:
        return ""
    near = [h.passage for h in evidence.hits.get(aspect.id, ()) if h.passage in context.passages]
    return "\nNearest in a search: " + (", ".join(near[:POINTERS]) or "nothing")
