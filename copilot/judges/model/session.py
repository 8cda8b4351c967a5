"""The calls of one review: the first warms the provider's cache, an unusable answer is repaired."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from copilot.documents.quotes import QuoteFinder
from copilot.errors import JudgeError
from copilot.judges.model.faults import CallFailed
from copilot.judges.model.prices import Prices
from copilot.judges.model.redact import Redacted
from copilot.judges.model.requests import Answer, Answers, Brief, Message, Request, id_list
from copilot.judges.model.rows import Parsed, parse, unusable
from copilot.judges.protocol import Evidence
from copilot.schema import Aspect, Judgement, Quote, Spending, Status

_SHOWN = 6_000
"""Characters of an unusable answer that the model is shown again."""

Judgements = Mapping[str, Judgement]
"""Aspect id -> judgement."""


class Session:
    """One review's conversation with its models."""

    def __init__(self, brief: Brief, evidence: Evidence, answers: Answers, prices: Prices) -> None:
        self.brief, self.evidence = brief, evidence
        self._answers, self._prices = answers, prices
        self._warm: dict[str, asyncio.Event] = {}
        self._spent: dict[str, Spending] = {}
        self._finder = QuoteFinder(evidence.document, evidence.passages)
        self._sent = Redacted(brief.context.text, (), evidence.document.text)

    async def ask(
        self, request: Request, aspects: Sequence[Aspect], dimension: str
    ) -> dict[str, Judgement]:
        """A judgement for each aspect, unjudged with its reason where the model gave none."""
        try:
            answer = await self._send(request, dimension)
        except JudgeError as error:
            return {aspect.id: unusable(aspect, error.what) for aspect in aspects}
        parsed = parse(answer.text, aspects, cut=answer.cut)
        if parsed.usable:
            await self._answers.keep(request, answer)
        judged = {j.aspect: self._finished(j) for j in parsed.judgements}
        if problems := self._problems(parsed, judged.values()):
            mended = await self._repair(request, answer, problems, aspects, dimension)
            judged |= {aspect: self._better(judged[aspect], j) for aspect, j in mended.items()}
        return judged

    def _problems(self, parsed: Parsed, judged: Iterable[Judgement]) -> dict[str, str]:
        """Aspect id -> what is wrong with its row: none that can be used, or no real quote."""
        problems = {j.aspect: j.rationale for j in judged if j.aspect in parsed.broken}
        return problems | {
            j.aspect: "Rows with status addressed or partial have no quote that stands in the text."
            for j in judged
            if not self._founded(j)
        }

    def _founded(self, judgement: Judgement) -> bool:
        """True unless the judgement claims evidence and brings none."""
        claims = judgement.status in (Status.ADDRESSED, Status.PARTIAL)
        return not claims or self.stands(judgement.quotes)

    def _better(self, first: Judgement, second: Judgement) -> Judgement:
        """The second try, where it can be used; quotes that were made up before stay visible."""
        if second.status is Status.UNJUDGED or not self._founded(second):
            return first
        known = {quote.text for quote in second.quotes}
        made_up = tuple(quote for quote in first.quotes if quote.text not in known)
        return second.model_copy(update={"quotes": second.quotes + made_up})

    def stands(self, quotes: Iterable[Quote]) -> bool:
        """True when one of the quotes stands in the document."""
        return any(self._finder.find(quote) is not None for quote in quotes)

    def spending(self, dimension: str) -> tuple[Spending, ...]:
        """What the calls for a dimension (or `all`) cost so far."""
        return (self._spent[dimension],) if dimension in self._spent else ()

    async def _repair(
        self,
        request: Request,
        answer: Answer,
        problems: Mapping[str, str],
        aspects: Sequence[Aspect],
        dimension: str,
    ) -> Judgements:
        """One more try for the aspects whose rows have problems."""
        broken = [aspect for aspect in aspects if aspect.id in problems]
        task = self.brief.prompts["repair"].render(
            problem=" ".join(sorted(set(problems.values()))), ids=id_list(broken)
        )
        again = replace(
            request,
            id=f"repair-{request.id}",
            messages=(
                *request.messages,
                Message("assistant", answer.text[:_SHOWN]),
                Message("user", task),
            ),
        )
        try:
            second = await self._send(again, dimension)
        except JudgeError:
            return {}
        mended = parse(second.text, broken, cut=second.cut)
        if mended.usable:
            await self._answers.keep(again, second)
        return {j.aspect: self._finished(j) for j in mended.judgements}

    async def _send(self, request: Request, dimension: str) -> Answer:
        """Send a request; the first of a model goes alone, so that the others find its cache."""
        leader = request.model not in self._warm
        warm = self._warm.setdefault(request.model, asyncio.Event())
        try:
            if not leader:
                await warm.wait()
            answer = await self._answers.answer(request)
        except CallFailed as error:
            self._count(dimension, request.model, error.spent)
            raise
        finally:
            warm.set()
        self._count(dimension, request.model, answer)
        return answer

    def _count(self, dimension: str, model: str, answer: Answer) -> None:
        before = self._spent.get(dimension, Spending(dimension=dimension, cost_usd=0.0))
        if answer.stored:
            self._spent[dimension] = before.model_copy(update={"stored": before.stored + 1})
            return
        cost = self._prices.cost(model, answer)
        known = cost is not None and before.cost_usd is not None
        self._spent[dimension] = Spending(
            dimension=dimension,
            calls=before.calls + answer.calls,
            stored=before.stored,
            prompt_tokens=before.prompt_tokens + answer.prompt_tokens,
            cached_tokens=before.cached_tokens + answer.cached_tokens,
            completion_tokens=before.completion_tokens + answer.completion_tokens,
            written_tokens=before.written_tokens + answer.written_tokens,
            cost_usd=(before.cost_usd or 0.0) + (cost or 0.0) if known else None,
        )

    def _finished(self, judgement: Judgement) -> Judgement:
        """With the share that was read, and quotes from redacted text put back to the original."""
        quotes = tuple(map(self._sent.restore, judgement.quotes))
        share = self.brief.context.share
        return judgement.model_copy(
            update={"quotes": quotes, "share_read": None if share == 1.0 else share}
        )
