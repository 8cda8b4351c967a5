"""`--baseline`: which findings of a review are new against an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from copilot.cli.fail_on import worse
from copilot.reports.comparison import summary
from copilot.reports.safe import one_line
from copilot.review.compare import Change, Comparison, Outcome, compare
from copilot.review.saved import load_reviews
from copilot.schema import Finding, Review

SHOWN = 20
"""New and regressed findings that are named on standard error."""


class Baseline:
    """The reviews of an earlier JSON report, found by the design's path."""

    def __init__(self, path: Path) -> None:
        """Read the report; raises InputError."""
        self._path = path
        self._reviews = load_reviews(path)

    def new_findings(self, review: Review, *, alone: bool) -> list[Finding]:
        """New and regressed findings of a review; all of them for a design without a baseline.

        `alone` says that no other design is reviewed.
        """
        comparison = self._compare(review, alone)
        return list(review.findings) if comparison is None else worse(comparison)

    def lines(self, reviews: Sequence[Review]) -> Iterator[str]:
        """What is new in each review, for standard error."""
        for review in reviews:
            name = one_line(review.document.path)
            comparison = self._compare(review, alone=len(reviews) == 1)
            if comparison is None:
                yield f"{name}: not in {self._path}, so all of its findings are new"
                continue
            yield f"{name}: against {self._path}: {summary(comparison)}"
            found = comparison.of(Outcome.REGRESSED, Outcome.NEW)
            yield from map(_line, found[:SHOWN])
            if len(found) > SHOWN:
                yield f"  and {len(found) - SHOWN} more, which `archreview diff` shows"

    def _compare(self, review: Review, alone: bool) -> Comparison | None:
        """The comparison with the earlier review of the same path.

        Where both are of one design, its name is enough, wherever either lies.
        """
        path = Path(review.document.path)
        same = [r for r in self._reviews if Path(r.document.path) == path]
        if not same and alone and len(self._reviews) == 1:
            same = [r for r in self._reviews if Path(r.document.path).name == path.name]
        return compare(same[-1], review) if same else None


def _line(change: Change) -> str:
    finding = change.finding
    title = one_line(finding.title)
    return f"  {change.outcome.value}: {finding.severity.value} {title} ({finding.fingerprint})"
