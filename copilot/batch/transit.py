"""Requests on their way: into files, to the Batch API, and back as answers.

A run that is killed at any moment is taken up where it was: nothing is uploaded, begun or paid
twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from copilot.batch import flights
from copilot.batch.account import Account, Estimated
from copilot.batch.flights import Flight
from copilot.batch.gathered import gather, told
from copilot.batch.journal import Journal
from copilot.batch.launch import Launcher
from copilot.batch.pending import PendingAnswers
from copilot.batch.request_files import Draft, FileLimits, Folder
from copilot.batch.tries import Tries
from copilot.errors import JudgeError
from copilot.judges.model.batch_lines import Lines
from copilot.judges.model.batch_service import BatchService, ServiceFault, State
from copilot.judges.model.faults import Fault
from copilot.judges.model.requests import Request

PATIENCE = 20
"""Looks in a row that may find no service before the run ends; the batches go on without it."""
QUEUE_FULL = "token_limit_exceeded"
"""Code of a batch that failed because too much waits for the account already."""
TOO_LARGE = "the request is larger than a file of the Batch API may be"

Say = Callable[[str], None]


class Transit:
    """What is under way between the reviews and one Batch API."""

    def __init__(
        self,
        service: BatchService,
        lines: Mapping[str, Lines],
        answers: PendingAnswers,
        account: Account,
        journal: Journal,
        folder: Folder,
        say: Say,
        *,
        poll: float,
        limits: FileLimits | None = None,
    ) -> None:
        """`lines` by `provider:name`; `say` tells the user a line; `poll` is in seconds."""
        self._service, self._lines = service, lines
        self._account, self._journal, self._folder = account, journal, folder
        self._launcher = Launcher(service, journal, folder)
        self._say, self._poll, self._limits = say, poll, limits or FileLimits()
        self._drafts: dict[str, Draft] = {}
        self._waiting: set[str] = set()
        """Digests in drafts and flights."""
        self._needed: set[str] = set()
        """Digests that reviews of this run wait for; a run before may have sent others."""
        self._tries = Tries(answers)
        self._seen: dict[str, tuple[str, int]] = {}
        self._one_by_one = False
        self.flights: dict[str, Flight] = {}
        """Name -> what is under way."""

    @property
    def under_way(self) -> str:
        """What is under way, for people."""
        ids = [flight.batch for flight in self.flights.values()]
        named = ", ".join(ids[:3]) + ", ..." * (len(ids) > 3)
        batches = "1 batch" if len(ids) == 1 else f"{len(ids)} batches"
        return f"{batches} under way at {self._service.access.address} ({named})"

    async def resume(self) -> None:
        """Take up what a run before left under way; raises CopilotError."""
        for flight in self._launcher.left():
            self._tries.start_with(flight.model, flight.way)
            if flight.address != self._service.access.address:
                self._say(f"a batch is under way at {flight.address}; it is left alone")
            elif found := await self._launcher.found(flight):
                self._account.hold(found)
                self._launched(await self._launcher.launch(found))
        if self.flights:
            self._say(f"taken up: {self.under_way}")
            await self._look()

    async def take(self, requests: Iterable[Request]) -> bool:
        """Put a design's requests on their way; False when the budget does not allow them."""
        wanted_now = list(requests)
        self._needed.update(request.digest for request in wanted_now)
        fresh = [request for request in wanted_now if request.digest not in self._waiting]
        wanted = self._account.estimate(fresh)
        reservation = self._account.reserve(wanted)
        if reservation is None:
            return False
        name = None
        for each in wanted:
            name = await self._write(each) or name
        self._account.assign(name, reservation)
        return True

    async def depart(self) -> None:
        """Send the files that are not full."""
        for model in list(self._drafts):
            await self._send(model)

    async def arrive(self) -> None:
        """Wait for all that was taken; each request is answered, refused or open again then."""
        await self._wait(self._awaited)
        self._needed.clear()

    async def close(self) -> None:
        """Give the connections back; what is under way goes on."""
        for draft in self._drafts.values():
            draft.file.close()
        await self._service.close()

    def _awaited(self) -> bool:
        return any(not self._needed.isdisjoint(f.digests) for f in self.flights.values())

    async def _wait(self, goes_on: Callable[[], object]) -> None:
        failures = 0
        while goes_on():
            try:
                await self._look()
                failures = 0
            except ServiceFault as fault:
                failures += 1
                if fault.kind in ("key", "request") or failures >= PATIENCE:
                    raise
                self._say(f"{fault.what}; the batches go on, and are looked at again")
            if goes_on():
                await asyncio.sleep(self._poll)

    async def _write(self, wanted: Estimated) -> str | None:
        """Put a request into a file; returns the file's name, None when it cannot be sent."""
        request, model = wanted.request, wanted.request.model
        draft = self._drafts.get(model)
        way = draft.way if draft else self._tries.way(model)
        try:
            line = await asyncio.to_thread(self._lines[model].line, request, way)
        except (Fault, JudgeError) as error:
            self._refuse(request, str(error))
            return None
        if len(line) > self._limits.size:
            self._refuse(request, TOO_LARGE)
            return None
        if draft and not draft.holds(line, self._limits):
            await self._send(model)
            draft = None
        draft = draft or self._drafts.setdefault(model, self._folder.draft(model, way))
        draft.write(request.digest, line, wanted.tokens, wanted.cost_usd)
        self._waiting.add(request.digest)
        return draft.name

    async def _send(self, model: str) -> None:
        """Upload a file and begin its batch."""
        flight = self._drafts.pop(model).close(self._service.access.address)
        self._journal.add(flights.prepared(flight), durable=True)
        if self._one_by_one:
            await self._wait(lambda: self.flights)
        flight = await self._launcher.launch(flight)
        self._launched(flight)
        cost = "" if flight.cost_usd is None else f", {flight.cost_usd:.4f} USD"
        self._say(
            f"{flight.batch} is under way with {len(flight.digests):,} of the requests, "
            f"about {flight.tokens:,} tokens{cost}; answers come within 24 hours"
        )

    def _launched(self, flight: Flight) -> None:
        self._waiting.update(flight.digests)
        self.flights[flight.name] = flight

    async def _look(self) -> None:
        """Look at every batch once; those that ended are collected."""
        for flight in list(self.flights.values()):
            state = await self._state(flight)
            if state.ended:
                await self._collect(flight, state)
            elif self._seen.get(flight.name) != (state.status, state.done):
                self._seen[flight.name] = (state.status, state.done)
                self._say(f"{flight.batch}: {state.status}, {state.done:,} of {state.total:,} done")

    async def _state(self, flight: Flight) -> State:
        try:
            return await self._service.state(flight.batch)
        except ServiceFault as fault:
            if fault.status != 404:
                raise
            return State("lost")

    async def _collect(self, flight: Flight, state: State) -> None:
        """Take in what a batch that ended brought."""
        arrive = partial(self._tries.answered, flight)
        gathered = await gather(self._service, flight, state, self._folder, arrive)
        self._journal.add(flights.collected(flight, state.status, len(gathered.answered)))
        del self.flights[flight.name]
        self._waiting.difference_update(flight.digests)
        self._account.settle(flight, gathered.took)
        again, open_ = 0, gathered.open(flight, state)
        if QUEUE_FULL in state.codes and len(flight.digests) > 1:
            self._one_by_one, again = True, len(open_)
            self._limits = replace(self._limits, requests=-(-len(flight.digests) // 2))
        else:
            again = sum(self._tries.failed(flight, d, f, state) for d, f in open_.items())
        self._say(told(flight, state, gathered, again))
        for file in filter(None, (flight.file, *state.files)):
            await self._service.delete(file)

    def _refuse(self, request: Request, why: str) -> None:
        self._tries.refuse(request.digest, self._service.access.address, why)
