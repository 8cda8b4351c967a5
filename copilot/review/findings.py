"""Findings and strengths: what the verified verdicts mean for the authors."""

from __future__ import annotations

import hashlib

from copilot.knowledge import Knowledge
from copilot.review.citations import fold
from copilot.review.severity import aspect_severity, criterion_severity
from copilot.schema import (
    Aspect,
    Citation,
    Coverage,
    Criterion,
    Finding,
    Met,
    Origin,
    Severity,
    Status,
    Strength,
)

MAX_STRENGTHS = 6
_ROLES_NAMED = 3


def findings(
    coverage: tuple[Coverage, ...], knowledge: Knowledge, origin: Origin
) -> tuple[Finding, ...]:
    """One finding for each aspect that is missing or partial, most severe first.

    Findings of different aspects that rest on the very same quote are merged into the worst.
    """
    found = [
        _finding(row, knowledge.aspects[row.aspect], origin)
        for row in coverage
        if row.status in (Status.MISSING, Status.PARTIAL)
    ]
    found.sort(key=lambda f: (f.severity.rank, _mean_rank(f, knowledge), -f.confidence, f.aspect))
    return tuple(_merge_same_text(found))


def _mean_rank(finding: Finding, knowledge: Knowledge) -> float:
    """How severe its open criteria are on average: orders findings of one severity."""
    status = Status.MISSING if finding.kind == "gap" else Status.PARTIAL
    ranks = [criterion_severity(knowledge.criteria[c], status).rank for c in finding.unmet]
    return sum(ranks) / len(ranks) if ranks else float(len(Severity))


def fingerprint(aspect: str, kind: str, citations: tuple[Citation, ...]) -> str:
    """16 hexadecimal digits that stay the same while the cited text (or its absence) does.

    A gap is identified by its aspect; a weakness by its aspect and first verified quote, with
    whitespace and typographic variants folded, so that reflowing the document changes nothing.
    """
    quote = next((fold(c.quote).casefold() for c in citations if c.verified), "")
    return hashlib.sha256(f"{aspect}\n{kind}\n{quote}".encode()).hexdigest()[:16]


def _finding(row: Coverage, aspect: Aspect, origin: Origin) -> Finding:
    verdicts = {verdict.criterion: verdict.verdict for verdict in row.criteria}
    severity, unmet = aspect_severity(aspect, row.status, verdicts, outside=bool(row.outside))
    kind = "gap" if row.status is Status.MISSING else "weakness"
    worst = unmet[0]
    return Finding(
        fingerprint=fingerprint(aspect.id, kind, row.citations),
        kind="gap" if kind == "gap" else "weakness",
        severity=severity,
        dimension=row.dimension,
        aspect=row.aspect,
        title=_title(aspect, row.status),
        what=_what(aspect, row, unmet, verdicts),
        so_what=worst.risk,
        fix=worst.fix,
        roles=_roles(unmet),
        confidence=row.confidence,
        citations=row.citations,
        searched=row.searched,
        unmet=tuple(c.id for c in unmet if verdicts.get(c.id, Met.UNMET) is not Met.MET),
        origin=origin,
    )


def _title(aspect: Aspect, status: Status) -> str:
    state = "not addressed" if status is Status.MISSING else "only partly addressed"
    return f"{aspect.title}: {state}"


def _what(
    aspect: Aspect, row: Coverage, unmet: tuple[Criterion, ...], verdicts: dict[str, Met]
) -> str:
    if row.status is Status.MISSING:
        expected = f"Expected: {_lower(unmet[0].statement)}"
        return " ".join(("Nothing in the document speaks to it.", expected, row.outside)).rstrip()
    open_statements = [c.statement for c in unmet if verdicts.get(c.id) is not Met.MET][:2]
    if not open_statements:
        return "The document touches it, but a reviewer would have to ask for more."
    return "Not found in the text: " + " Nor: ".join(_lower(s) for s in open_statements)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def _roles(unmet: tuple[Criterion, ...]) -> tuple[str, ...]:
    """The roles that the unmet criteria name most often, at most three."""
    counts: dict[str, int] = {}
    for criterion in unmet:
        for role in criterion.roles:
            counts[role] = counts.get(role, 0) + 1
    return tuple(sorted(counts, key=lambda role: -counts[role])[:_ROLES_NAMED])


def _merge_same_text(found: list[Finding]) -> list[Finding]:
    """Weaknesses whose first verified quote is the same become one, the first in order."""
    kept: dict[object, Finding] = {}
    for finding in found:
        span = next(((c.start, c.end) for c in finding.citations if c.verified), None)
        key: object = span if span and finding.kind == "weakness" else finding.fingerprint
        if key in kept:
            first = kept[key]
            kept[key] = first.model_copy(update={"also": (*first.also, finding.aspect)})
        else:
            kept[key] = finding
    return list(kept.values())


def strengths(coverage: tuple[Coverage, ...], knowledge: Knowledge) -> tuple[Strength, ...]:
    """The addressed aspects that would matter most if they were absent, each with its quote."""
    candidates: list[tuple[int, float, Strength]] = []
    for row in coverage:
        quote = next((c for c in row.citations if c.verified), None)
        if row.status is not Status.ADDRESSED or quote is None:
            continue
        aspect = knowledge.aspects[row.aspect]
        severity, _ = aspect_severity(aspect, Status.MISSING, {})
        text = f"{aspect.title} is addressed"
        strength = Strength(aspect=row.aspect, dimension=row.dimension, text=text, citation=quote)
        candidates.append((severity.rank, -row.confidence, strength))
    candidates.sort(key=lambda item: item[:2])
    return tuple(strength for _, _, strength in candidates[:MAX_STRENGTHS])


def worst(found: tuple[Finding, ...]) -> Severity | None:
    """The highest severity among the findings; None without findings."""
    return min((f.severity for f in found), key=lambda s: s.rank, default=None)
