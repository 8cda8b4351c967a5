"""`--baseline`: which findings of a review are new against an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from copilot.cli.fail_on import worse
from copilot.reports.comparison import summary
from copilot.reports.safe import one_line
from copilot.review.compare import Change, Comparison, Outcome, compare
from copilot.review.saved import load_reviews
from copilot.schema import Finding, Review
from copilot.store.identity import identity

SHOWN = 20
"""New and regressed findings that are named on standard error."""


@dataclass(frozen=True)
class Against:
    """A review beside the one of the same design in the baseline."""

    review: Review
    baseline: Path
    comparison: Comparison | None
    """None for a design that the baseline does not hold."""

    def new_findings(self) -> list[Finding]:
        """New and regressed findings; all of them for a design without a baseline."""
        return list(self.review.findings) if self.comparison is None else worse(self.comparison)

    def lines(self) -> Iterator[str]:
        """What is new, for standard error."""
        name = one_line(self.review.document.path)
        if self.comparison is None:
            yield f"{name}: not in {self.baseline}, so all of its findings are new"
            return
        yield f"{name}: against {self.baseline}: {summary(self.comparison)}"
        found = self.comparison.of(Outcome.REGRESSED, Outcome.NEW)
        yield from map(_line, found[:SHOWN])
        if len(found) > SHOWN:
            yield f"  and {len(found) - SHOWN} more, which `archreview diff` shows"


class Baseline:
    """The reviews of an earlier JSON report, found by the design's path."""

    def __init__(self, path: Path) -> None:
        """Read the report; raises InputError."""
        self._path = path
        self._reviews = load_reviews(path)
        self._designs = [_design(review) for review in self._reviews]

    def beside(self, reviews: Sequence[Review]) -> tuple[Against, ...]:
        """Each review of this run beside the earlier one of the same design."""
        alone = len(reviews) == 1
        return tuple(Against(r, self._path, self._compare(r, alone)) for r in reviews)

    def _compare(self, review: Review, alone: bool) -> Comparison | None:
        """The comparison with the earlier review of the same design, however its path is written.

        Where both are of one design alone, its name is enough, wherever either lies.
        """
        design = _design(review)
        earlier = zip(self._designs, self._reviews, strict=True)
        same = [known for name, known in earlier if name == design]
        if not same and alone and len(self._reviews) == 1:
            name = Path(review.document.path).name
            same = [r for r in self._reviews if Path(r.document.path).name == name]
        return compare(same[-1], review) if same else None


def _design(review: Review) -> str:
    return identity(Path(review.document.path), Path.cwd())


def _line(change: Change) -> str:
    finding = change.finding
    title = one_line(finding.title)
    return f"  {change.outcome.value}: {finding.severity.value} {title} ({finding.fingerprint})"
