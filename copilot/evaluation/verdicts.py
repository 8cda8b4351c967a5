"""What a judge said about the cases, in a form that is compact, comparable and kept as baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from copilot.evaluation.cases import STATUSES, Case, Span
from copilot.schema import Coverage, Document, Record, Status

CODES = {Status.ADDRESSED: "a", Status.PARTIAL: "p", Status.MISSING: "m"}
NO_VERDICT = "-"
Odds = tuple[float, float, float]
"""Probabilities of addressed, partial, missing."""


class CaseVerdicts(Record):
    """One document's verdicts; strings and tuples hold one entry for each aspect, in order."""

    case: str
    status: str
    """a, p or m; `-` for an aspect without a verdict."""
    confidence: tuple[float, ...]
    gap: tuple[float, ...]
    """Probability that the aspect is partial or missing."""
    hit1: str
    """1 when the first quote overlaps a labelled one, 0 when not, `-` without labelled quotes."""
    hit3: str
    """The same for the first three quotes."""
    quotes: int
    exact: int
    """How many of the quotes equal the text at their offsets."""
    words: int
    format: str


class Verdicts(Record):
    """The verdicts of one judge on a set of cases: also the format of a stored baseline."""

    schema_version: Literal["1.0"] = "1.0"
    judge: str
    digest: str
    aspects: tuple[str, ...]
    cases: tuple[CaseVerdicts, ...]


def case_verdicts(
    case: Case,
    document: Document,
    rows: Sequence[Coverage],
    spans: dict[str, list[Span]],
    odds: dict[str, Odds] | None = None,
) -> CaseVerdicts:
    """Condense the rows of one document; `spans` are where its labelled quotes stand."""
    citations = [citation for row in rows for citation in row.citations]
    exact = sum(c.verified and document.text[c.start : c.end] == c.quote for c in citations)
    return CaseVerdicts(
        case=case.id,
        status="".join(CODES.get(row.status, NO_VERDICT) for row in rows),
        confidence=tuple(round(row.confidence, 4) for row in rows),
        gap=tuple(round(_gap(row, (odds or {}).get(row.aspect)), 4) for row in rows),
        hit1="".join(_hit(row, spans.get(row.aspect, []), 1) for row in rows),
        hit3="".join(_hit(row, spans.get(row.aspect, []), 3) for row in rows),
        quotes=len(citations),
        exact=exact,
        words=document.words,
        format=document.format,
    )


def _gap(row: Coverage, odds: Odds | None) -> float:
    """P(partial or missing).

    A judge that gives no odds has only its confidence in the status: taken as the probability of
    a gap, or of none. That is too low for `partial`, whose rest may be `missing`.
    """
    if odds is not None:
        return min(1.0, max(0.0, odds[1] + odds[2]))
    if row.status not in STATUSES:
        return 0.5
    return 1 - row.confidence if row.status is Status.ADDRESSED else row.confidence


def _hit(row: Coverage, spans: list[Span], top: int) -> str:
    if not spans:
        return "-"
    quoted = [(c.start, c.end) for c in row.citations[:top] if c.verified]
    hit = row.status is not Status.MISSING and any(
        start < labelled_end and labelled_start < end
        for start, end in quoted
        for labelled_start, labelled_end in spans
    )
    return "1" if hit else "0"
