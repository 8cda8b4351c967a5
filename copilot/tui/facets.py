"""Which findings show and in which order: pure functions over entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from copilot.schema import Finding, Record, Standing, Triage, TriageState


@dataclass(frozen=True)
class Entry:
    """A finding with what people decided about it."""

    finding: Finding
    triage: Triage
    noted: bool = False
    """True when somebody wrote a note about it."""

    @cached_property
    def haystack(self) -> str:
        """Everything that `/` searches, in lower case."""
        f = self.finding
        quotes = " ".join(citation.quote for citation in f.citations)
        said = f"{f.title} {f.aspect} {' '.join(f.also)} {f.what} {f.so_what} {f.fix} {quotes}"
        return said.casefold()


class Facets(Record):
    """What to show; an empty facet lets everything through."""

    severities: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    aspect: str = ""
    text: str = ""
    """Words that must all be there."""

    def toggled(self, facet: str, value: str) -> Facets:
        """With `value` added to a facet, or taken out of it."""
        values: tuple[str, ...] = getattr(self, facet)
        others = tuple(v for v in values if v != value)
        changed = others if value in values else (*values, value)
        return self.model_copy(update={facet: changed})

    def lets(self, entry: Entry) -> bool:
        """True when the finding shows."""
        finding = entry.finding
        return (
            _in(finding.severity.value, self.severities)
            and _in(finding.dimension, self.dimensions)
            and _in(finding.kind, self.kinds)
            and _in(entry.triage.state.value, self.states)
            and (not self.aspect or self.aspect in (finding.aspect, *finding.also))
            and all(word in entry.haystack for word in self.text.casefold().split())
        )

    def told(self) -> str:
        """The facets in words, for a title; empty when all is shown."""
        parts = [
            "+".join(values).replace("_", " ")
            for values in (self.severities, self.dimensions, self.kinds, self.states)
            if values
        ]
        parts += [self.aspect] if self.aspect else []
        parts += [f"/{self.text}"] if self.text else []
        return " · ".join(parts)


def _in(value: str, wanted: Sequence[str]) -> bool:
    return not wanted or value in wanted


_STATES = list(TriageState)

ORDERS: dict[str, Callable[[Entry], tuple[object, ...]]] = {
    "severity": lambda e: (e.finding.severity.rank, -e.finding.confidence),
    "dimension": lambda e: (e.finding.dimension, e.finding.severity.rank),
    "state": lambda e: (_STATES.index(e.triage.state), e.finding.severity.rank),
    "confidence": lambda e: (-e.finding.confidence,),
    "line": lambda e: (_first_line(e.finding), e.finding.severity.rank),
}
"""Name of an order -> its key; equal entries keep the report's order."""


def _first_line(finding: Finding) -> int:
    return min((c.start for c in finding.citations if c.verified), default=1 << 30)


def chosen(
    entries: Iterable[Entry], facets: Facets, order: str = "severity", backwards: bool = False
) -> list[Entry]:
    """The entries that show, in order."""
    shown = [entry for entry in entries if facets.lets(entry)]
    key: Callable[[Entry], tuple[object, ...]] = ORDERS[order]
    return sorted(shown, key=key, reverse=backwards)


@dataclass(frozen=True)
class Stand:
    """Counts for a title."""

    shown: int
    all: int
    open: int
    changed: int


def stand(entries: Sequence[Entry], shown: int) -> Stand:
    """How many findings there are, show, are open, and changed since they were decided on."""
    return Stand(
        shown=shown,
        all=len(entries),
        open=sum(1 for e in entries if e.triage.state is TriageState.OPEN),
        changed=sum(
            1 for e in entries if e.triage.standing in (Standing.CHANGED, Standing.EXPIRED)
        ),
    )
