"""Second looks: a critic that refutes or confirms, a search for what was overlooked, a re-ask.

A second look may lower a verdict by its word alone; to raise one it has to bring a quote that
stands in the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from copilot.judges.model.requests import Brief, Request, active, describe, id_list
from copilot.judges.protocol import Evidence
from copilot.schema import Aspect, Dimension, Hit, Judgement, Quote, Status

Stands = Callable[[Iterable[Quote]], bool]

STRONG_SIMILARITY = 0.45
"""Similarity of an aspect's query and a passage from which `missing` is asked about again.

With the local embedder about one in ten aspects that are really missing reaches it, and one in
three of those that are addressed.
"""
REASK_PASSAGES = 3
_RANK = {Status.MISSING: 0, Status.PARTIAL: 1, Status.ADDRESSED: 2}


def critic_request(
    dimension: Dimension,
    judged: Mapping[str, Judgement],
    evidence: Evidence,
    brief: Brief,
    stands: Stands,
    model: str,
) -> Request:
    """The request that has a critic refute or confirm a dimension's verdicts."""
    aspects = active(dimension)
    task = brief.prompts["critic"].render(
        title=dimension.title,
        verdicts="\n".join(_shown(judged[aspect.id], stands) for aspect in aspects),
        aspects=describe(aspects, evidence, brief),
        ids=id_list(aspects),
    )
    return brief.request(f"critic-{dimension.id}", task, model)


def _shown(judgement: Judgement, stands: Stands) -> str:
    if judgement.status is Status.UNJUDGED:
        return f"* {judgement.aspect}: no verdict was given; give yours."
    lines = [f"* {judgement.aspect}: {judgement.status.value}. {judgement.rationale}"]
    for quote in judgement.quotes:
        made_up = "" if stands([quote]) else " (not in the document)"
        lines.append(f"  quote from {quote.passage or 'the document'}{made_up}: {quote.text}")
    return "\n".join(lines)


def after_critic(first: Judgement, critic: Judgement, stands: Stands) -> Judgement:
    """The verdict after the critic's word."""
    if critic.status is Status.UNJUDGED:
        note = "The critic gave no usable answer."
        return first.model_copy(update={"rationale": f"{first.rationale} ({note})"})
    if critic.status is first.status:
        return first.model_copy(
            update={
                "quotes": _union(first.quotes, critic.quotes),
                "confidence": max(first.confidence, critic.confidence),
                "rationale": f"{first.rationale} (Confirmed by the critic.)",
            }
        )
    if raises(first.status, critic.status) and not stands(critic.quotes):
        note = f"The critic's {critic.status.value} has no quote that stands in the document."
        return first.model_copy(update={"rationale": f"{first.rationale} ({note})"})
    quotes = critic.quotes
    if critic.status in (Status.ADDRESSED, Status.PARTIAL):
        quotes = _union(critic.quotes, first.quotes)
    was = f"First judged {first.status.value}; the critic refuted that: "
    if first.status is Status.UNJUDGED:
        was = "Judged by the critic alone: "
    return critic.model_copy(
        update={
            "quotes": quotes,
            "confidence": min(critic.confidence, 0.7),
            "rationale": was + critic.rationale,
            "questions": critic.questions or first.questions,
        }
    )


def raises(before: Status, after: Status) -> bool:
    """True when `after` claims more evidence than `before`."""
    return _RANK.get(after, 0) > _RANK.get(before, 0)


def after_second_look(first: Judgement, second: Judgement, stands: Stands, what: str) -> Judgement:
    """The verdict on something missing after another look: raised by a quote that stands."""
    if raises(Status.MISSING, second.status) and stands(second.quotes):
        return second.model_copy(update={"rationale": f"{what}: {second.rationale}"})
    if first.status is Status.UNJUDGED and second.status is Status.MISSING:
        return second
    return first


def _union(first: tuple[Quote, ...], second: tuple[Quote, ...]) -> tuple[Quote, ...]:
    seen = {quote.text for quote in first}
    return first + tuple(quote for quote in second if quote.text not in seen)


def completeness_request(
    aspects: Sequence[Aspect], evidence: Evidence, brief: Brief, model: str
) -> Request:
    """The request that looks once more for what a review did not find."""
    task = brief.prompts["completeness"].render(
        aspects=describe(aspects, evidence, brief, brief_form=True), ids=id_list(aspects)
    )
    return brief.request("completeness-all", task, model)


def doubtful(
    dimension: Dimension, judged: Mapping[str, Judgement], evidence: Evidence
) -> list[Aspect]:
    """Missing aspects for which a search found passages that are very much alike."""
    return [
        aspect
        for aspect in active(dimension)
        if judged[aspect.id].status is Status.MISSING
        and any(hit.similarity >= STRONG_SIMILARITY for hit in evidence.hits.get(aspect.id, ()))
    ]


def reask_request(
    dimension: Dimension, aspects: Sequence[Aspect], evidence: Evidence, brief: Brief
) -> Request:
    """The request that puts the top retrieved passages before the model."""
    task = brief.prompts["reask"].render(
        passages=_passages(aspects, evidence, brief),
        aspects=describe(aspects, evidence, brief),
        ids=id_list(aspects),
    )
    return brief.request(f"reask-{dimension.id}", task)


def _passages(aspects: Sequence[Aspect], evidence: Evidence, brief: Brief) -> str:
    """Ids of each aspect's nearest passages, and their text inside the document's delimiters."""
    text, tag = brief.context.text, brief.context.tag
    by_id = {passage.id: passage for passage in evidence.passages}
    nearest = {aspect.id: _top(evidence.hits.get(aspect.id, ())) for aspect in aspects}
    lines = [f"{aspect}: {', '.join(ids)}" for aspect, ids in nearest.items()]
    shown = sorted({identifier for ids in nearest.values() for identifier in ids})
    body = "".join(
        f"[{tag} {p.id} lines {p.line_start}-{p.line_end}]\n{text[p.start : p.end].strip()}\n"
        for p in map(by_id.__getitem__, shown)
    )
    return "\n".join(lines) + f"\n\n<document {tag}>\n{body}</document {tag}>"


def _top(hits: Sequence[Hit]) -> list[str]:
    best = sorted(hits, key=lambda hit: -hit.similarity)[:REASK_PASSAGES]
    return [hit.passage for hit in best]
