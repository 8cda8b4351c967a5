"""The output and error files of one batch, read line by line: what each request came to.

A batch may leave lines out, give them twice, give lines that nobody asked for and lines that are
no JSON. Here every request of the file ends as answered or open, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from copilot.batch.flights import Flight
from copilot.judges.model.batch_lines import Reply, read_reply
from copilot.judges.model.batch_service import State
from copilot.judges.model.faults import Fault
from copilot.judges.model.requests import Answer

Arrive = Callable[[str, Answer], None]

_WHY = {
    "expired": "the batch expired before the request was answered",
    "cancelled": "the batch was cancelled",
    "lost": "the service does not know the batch any more",
}


@dataclass
class Gathered:
    """What one batch came to."""

    wanted: frozenset[str]
    """Digests of its requests."""
    answered: set[str] = field(default_factory=set)
    faults: dict[str, Fault] = field(default_factory=dict)
    """Digest -> why it has no answer, as far as a line says so."""
    took: Answer = field(default_factory=lambda: Answer("", calls=0))
    """Tokens of all lines together."""
    strange: int = 0
    """Lines that are no answer to any of the requests."""

    def read(self, path: Path, arrive: Arrive, secret: str) -> None:
        """Take in one file; each answer is handed on as it is read, so that none is held."""
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    self._take(read_reply(line, secret), arrive)

    def _take(self, reply: Reply | None, arrive: Arrive) -> None:
        if reply is None or reply.digest not in self.wanted:
            self.strange += 1
        elif reply.digest in self.answered:
            return  # the same line again
        elif reply.answer:
            self.answered.add(reply.digest)
            self.took = reply.answer.after(self.took)
            arrive(reply.digest, reply.answer)
        elif reply.fault and reply.digest not in self.faults:
            self.faults[reply.digest] = reply.fault
            self.took = (reply.fault.spent or Answer("", calls=0)).after(self.took)

    def open(self, flight: Flight, state: State) -> dict[str, Fault]:
        """Digest -> fault of every request without an answer."""
        return {
            digest: self.faults.get(digest) or absent(state)
            for digest in flight.digests
            if digest not in self.answered
        }


def absent(state: State) -> Fault:
    """Why a request has no line at all."""
    if state.status == "failed":
        return Fault("server", f"the batch failed: {state.reason or 'no reason was given'}")
    return Fault("server", _WHY.get(state.status, "the batch's files have no line for the request"))
