"""What becomes of a request that a batch did not answer: another batch, worded otherwise, or none.

Bounded: a request is part of at most `ATTEMPTS` batches of a run, besides those that found out
which way of structured output the endpoint knows. Then its aspects are unjudged, with the reason.
"""

from __future__ import annotations

from collections import Counter

from copilot.batch.flights import Flight
from copilot.batch.pending import PendingAnswers
from copilot.judges.model.batch_lines import Way
from copilot.judges.model.batch_service import State
from copilot.judges.model.faults import Fault
from copilot.judges.model.requests import Answer

ATTEMPTS = 3


class Tries:
    """How often each request was tried, and how requests are worded by now."""

    def __init__(self, answers: PendingAnswers) -> None:
        self._answers = answers
        self._ways: dict[str, Way] = {}
        self._proven: set[str] = set()
        """Models that answered a request worded as it is now."""
        self._attempts: Counter[str] = Counter()
        self._spent: dict[str, Answer] = {}

    def way(self, model: str) -> Way:
        """How requests for a model are worded."""
        return self._ways.get(model, Way())

    def start_with(self, model: str, way: Way) -> None:
        """What a run before found out."""
        self._ways[model] = way

    def answered(self, flight: Flight, digest: str, answer: Answer) -> None:
        """A request has its answer, which costs what the attempts before it took as well."""
        if flight.way == self.way(flight.model):
            self._proven.add(flight.model)
        spent = self._spent.pop(digest, Answer("", calls=0))
        self._answers.arrive(digest, flight.address, answer.after(spent))

    def failed(self, flight: Flight, digest: str, fault: Fault, state: State) -> bool:
        """A request has none; True when it may be sent again, else it is refused."""
        spent = (fault.spent or Answer("")).after(self._spent.get(digest, Answer("", calls=0)))
        self._spent[digest] = spent
        if self._otherwise(flight, fault):
            return True
        self._attempts[digest] += 1
        final = fault.kind in ("request", "key") or state.status == "cancelled"
        if not final and self._attempts[digest] < ATTEMPTS:
            return True
        self.refuse(digest, flight.address, fault.reason)
        return False

    def refuse(self, digest: str, address: str, reason: str) -> None:
        """There will be no answer."""
        tries = self._attempts[digest]
        told = f" ({tries} batches)" if tries > 1 else ""
        spent = self._spent.pop(digest, Answer("", calls=0))
        self._answers.refuse(digest, address, f"The call failed: {reason}{told}.", spent)

    def _otherwise(self, flight: Flight, fault: Fault) -> bool:
        """True when the request was refused for its wording and there is another one to try."""
        model = flight.model
        if fault.kind != "request" or "too long" in fault.reason:
            return False
        if flight.way != self.way(model):
            return True  # another request of the batch has found out before
        other = None if model in self._proven else flight.way.after(fault)
        if other:
            self._ways[model] = other
        return other is not None
