"""Geometry of the page's two pictures: positions in percent, so that they fit any width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copilot.knowledge import Knowledge
from copilot.reports.scorecard import Score
from copilot.schema import Review, Severity


@dataclass(frozen=True)
class Segment:
    """One stretch of a bar."""

    kind: str
    """addressed, partial, missing or other."""
    count: int
    x: float
    """Left edge in percent of the bar."""
    width: float


@dataclass(frozen=True)
class Bar:
    """One dimension in the scorecard."""

    title: str
    share: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Cell:
    """How many findings of one severity a dimension has."""

    severity: Severity
    count: int
    strength: int
    """0 for none up to 3 for the most in the picture."""


@dataclass(frozen=True)
class HeatRow:
    """One dimension in the heat map."""

    name: str
    title: str
    cells: tuple[Cell, ...]


def score_rows(scores: Sequence[Score]) -> tuple[Bar, ...]:
    """The bars of the scorecard, in report order."""
    return tuple(
        Bar(
            title=score.title,
            share="not judged" if score.share is None else f"{score.share:.0%}",
            segments=_segments(score),
        )
        for score in scores
    )


def _segments(score: Score) -> tuple[Segment, ...]:
    counts = {
        "addressed": score.addressed,
        "partial": score.partial,
        "missing": score.missing,
        "other": score.other,
    }
    total, x, segments = sum(counts.values()) or 1, 0.0, []
    for kind, count in counts.items():
        width = 100 * count / total
        if count:
            segments.append(Segment(kind, count, round(x, 3), round(width, 3)))
        x += width
    return tuple(segments)


def heat_map(review: Review, knowledge: Knowledge) -> tuple[HeatRow, ...]:
    """Findings by dimension and severity; the deeper the colour, the more there are."""
    rows = []
    for dimension in knowledge.dimensions:
        found = [f.severity for f in review.findings if f.dimension == dimension.id]
        cells = tuple(Cell(s, found.count(s), min(3, found.count(s))) for s in Severity)
        rows.append(HeatRow(dimension.id.capitalize(), dimension.title, cells))
    return tuple(rows)
