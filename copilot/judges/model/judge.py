"""The model judge: a language model's verdicts, several dimensions at once.

quick      one call for all dimensions
standard   a call per dimension; what is missing though a search finds it is asked again
deep       as standard, then a critic per dimension, then a search for what was overlooked
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from copilot.judges.model import critic
from copilot.judges.model.ask import AskRequest, ask_request, parse_said
from copilot.judges.model.estimate import Estimate, estimate
from copilot.judges.model.prices import Prices
from copilot.judges.model.requests import (
    CONTEXT_TOKENS,
    Answers,
    Depth,
    Request,
    active,
    judge_request,
    judge_requests,
    make_brief,
)
from copilot.judges.model.rows import unusable
from copilot.judges.model.session import Session
from copilot.judges.model.wording import parse_wordings, wording_request
from copilot.judges.protocol import Evidence, Verdict
from copilot.knowledge import Knowledge
from copilot.prompts import Prompts
from copilot.schema import Aspect, Dimension, Judgement, Origin, Status

ALL = "all"
"""The dimension that calls about several of them are booked under."""


@dataclass(frozen=True)
class ModelOptions:
    """How a model is asked."""

    model: str
    """`provider:name`."""
    critic_model: str | None = None
    """The model itself when None."""
    depth: Depth = "standard"
    context_tokens: int = CONTEXT_TOKENS
    parameters: Mapping[str, Any] = field(default_factory=dict)


class ModelJudge:
    """Judges with a language model."""

    origin: Origin = "model"

    def __init__(
        self,
        knowledge: Knowledge,
        prompts: Prompts,
        answers: Answers,
        options: ModelOptions,
        *,
        redact: Callable[[str], str],
        prices: Prices,
    ) -> None:
        """`redact` replaces what must not be sent by text of the same length."""
        self._knowledge, self._prompts, self._answers = knowledge, prompts, answers
        self._options, self._redact, self._prices = options, redact, prices
        self.name = options.model
        self.depth = options.depth
        made_of = f"{options}{prompts.digest}{knowledge.digest}"
        self.digest = hashlib.sha256(made_of.encode()).hexdigest()

    def requests(self, dimensions: Sequence[Dimension], evidence: Evidence) -> list[Request]:
        """The first requests of a review, as they would be sent."""
        options = self._options
        return judge_requests(
            dimensions,
            evidence,
            self._knowledge,
            self._prompts,
            options.model,
            options.depth,
            self._redact,
            context_tokens=options.context_tokens,
            parameters=options.parameters,
        )

    def estimate(self, dimensions: Sequence[Dimension], evidence: Evidence) -> Estimate:
        """What a review would send and cost, were it started now."""
        return estimate(
            self.requests(dimensions, evidence),
            getattr(self._answers, "has", lambda request: False),
            dimensions,
            evidence,
            self._options.depth,
            self._prices,
        )

    async def close(self) -> None:
        """Give the endpoint's connections back."""
        if close := getattr(self._answers, "close", None):
            await close()

    async def ask(self, question: str, evidence: Evidence) -> tuple[AskRequest, str]:
        """A question about the document as it was sent, and its answer; raises JudgeError."""
        options = self._options
        asked = await asyncio.to_thread(
            ask_request,
            question,
            evidence,
            self._prompts,
            options.model,
            self._redact,
            context_tokens=options.context_tokens,
            parameters=options.parameters,
        )
        answer = await self._answers.answer(asked.request)
        if parse_said(answer.text) is not None:
            await self._answers.keep(asked.request, answer)
        return asked, answer.text

    async def reword(self, questions: Sequence[Mapping[str, Any]]) -> dict[int, str]:
        """Better words by number for questions of number, text and names; raises JudgeError."""
        options = self._options
        request = wording_request(
            questions, self._prompts, options.model, self._redact, options.parameters
        )
        answer = await self._answers.answer(request)
        if found := parse_wordings(answer.text):
            await self._answers.keep(request, answer)
        return found

    async def judge(self, dimension: Dimension, evidence: Evidence) -> list[Judgement]:
        """One judgement for each aspect that is switched on."""
        async for verdict in self.judge_all([dimension], evidence):
            return list(verdict.judgements)
        return []

    async def judge_all(
        self, dimensions: Sequence[Dimension], evidence: Evidence
    ) -> AsyncIterator[Verdict]:
        """A verdict for each dimension, as they are done."""
        session = await asyncio.to_thread(self._session, evidence)
        if self._options.depth == "quick" and len(dimensions) > 1:
            verdicts = self._quick(dimensions, session)
        elif self._options.depth == "deep":
            verdicts = self._deep(dimensions, session)
        else:
            verdicts = self._each(dimensions, session)
        try:
            async for verdict in verdicts:
                yield verdict
        finally:
            await verdicts.aclose()

    def _session(self, evidence: Evidence) -> Session:
        brief = make_brief(
            evidence,
            self._knowledge,
            self._prompts,
            self._options.model,
            self._redact,
            context_tokens=self._options.context_tokens,
            parameters=self._options.parameters,
        )
        return Session(brief, evidence, self._answers, self._prices)

    async def _quick(
        self, dimensions: Sequence[Dimension], session: Session
    ) -> AsyncGenerator[Verdict, None]:
        aspects = [aspect for dimension in dimensions for aspect in active(dimension)]
        request = judge_request(dimensions, session.evidence, session.brief)
        judged = await session.ask(request, aspects, ALL)
        for dimension in dimensions:
            last = dimension is dimensions[-1]
            yield _verdict(dimension, judged, session.spending(ALL) if last else ())

    async def _each(
        self, dimensions: Sequence[Dimension], session: Session
    ) -> AsyncGenerator[Verdict, None]:
        """All dimensions at once, each given out when it is done."""
        tasks = [asyncio.create_task(self._dimension(d, session)) for d in dimensions]
        try:
            for done in asyncio.as_completed(tasks):
                dimension, judged = await done
                yield _verdict(dimension, judged, session.spending(dimension.id))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _deep(
        self, dimensions: Sequence[Dimension], session: Session
    ) -> AsyncGenerator[Verdict, None]:
        """As `_each`; dimensions with something missing wait for the completeness pass."""
        held: list[Verdict] = []
        async for verdict in self._each(dimensions, session):
            if any(_open(judgement) for judgement in verdict.judgements):
                held.append(verdict)
            else:
                yield verdict
        judged = {j.aspect: j for verdict in held for j in verdict.judgements}
        if judged:
            judged |= await self._complete(judged, session)
        for verdict in held:
            dimension = self._knowledge.dimension(verdict.dimension)
            extra = session.spending(ALL) if verdict is held[-1] else ()
            yield _verdict(dimension, judged, (*verdict.spending, *extra))

    async def _dimension(
        self, dimension: Dimension, session: Session
    ) -> tuple[Dimension, dict[str, Judgement]]:
        """One dimension through all its stages; whatever fails is data."""
        judged: dict[str, Judgement] = {}
        try:
            if active(dimension):
                judged = await self._first(dimension, session)
                judged |= await self._asked_again(dimension, judged, session)
                if self._options.depth == "deep":
                    judged |= await self._criticised(dimension, judged, session)
        except Exception as error:  # a bug or a library's: the other dimensions go on
            reason = f"The model judge failed: {type(error).__name__}."
            judged = {a.id: unusable(a, reason) for a in active(dimension)} | judged
        return dimension, judged

    async def _first(self, dimension: Dimension, session: Session) -> dict[str, Judgement]:
        request = judge_request([dimension], session.evidence, session.brief)
        return await session.ask(request, active(dimension), dimension.id)

    async def _asked_again(
        self, dimension: Dimension, judged: Mapping[str, Judgement], session: Session
    ) -> dict[str, Judgement]:
        """What is missing although a search finds it, asked once more with those passages."""
        aspects = critic.doubtful(dimension, judged, session.evidence)
        if not aspects:
            return {}
        request = critic.reask_request(dimension, aspects, session.evidence, session.brief)
        again = await session.ask(request, aspects, dimension.id)
        what = "Found when asked again with the nearest passages"
        return _looked_again(aspects, judged, again, session, what)

    async def _criticised(
        self, dimension: Dimension, judged: Mapping[str, Judgement], session: Session
    ) -> dict[str, Judgement]:
        model = self._options.critic_model or self._options.model
        request = critic.critic_request(
            dimension, judged, session.evidence, session.brief, session.stands, model
        )
        said = await session.ask(request, active(dimension), dimension.id)
        return {
            aspect: critic.after_critic(judged[aspect], word, session.stands)
            for aspect, word in said.items()
        }

    async def _complete(
        self, judged: Mapping[str, Judgement], session: Session
    ) -> dict[str, Judgement]:
        model = self._options.critic_model or self._options.model
        aspects = [self._knowledge.aspects[j.aspect] for j in judged.values() if _open(j)]
        request = critic.completeness_request(aspects, session.evidence, session.brief, model)
        again = await session.ask(request, aspects, ALL)
        return _looked_again(aspects, judged, again, session, "Found by the completeness pass")


def _looked_again(
    aspects: Iterable[Aspect],
    judged: Mapping[str, Judgement],
    again: Mapping[str, Judgement],
    session: Session,
    what: str,
) -> dict[str, Judgement]:
    return {
        a.id: critic.after_second_look(judged[a.id], again[a.id], session.stands, what)
        for a in aspects
    }


def _open(judgement: Judgement) -> bool:
    return judgement.status in (Status.MISSING, Status.UNJUDGED)


def _verdict(
    dimension: Dimension, judged: Mapping[str, Judgement], spending: tuple[Any, ...]
) -> Verdict:
    rows = tuple(judged[aspect.id] for aspect in active(dimension) if aspect.id in judged)
    return Verdict(dimension.id, rows, spending)
