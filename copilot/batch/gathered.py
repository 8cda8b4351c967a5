"""The output and error files of one batch, read line by line: what each request came to.

A batch may leave lines out, give them twice, give lines that nobody asked for and lines that are
no JSON. Here every request of the file ends as answered or open, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from copilot.batch.flights import Flight
from copilot.batch.request_files import Folder
from copilot.judges.model.batch_lines import Reply, read_reply
from copilot.judges.model.batch_service import BatchService, ServiceFault, State
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


async def gather(
    service: BatchService, flight: Flight, state: State, folder: Folder, arrive: Arrive
) -> Gathered:
    """Download a batch's files and read them; one that the service no longer has is passed over.

    Raises CopilotError when they cannot be had now.
    """
    gathered = Gathered(frozenset(flight.digests))
    path, secret = folder.path / f"{flight.name}.part", service.access.key or ""
    for file in state.files:
        try:
            await service.download(file, path)
        except ServiceFault as fault:
            if fault.status != 404:
                raise
            continue
        await asyncio.to_thread(gathered.read, path, arrive, secret)
        path.unlink(missing_ok=True)
    return gathered


def told(flight: Flight, state: State, gathered: Gathered, again: int) -> str:
    """What a batch came to, for people; `again` of its requests are part of a next one."""
    count, total = len(gathered.answered), len(flight.digests)
    said = f"{flight.batch} {state.status}: {count:,} of {total:,} answered"
    if state.reason:
        said += f" ({state.reason})"
    if count < total:
        said += f", {again:,} to be asked again, {total - count - again:,} given up"
    if gathered.strange:
        said += f"; {gathered.strange:,} lines that answer no request are passed over"
    return said
