"""The nouns of a portfolio; everything in it is counted from the reviews."""

from __future__ import annotations

from copilot.schema import Record, Severity, Share, Status


class Change(Record):
    """What is different from the finished run before."""

    new: int
    """Findings that were not there."""
    resolved: int
    regressed: int
    open: int
    score: float | None
    """Difference of the scores; None when one of them is not known."""


class Brief(Record):
    """What a portfolio takes from one review."""

    title: str
    words: int
    judge: str
    score: Share | None
    """Addressed aspects, a partial one counting half, over judged ones; None with none judged."""
    dimensions: dict[str, float | None]
    """Dimension -> its score, as above."""
    statuses: dict[str, Status]
    """Aspect -> status."""
    severities: dict[Severity, int]
    """How many findings have it."""
    worst: Severity | None
    unjudged: int


class Reviewed(Brief):
    """A review in brief, and how bad its findings are aspect by aspect."""

    path: str
    """Of the design, as the review names it."""
    gaps: dict[str, Severity]
    """Aspect -> the worst that a finding about it has."""


class DesignRow(Brief):
    """One design in brief."""

    path: str
    stem: str
    """File name of its reports, without suffix, in the folder `reports`."""
    forms: tuple[str, ...]
    """Suffixes of the reports that are there."""
    same_as: str
    technologies: tuple[str, ...]
    """Ids of knowledge/technologies.yaml."""
    change: Change | None
    """None for a design that is new, or the same as in the run before."""

    @property
    def findings(self) -> int:
        """How many there are."""
        return sum(self.severities.values())


class SharedGap(Record):
    """An aspect that designs have in common not to address."""

    aspect: str
    dimension: str
    title: str
    severity: Severity
    """The worst that a finding about it has."""
    missing: tuple[str, ...]
    """Paths of the designs that say nothing about it."""
    partial: tuple[str, ...]


class InUse(Record):
    """A technology and the designs that name it."""

    id: str
    name: str
    kind: str
    designs: tuple[str, ...]


class Unreviewed(Record):
    """A design without a review."""

    path: str
    reason: str


class Portfolio(Record):
    """The whole library."""

    designs: tuple[DesignRow, ...]
    """Worst first."""
    gaps: tuple[SharedGap, ...]
    """Commonest first."""
    technologies: tuple[InUse, ...]
    """Most used first."""
    failed: tuple[Unreviewed, ...]

    @property
    def headline(self) -> str:
        """The library in one line."""
        count = len(self.designs)
        scores = sorted(d.score for d in self.designs if d.score is not None)
        middle = f"median score {scores[len(scores) // 2]:.0%}" if scores else "no scores"
        worst = self.gaps[0] if self.gaps else None
        gap = f"; commonest gap: {worst.title} ({len(worst.missing)})" if worst else ""
        return f"{count:,} design{'s' if count != 1 else ''}, {middle}{gap}"
