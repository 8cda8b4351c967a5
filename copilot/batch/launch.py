"""From a file of requests to a batch under way, each step in the journal before the next begins."""

from __future__ import annotations

from dataclasses import replace

from copilot.batch import flights
from copilot.batch.flights import Flight
from copilot.batch.journal import Journal
from copilot.batch.request_files import Folder
from copilot.judges.model.batch_service import BatchService


class Launcher:
    """Uploads files and begins their batches, from wherever a run before was killed."""

    def __init__(self, service: BatchService, journal: Journal, folder: Folder) -> None:
        self._service, self._journal, self._folder = service, journal, folder

    def left(self) -> list[Flight]:
        """What runs before sent, or were about to, and did not collect; clears what they began."""
        known = flights.under_way(self._journal.entries)
        self._folder.clear({flight.name for flight in known})
        return known

    async def found(self, flight: Flight) -> Flight | None:
        """How far a flight of a run before came; None when nothing is left of it."""
        if flight.batch:
            return flight
        if batch := await self._service.created(flight.name):
            return self._submitted(flight, batch)
        if not flight.file and (file := await self._service.uploaded(flight.name)):
            flight = self._uploaded(flight, file)
        if flight.file or self._folder.file(flight.name).is_file():
            return flight
        self._journal.add(flights.collected(flight, "lost", 0))
        return None

    async def launch(self, flight: Flight) -> Flight:
        """Do what is left to do until the batch is under way; raises CopilotError."""
        path = self._folder.file(flight.name)
        if not (flight.file or flight.batch):
            flight = self._uploaded(flight, await self._service.upload(path, flight.name))
        if not flight.batch:
            batch = await self._service.create(flight.file, flight.name)
            flight = self._submitted(flight, batch)
        path.unlink(missing_ok=True)
        return flight

    def _uploaded(self, flight: Flight, file: str) -> Flight:
        flight = replace(flight, file=file)
        self._journal.add(flights.uploaded(flight), durable=True)
        return flight

    def _submitted(self, flight: Flight, batch: str) -> Flight:
        flight = replace(flight, batch=batch)
        self._journal.add(flights.submitted(flight), durable=True)
        return flight
