"""Counts a portfolio together from the JSON reports of a batch's folder, one report at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from copilot.batch.portfolio.records import (
    Brief,
    Change,
    DesignRow,
    InUse,
    Portfolio,
    Reviewed,
    SharedGap,
)
from copilot.batch.portfolio.records import Unreviewed as Failed
from copilot.batch.records import REPORTS, Row, load_batch
from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.reports.scorecard import scorecard
from copilot.review.saved import load_review
from copilot.review.score import score
from copilot.schema import Review, Severity, Status

SUFFIXES = (".html", ".md", ".json")
"""Reports that the page may link to, the best to read first."""


def build_portfolio(
    folder: Path, knowledge: Knowledge, known: Mapping[str, bytes] | None = None
) -> Portfolio:
    """The portfolio of a batch's folder, or of a folder that simply holds JSON reports.

    `known` gives the `brief_json` of reports by their stem, so that they need not be read again.
    A report that cannot be read is listed with its reason. Raises InputError for a folder without
    any report.
    """
    if not folder.is_dir():
        raise InputError("no such folder", where=folder, todo="give the --out of a batch")
    batch = load_batch(folder)
    rows = batch.designs if batch else tuple(_loose(folder))
    if not rows:
        todo = "run `archreview batch PATH --out` first"
        raise InputError("holds no reviews", where=folder, todo=todo)
    counts = _Counts(knowledge)
    for row in rows:
        _count(row, folder, counts, known or {})
    return counts.portfolio()


def brief_json(review: Review, knowledge: Knowledge) -> bytes:
    """What a portfolio takes from a review, small enough to keep for every design."""
    return _brief(review, knowledge).model_dump_json().encode()


def _loose(folder: Path) -> Iterator[Row]:
    """Rows for the JSON reports that lie in a folder without a batch.json."""
    home = folder / REPORTS if (folder / REPORTS).is_dir() else folder
    for path in sorted(home.glob("*.json")):
        yield Row(path="", state="reviewed", stem=path.stem)


def _count(row: Row, folder: Path, counts: _Counts, known: Mapping[str, bytes]) -> None:
    if row.state == "failed":
        counts.failed.append(Failed(path=row.path, reason=row.reason))
        return
    home = folder / REPORTS if (folder / REPORTS).is_dir() else folder
    try:
        if row.stem in known:
            brief = Reviewed.model_validate_json(known[row.stem])
        else:
            brief = _brief(load_review(home / f"{row.stem}.json"), counts.knowledge)
    except InputError as error:
        counts.failed.append(Failed(path=row.path or f"{row.stem}.json", reason=str(error)))
        return
    counts.add(row, brief, home)


@dataclass
class _Counts:
    """What is kept of the reviews while they pass by: a few kilobytes each."""

    knowledge: Knowledge
    designs: list[DesignRow] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    severity: dict[str, Severity] = field(default_factory=dict)

    def add(self, row: Row, brief: Reviewed, home: Path) -> None:
        """Count one review."""
        self.designs.append(_design(row, brief, home))
        for aspect, severity in brief.gaps.items():
            before = self.severity.get(aspect, severity)
            self.severity[aspect] = min(before, severity, key=lambda s: s.rank)

    def portfolio(self) -> Portfolio:
        """Everything that was counted, in order."""
        return Portfolio(
            designs=tuple(sorted(self.designs, key=_worst_first)),
            gaps=tuple(sorted(self._gaps(), key=lambda g: (-len(g.missing), -len(g.partial)))),
            technologies=tuple(sorted(self._in_use(), key=lambda t: (-len(t.designs), t.name))),
            failed=tuple(self.failed),
        )

    def _gaps(self) -> Iterator[SharedGap]:
        for aspect in self.knowledge.aspects.values():
            by_status = defaultdict(list)
            for design in self.designs:
                by_status[design.statuses.get(aspect.id)].append(design.path)
            if by_status[Status.MISSING] or by_status[Status.PARTIAL]:
                yield SharedGap(
                    aspect=aspect.id,
                    dimension=aspect.id.partition(".")[0],
                    title=aspect.title,
                    severity=self.severity.get(aspect.id, Severity.INFO),
                    missing=tuple(by_status[Status.MISSING]),
                    partial=tuple(by_status[Status.PARTIAL]),
                )

    def _in_use(self) -> Iterator[InUse]:
        users = defaultdict(list)
        for design in self.designs:
            for identifier in design.technologies:
                users[identifier].append(design.path)
        for technology in self.knowledge.technologies:
            if paths := users.get(technology.id):
                yield InUse(
                    id=technology.id,
                    name=technology.name,
                    kind=self.knowledge.kinds.get(technology.kind, technology.kind),
                    designs=tuple(paths),
                )


def _worst_first(design: DesignRow) -> tuple[list[int], float, str]:
    """Most critical findings first, then most high ones, ..., then the lowest score."""
    counts = [-design.severities.get(severity, 0) for severity in Severity]
    return counts, design.score or 0.0, design.path


def _brief(review: Review, knowledge: Knowledge) -> Reviewed:
    severities = [finding.severity for finding in review.findings]
    gaps: dict[str, Severity] = {}
    for finding in review.findings:
        for aspect in (finding.aspect, *finding.also):
            before = gaps.get(aspect, finding.severity)
            gaps[aspect] = min(before, finding.severity, key=lambda s: s.rank)
    return Reviewed(
        path=review.document.path,
        title=review.document.title,
        words=review.document.words,
        judge=review.manifest.judge,
        score=_score(review),
        dimensions={each.dimension: each.share for each in scorecard(review, knowledge)},
        statuses={coverage.aspect: coverage.status for coverage in review.coverage},
        severities={s: severities.count(s) for s in Severity if s in severities},
        worst=min(severities, key=lambda s: s.rank, default=None),
        unjudged=sum(coverage.status is Status.UNJUDGED for coverage in review.coverage),
        gaps=gaps,
    )


def _design(row: Row, brief: Reviewed, home: Path) -> DesignRow:
    shared = {name: getattr(brief, name) for name in Brief.model_fields}
    return DesignRow(
        **shared,
        path=row.path or brief.path,
        stem=row.stem,
        forms=tuple(s for s in SUFFIXES if (home / f"{row.stem}{s}").is_file()),
        same_as=row.same_as,
        technologies=row.technologies,
        change=_change(row, home),
    )


def _score(review: Review) -> float | None:
    found = score(review)
    return None if found is None else round(found, 4)


def _change(row: Row, home: Path) -> Change | None:
    """Against the review of the same path in the run before, where its report is still there."""
    if not row.previous:
        return None
    try:
        old, review = (load_review(home / f"{stem}.json") for stem in (row.previous, row.stem))
    except InputError:
        return None
    from copilot.review.compare import Outcome, compare

    changes = compare(old, review)
    before, after = _score(old), _score(review)
    return Change(
        new=len(changes.of(Outcome.NEW)),
        resolved=len(changes.of(Outcome.RESOLVED)),
        regressed=len(changes.of(Outcome.REGRESSED)),
        open=len(changes.of(Outcome.OPEN)),
        score=None if before is None or after is None else round(after - before, 4),
    )
