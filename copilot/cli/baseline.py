"""`--baseline`: which findings of a review are new against an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from copilot.cli.counterparts import Counterpart, counterparts
from copilot.cli.fail_on import worse
from copilot.reports.comparison import summary
from copilot.reports.safe import one_line
from copilot.review.compare import Change, Comparison, Outcome, compare
from copilot.review.saved import load_reviews
from copilot.schema import Finding, Review
from copilot.store.identity import identity

SHOWN = 20
"""New and regressed findings that are named on standard error."""
NAMED = 3
"""Designs of the baseline that are named where it may be any of them."""


@dataclass(frozen=True)
class Against:
    """A review beside the one of the same design in the baseline."""

    review: Review
    baseline: Path
    comparison: Comparison | None
    """None for a design that the baseline does not hold."""
    earlier: str = ""
    """Path that the design has in the baseline, where that is another."""
    among: tuple[str, ...] = ()
    """Paths of the designs that it may be, where there is no telling."""

    def new_findings(self) -> list[Finding]:
        """New and regressed findings; all of them for a design without a baseline."""
        return list(self.review.findings) if self.comparison is None else worse(self.comparison)

    def lines(self) -> Iterator[str]:
        """What is new, for standard error."""
        name = one_line(self.review.document.path)
        if self.comparison is None:
            yield f"{name}: {self._missing()}, so all of its findings are new"
            return
        there = f" (there {one_line(self.earlier)})" if self.earlier else ""
        yield f"{name}: against {self.baseline}{there}: {summary(self.comparison)}"
        found = self.comparison.of(Outcome.REGRESSED, Outcome.NEW)
        yield from map(_line, found[:SHOWN])
        if len(found) > SHOWN:
            yield f"  and {len(found) - SHOWN} more, which `archreview diff` shows"

    def _missing(self) -> str:
        if not self.among:
            return f"not in {self.baseline}"
        may = one_line(", ".join(self.among[:NAMED]))
        more = f" and {len(self.among) - NAMED} more" if len(self.among) > NAMED else ""
        return f"no telling which design of {self.baseline} it is ({may}{more})"


class Baseline:
    """The reviews of an earlier JSON report, found by the design's path: of several the last."""

    def __init__(self, path: Path) -> None:
        """Read the report; raises InputError."""
        self._path = path
        self._reviews = {_design(review): review for review in load_reviews(path)}

    def beside(self, reviews: Sequence[Review]) -> tuple[Against, ...]:
        """Each review of this run beside the earlier one of the same design."""
        designs = [_design(review) for review in reviews]
        found = counterparts(designs, list(self._reviews), Path.cwd())
        if len(reviews) == len(self._reviews) == 1:
            found = [self._alone(reviews[0], found[0])]
        pairs = zip(reviews, designs, found, strict=True)
        return tuple(self._against(review, design, one) for review, design, one in pairs)

    def _alone(self, review: Review, found: Counterpart) -> Counterpart:
        """Where both are of one design alone, its name is enough, wherever either lies."""
        ((design, earlier),) = self._reviews.items()
        same = Path(review.document.path).name == Path(earlier.document.path).name
        return Counterpart(design) if same else found

    def _against(self, review: Review, design: str, found: Counterpart) -> Against:
        among = tuple(self._reviews[one].document.path for one in found.among)
        if found.design is None:
            return Against(review, self._path, None, among=among)
        earlier = self._reviews[found.design]
        moved = earlier.document.path if found.design != design else ""
        return Against(review, self._path, compare(earlier, review), moved)


def _design(review: Review) -> str:
    return identity(Path(review.document.path), Path.cwd())


def _line(change: Change) -> str:
    finding = change.finding
    title = one_line(finding.title)
    return f"  {change.outcome.value}: {finding.severity.value} {title} ({finding.fingerprint})"
