"""Files of requests on their way through the Batch API, as the journal tells them.

    prepared  {"digests", "model", "address", "way", "tokens", "cost"}   the file lies in the folder
    uploaded  {"file"}                                                   the service has it
    submitted {"batch"}                                                  it is being answered
    collected {"status", "answered", "open"}                             its answers are here

All four have the file's name as their key, which the service is told, too: a program that is killed
between a call and its line finds out by the name whether the call arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from copilot.batch.journal import Entry
from copilot.judges.model.batch_lines import Way, read_way


@dataclass(frozen=True)
class Flight:
    """One file of requests."""

    name: str
    digests: tuple[str, ...]
    """Of the requests in it, each once; the lines' `custom_id`."""
    model: str
    """`provider:name`."""
    address: str
    way: Way
    tokens: int
    """Estimate of all prompts and answers."""
    cost_usd: float | None
    """Estimate at the Batch API's price, None when the price is not known."""
    file: str = ""
    """The service's id of the file, once it is uploaded."""
    batch: str = ""
    """The service's id of the batch, once it is begun."""


def prepared(flight: Flight) -> Entry:
    """The line for a file that is written and about to be uploaded."""
    data = {
        "digests": " ".join(flight.digests),
        "model": flight.model,
        "address": flight.address,
        "way": str(flight.way),
        "tokens": str(flight.tokens),
        "cost": "" if flight.cost_usd is None else repr(flight.cost_usd),
    }
    return Entry(event="prepared", key=flight.name, data=data)


def uploaded(flight: Flight) -> Entry:
    """The line for a file that the service has."""
    return Entry(event="uploaded", key=flight.name, data={"file": flight.file})


def submitted(flight: Flight) -> Entry:
    """The line for a batch that is under way."""
    return Entry(event="submitted", key=flight.name, data={"batch": flight.batch})


def collected(flight: Flight, status: str, answered: int) -> Entry:
    """The line for a batch whose answers are all here."""
    left = len(flight.digests) - answered
    data = {"status": status, "answered": str(answered), "open": str(left)}
    return Entry(event="collected", key=flight.name, data=data)


def under_way(entries: Iterable[Entry]) -> list[Flight]:
    """The files that are not collected, oldest first; lines that make no sense count for none."""
    flights: dict[str, Flight] = {}
    for entry in entries:
        if entry.event == "prepared":
            if flight := _flight(entry):
                flights[entry.key] = flight
        elif entry.key not in flights:
            continue
        elif entry.event == "uploaded":
            known = flights[entry.key]
            flights[entry.key] = replace(known, file=entry.data.get("file", ""))
        elif entry.event == "submitted":
            known = flights[entry.key]
            flights[entry.key] = replace(known, batch=entry.data.get("batch", ""))
        elif entry.event == "collected":
            del flights[entry.key]
    return list(flights.values())


def _flight(entry: Entry) -> Flight | None:
    data = entry.data
    try:
        return Flight(
            name=entry.key,
            digests=tuple(data["digests"].split()),
            model=data["model"],
            address=data["address"],
            way=read_way(data["way"]),
            tokens=int(data["tokens"]),
            cost_usd=float(data["cost"]) if data["cost"] else None,
        )
    except (KeyError, ValueError):
        return None
