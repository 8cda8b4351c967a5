"""What the Batch API costs a run: reserved by design, settled by file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from copilot.batch.flights import Flight
from copilot.errors import JudgeError
from copilot.judges.model.limits import Budget
from copilot.judges.model.prices import Prices
from copilot.judges.model.requests import Answer, Request
from copilot.judges.model.wire import call_estimate

SHARE = 0.5
"""Of the list price, that OpenAI's Batch API takes."""


@dataclass(frozen=True)
class Estimated:
    """A request, and about what its answer will take."""

    request: Request
    tokens: int
    cost_usd: float | None


class Account:
    """The budget of a run as the requests of the Batch API use it."""

    def __init__(self, budget: Budget, prices: Prices) -> None:
        """`prices` are the list prices."""
        self.budget, self.prices = budget, prices.times(SHARE)
        self._held: dict[str, list[int]] = {}

    def estimate(self, requests: Iterable[Request]) -> list[Estimated]:
        """What each request will take, at the Batch API's price."""
        found = []
        for request in requests:
            answer = call_estimate(request)
            tokens = answer.prompt_tokens + answer.completion_tokens
            found.append(Estimated(request, tokens, self.prices.cost(request.model, answer)))
        return found

    def reserve(self, wanted: Sequence[Estimated]) -> int | None:
        """Set aside what all of them take together; None when it does not fit."""
        tokens = sum(each.tokens for each in wanted)
        try:
            return self.budget.reserve(tokens, sum(each.cost_usd or 0.0 for each in wanted))
        except JudgeError:
            return None

    def hold(self, flight: Flight) -> None:
        """Count what is under way from a run before."""
        self.assign(flight.name, self.budget.hold(flight.tokens, flight.cost_usd))

    def assign(self, name: str | None, reservation: int) -> None:
        """Hold a reservation until the file of this name is settled; with None give it up."""
        if name is None:
            self.budget.settle(reservation, 0, 0.0)
        else:
            self._held.setdefault(name, []).append(reservation)

    def settle(self, flight: Flight, took: Answer) -> None:
        """A file's answers are here; `took` is what all of them took together."""
        tokens = took.prompt_tokens + took.completion_tokens
        cost = self.prices.cost(flight.model, took)
        self.budget.settle(self.budget.hold(0, 0.0), tokens, cost)
        for reservation in self._held.pop(flight.name, ()):
            self.budget.settle(reservation, 0, 0.0)
