"""Calls for reviews in other processes: all of them through one gate, one budget, one breaker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from copilot.errors import JudgeError
from copilot.judges.model.faults import CallFailed
from copilot.judges.model.limits import Budget, Spent
from copilot.judges.model.prices import load_prices
from copilot.judges.model.requests import Answer, Request
from copilot.judges.model.setup import endpoints
from copilot.settings import Settings

MOST_REVIEWS = 64
CALLS = 9
"""Of a review at the usual depth."""


def reviews_at_once(settings: Settings, workers: int) -> int:
    """How many reviews are under way together: calls wait for a slot, and never a slot for calls.

    No more than what a limit of requests lets through in half a minute: the others would only wait
    while their time runs.
    """
    most = min(MOST_REVIEWS, 2 * settings.concurrency)
    if settings.requests_per_minute:
        most = min(most, settings.requests_per_minute // (2 * CALLS))
    return max(most, workers)


@dataclass(frozen=True)
class Answered:
    """What became of a call, on its way to the process that wanted it."""

    answer: Answer | None
    reason: str = ""
    """Why there is no answer."""
    spent: Answer | None = None
    """What the attempts took all the same."""

    def result(self) -> Answer:
        """The answer; raises CallFailed when there is none."""
        if self.answer is None:
            raise CallFailed(self.reason, spent=self.spent)
        return self.answer


class Tally:
    """What the calls of a run take, in another process than the caller's: it outlives a caller."""

    def __init__(self) -> None:
        self._spent = Spent()

    def note(self, spent: Spent) -> None:
        """What a caller has spent, with what it has set aside for the calls that it makes now."""
        self._spent = spent

    def spent(self) -> Spent:
        """What the next caller begins with: calls that were under way count by their estimate."""
        return self._spent


class Caller:
    """Makes the calls."""

    def __init__(
        self,
        settings: Settings,
        spent: Spent = Spent(),  # noqa: B008 - frozen
        tell: Callable[[Spent], object] | None = None,
    ) -> None:
        """`spent` is what callers before took of the budget; `tell` hears of each change.

        Raises InputError for a model, an address or a budget that cannot be used.
        """
        self._budget = Budget(
            settings.max_tokens, settings.max_cost, spent.tokens, spent.cost, tell=tell
        )
        prices = load_prices(settings.knowledge)
        self._endpoints = endpoints(settings, prices, self._budget)

    async def prepare(self) -> None:
        """Import and make what the first calls need."""
        await self._endpoints.prepare()

    async def answer(self, request: Request) -> Answered:
        """Make a call; what goes wrong with it is told, not raised."""
        try:
            return Answered(await self._endpoints.answer(request))
        except CallFailed as error:
            return Answered(None, error.what, error.spent)
        except JudgeError as error:
            return Answered(None, error.what)
        except Exception as error:  # a bug or a library's: the other calls go on
            return Answered(None, f"The call failed: {type(error).__name__}.")

    async def refused(self) -> str:
        """Why the budget does not allow another call; empty while there is room."""
        return self._budget.refused

    async def close(self) -> None:
        """Give the connections back."""
        await self._endpoints.close()
