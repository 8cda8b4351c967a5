"""The document as a model sees it: passages with ids and lines, inside delimiters of its own.

The delimiters hold a tag derived from the document's digest that occurs nowhere in it, so no text
of the document can close them or pose as another passage. The whole document goes in when it fits
the budget, else an outline and the passages that retrieval found, best first for every aspect.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from copilot.errors import JudgeError
from copilot.judges.protocol import Evidence
from copilot.prompts import Prompts
from copilot.schema import Passage, Share

TASK_TOKENS = 4_000
"""Kept free for the last message and the answer's schema."""
OUTLINE_HEADINGS = 150
_BYTES_PER_TOKEN = 3.6
"""English prose with markup; an estimate, for nothing is downloaded to count exactly."""


@dataclass(frozen=True)
class Context:
    """The messages that all requests of a review share."""

    system: str
    document: str
    whole: bool
    """True when the document stands in it completely."""
    passages: frozenset[str]
    """Ids of the passages in it."""
    share: Share
    """Share of the document's non-blank characters in it."""
    text: str
    """The document's text as it is sent: redacted, and of the same length."""
    tag: str
    """What marks the delimiters."""


def make_context(
    evidence: Evidence, system: str, prompts: Prompts, redact: Callable[[str], str], tokens: int
) -> Context:
    """The shared messages, `system` and the document, for a prompt of at most `tokens` tokens.

    `redact` must keep the length of its text; JudgeError when it does not.
    """
    original = evidence.document.text
    text = redact(original)
    if len(text) != len(original):
        raise JudgeError("redaction changed the length of the text", todo="report this as a bug")
    tag = make_tag(evidence.document.digest, original + text)
    room = tokens - TASK_TOKENS - estimate_tokens(system)
    chosen = _choose(evidence, room)
    whole = len(chosen) == len(evidence.passages)
    document = prompts["document"].render(
        tag=tag,
        title=redact(evidence.document.title),
        extent=_extent(whole, len(chosen), len(evidence.passages)),
        body="".join(_body(evidence, chosen, text, tag, outline=not whole)),
    )
    return Context(
        system=system,
        document=document,
        whole=whole,
        passages=frozenset(passage.id for passage in chosen),
        share=_share(original, chosen),
        text=text,
        tag=tag,
    )


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is."""
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN)


def make_tag(digest: str, text: str) -> str:
    """Eight hexadecimal digits that depend on the digest and do not occur in the text."""
    folded, turn = text.lower(), 0
    while True:
        tag = hashlib.sha256(f"{digest}{turn}".encode()).hexdigest()[:8]
        if tag not in folded:
            return tag
        turn += 1


def _choose(evidence: Evidence, room: int) -> tuple[Passage, ...]:
    """All passages when they fit, else the best of each aspect in turn, in document order."""
    costs = {p.id: estimate_tokens(p.text) + 16 for p in evidence.passages}
    if sum(costs.values()) <= room:
        return evidence.passages
    room -= sum(map(estimate_tokens, outline(evidence)))
    taken: set[str] = set()
    for identifier in _ranked(evidence):
        if identifier not in taken and costs[identifier] <= room:
            taken.add(identifier)
            room -= costs[identifier]
    return tuple(passage for passage in evidence.passages if passage.id in taken)


def _ranked(evidence: Evidence) -> Iterator[str]:
    """Passage ids: every aspect's best, every aspect's second, ..., then in document order."""
    for rank in zip_longest(*evidence.hits.values()):
        yield from (hit.passage for hit in rank if hit is not None)
    yield from (passage.id for passage in evidence.passages)


def _extent(whole: bool, chosen: int, total: int) -> str:
    if whole:
        return "The document is complete."
    return (
        f"The document is long: its outline and {chosen} of its {total} passages follow, those "
        "that a search found nearest to the aspects. Passages between them are left out."
    )


def _body(
    evidence: Evidence, chosen: tuple[Passage, ...], text: str, tag: str, *, outline: bool
) -> Iterator[str]:
    if outline:
        yield f"[{tag} outline]\n"
        yield "".join(_outline_lines(evidence, text))
    several = len(evidence.document.files) > 1
    for passage in chosen:
        file = f" {passage.file}" if several else ""
        yield f"[{tag} {passage.id}{file} lines {passage.line_start}-{passage.line_end}]\n"
        yield text[passage.start : passage.end].strip("\n") + "\n"


def outline(evidence: Evidence) -> list[str]:
    """The headings of the document, indented by level, one a line."""
    return list(_outline_lines(evidence, evidence.document.text))


def _outline_lines(evidence: Evidence, text: str) -> Iterator[str]:
    """Headings as they stand in `text`, so that what is redacted there stays so here."""
    for section in evidence.document.sections[:OUTLINE_HEADINGS]:
        head = text[section.start : section.end].strip().split("\n", 1)[0][:120]
        yield f"{'  ' * (section.level - 1)}{head}\n"


def _share(text: str, chosen: tuple[Passage, ...]) -> float:
    """Share of the non-blank characters of `text` that stand in the chosen passages."""
    total = sum(map(len, text.split()))
    read = sum(len(word) for p in chosen for word in text[p.start : p.end].split())
    return min(1.0, round(read / total, 4)) if total else 0.0
