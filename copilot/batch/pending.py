"""Answers of which some are still to come: a review on them tells what it has to ask next.

A review is repeated until nothing is open. A request that depends on an answer that is still to
come is not asked: `NotYet` ends the dimension, and the completeness pass waits for all dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from copilot.errors import InputError
from copilot.judges.model.cache import AnswerCache, answer_key
from copilot.judges.model.faults import CallFailed
from copilot.judges.model.requests import Answer, Request

LAST = "completeness-"
"""Requests of the stage that is about what all dimensions left open."""


class NotYet(Exception):
    """The answer is still to come; no JudgeError, which would count as an answer of a kind."""


class PendingAnswers:
    """Answers that have arrived, those that are stored, and a list of what is open."""

    def __init__(
        self, arrived: AnswerCache, stored: AnswerCache, addresses: Mapping[str, str]
    ) -> None:
        """`arrived` holds what was paid and is in no report yet, `stored` the workspace's answers.

        `addresses` maps `provider:name` to the base URL that serves it.
        """
        self._arrived, self._stored, self._addresses = arrived, stored, addresses
        self._refused: dict[str, CallFailed] = {}
        self._used: list[str] = []
        self.open: dict[str, Request] = {}
        """Digest -> request, of what the review since `begin` wanted to know and could not."""

    def begin(self) -> None:
        """A review starts."""
        self.open, self._used = {}, []

    def told(self) -> None:
        """The answers that the review used are in a report: their cost counts no second time."""
        for key in self._used:
            self._arrived.drop(key)

    def arrive(self, digest: str, address: str, answer: Answer) -> None:
        """An answer is there; raises InputError when it cannot be kept until it is in a report."""
        key = answer_key(digest, address)
        self._arrived.put(key, answer)
        if self._arrived.get(key) is None:  # it would be asked for, and paid, again and again
            todo = "free space in --out and run again"
            raise InputError("answers of the Batch API cannot be written", todo=todo)

    def refuse(self, digest: str, address: str, why: str, spent: Answer) -> None:
        """There will be none; `spent` is what the attempts took all the same."""
        self._refused[answer_key(digest, address)] = CallFailed(why, spent=spent)

    async def answer(self, request: Request) -> Answer:
        """The answer; raises CallFailed where there will be none, NotYet where it may come."""
        key = answer_key(request.digest, self._addresses.get(request.model, ""))
        if arrived := self._arrived.get(key):
            self._used.append(key)
            return arrived
        if stored := self._stored.get(key):
            return replace(stored, stored=True, calls=0)
        if refused := self._refused.get(key):
            raise CallFailed(refused.what, spent=refused.spent)
        if not (self.open and request.id.startswith(LAST)):
            self.open[request.digest] = request
        raise NotYet(request.id)

    async def keep(self, request: Request, answer: Answer) -> None:
        """Store an answer that the judge could use for later runs."""
        if not answer.stored:
            key = answer_key(request.digest, self._addresses.get(request.model, ""))
            self._stored.put(key, answer)
