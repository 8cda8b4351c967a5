"""The review as Markdown, for a pull request or a wiki."""

from __future__ import annotations

from collections.abc import Iterator

from copilot.knowledge import Knowledge
from copilot.reports.decided import (
    UNDECIDED,
    Triaged,
    decided_about,
    signed,
    state_counts,
    verdict,
)
from copilot.reports.safe import markdown as md
from copilot.reports.scorecard import (
    low_confidence,
    place,
    scorecard,
    unjudged_rows,
)
from copilot.reports.spending import cost, spending_by_dimension, spending_line
from copilot.schema import Citation, Finding, Review, Searched, Triage

TOP_QUESTIONS = 10


def render_markdown(review: Review, knowledge: Knowledge, triaged: Triaged = UNDECIDED) -> str:
    """The whole review, with what was decided about its findings.

    Text of the document is escaped, so that it cannot pose as the report.
    """
    sections = (
        _head(review, triaged),
        _scorecard(review, knowledge),
        _findings(review, triaged),
        _questions(review),
        _strengths(review),
        _coverage(review, knowledge),
        _limits(review, knowledge),
        _spending(review),
        _manifest(review),
    )
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def _head(review: Review, triaged: Triaged) -> Iterator[str]:
    document = review.document
    yield f"# Architecture review: {md(document.title)}"
    yield ""
    yield (
        f"{md(document.path)} · {document.words:,} words · {len(review.findings)} findings · "
        f"judge: {md(review.manifest.judge)}"
    )
    if counts := state_counts(review, triaged):
        yield ""
        yield f"**Triage:** {', '.join(f'{number} {state}' for state, number in counts.items())}"


def _scorecard(review: Review, knowledge: Knowledge) -> Iterator[str]:
    yield "## Scorecard"
    yield ""
    yield "| dimension | addressed | partial | missing | worst finding |"
    yield "|---|---|---|---|---|"
    for score in scorecard(review, knowledge):
        worst = score.worst.value if score.worst else "none"
        yield (
            f"| {md(score.title)} | {score.addressed} | {score.partial} | {score.missing} "
            f"| {worst} |"
        )


def _findings(review: Review, triaged: Triaged) -> Iterator[str]:
    yield "## Findings"
    if not review.findings:
        yield ""
        yield "None."
    for number, finding in enumerate(review.findings, start=1):
        yield ""
        yield from _finding(number, finding, decided_about(finding, triaged))


def _finding(number: int, finding: Finding, triage: Triage | None) -> Iterator[str]:
    yield f"### {number}. {md(finding.title)} ({finding.severity.value})"
    yield ""
    also = f", also {', '.join(finding.also)}" if finding.also else ""
    yield f"`{finding.aspect}`{also} · {finding.kind} · fingerprint `{finding.fingerprint}`"
    yield ""
    if triage is not None:
        yield f"- **Triage:** {_triage(finding, triage)}"
    yield f"- **What:** {md(finding.what)}"
    yield f"- **So what:** {md(finding.so_what)}"
    yield f"- **Fix:** {md(finding.fix)}"
    yield f"- **Ask:** {', '.join(finding.roles)}"
    for citation in finding.citations:
        yield ""
        yield from _quote(citation)
    if finding.searched is not None:
        yield f"- **Searched:** {_proof(finding.searched)}"


def _triage(finding: Finding, triage: Triage) -> str:
    assert triage.decided is not None
    decision = triage.decided.decision
    reason = f" · {md(decision.reason)}" if decision.reason else ""
    return f"**{md(verdict(finding, triage))}** · {md(signed(decision))}{reason}"


def _quote(citation: Citation) -> Iterator[str]:
    yield f"> {md(citation.quote)}"
    yield ">"
    where = md(place(citation)) if citation.verified else "rejected: not found in the document"
    yield f"> — {where}"


def _proof(searched: Searched) -> str:
    """One line: what was looked for, how much was read, what came nearest."""
    near = "; ".join(
        f"{md(n.file)}:{n.line_start}-{n.line_end} (similarity {n.similarity:.2f})"
        for n in searched.nearest
    )
    return (
        f"{searched.share_read:.0%} of the text read, {len(searched.queries)} queries; "
        f"nearest: {near or 'nothing'}"
    )


def _questions(review: Review) -> Iterator[str]:
    if review.questions:
        yield "## Questions to ask"
        yield ""
    for question in review.questions[:TOP_QUESTIONS]:
        yield f"{question.priority}. {md(question.text)} ({', '.join(question.roles)})"
    if len(review.questions) > TOP_QUESTIONS:
        yield ""
        yield f"{len(review.questions) - TOP_QUESTIONS} more in the JSON report."


def _strengths(review: Review) -> Iterator[str]:
    if review.strengths:
        yield "## Strengths"
        yield ""
    for strength in review.strengths:
        quote, where = md(strength.citation.quote), md(place(strength.citation))
        yield f"- {md(strength.text)}: “{quote}” ({where})"


def _coverage(review: Review, knowledge: Knowledge) -> Iterator[str]:
    yield "## Coverage"
    yield ""
    yield "| aspect | status | confidence | why |"
    yield "|---|---|---|---|"
    for row in review.coverage:
        title = knowledge.aspects[row.aspect].title
        yield f"| {md(title)} | {row.status.value} | {row.confidence:.2f} | {md(row.rationale)} |"


def _limits(review: Review, knowledge: Knowledge) -> Iterator[str]:
    unjudged, unsure = unjudged_rows(review), low_confidence(review)
    if unjudged or unsure or review.notes:
        yield "## What this review is unsure of"
        yield ""
    for note in review.notes:
        yield f"- {md(note)}"
    for row in unjudged:
        yield f"- {md(knowledge.aspects[row.aspect].title)}: unjudged. {md(row.rationale)}"
        for citation in row.citations:
            where = md(place(citation)) if citation.verified else "rejected: not in the document"
            yield f"  - “{md(citation.quote)}” ({where})"
    for row in unsure:
        title = knowledge.aspects[row.aspect].title
        yield f"- {md(title)}: {row.status.value}, confidence {row.confidence:.2f}"


def _spending(review: Review) -> Iterator[str]:
    if not review.usage.by_dimension:
        return
    yield "## What the model used"
    yield ""
    yield f"{spending_line(review.usage)}."
    yield ""
    yield (
        "| dimension | calls | stored answers | prompt tokens | cached | written to cache "
        "| answer tokens | cost |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for part in spending_by_dimension(review):
        yield (
            f"| {md(part.dimension)} | {part.calls} | {part.stored} | {part.prompt_tokens} "
            f"| {part.cached_tokens} | {part.written_tokens} | {part.completion_tokens} "
            f"| {cost(part.cost_usd)} |"
        )


def _manifest(review: Review) -> Iterator[str]:
    manifest = review.manifest
    yield "---"
    yield ""
    yield (
        f"archreview {manifest.archreview} · judge {md(manifest.judge)} "
        f"`{manifest.judge_digest[:12]}` · knowledge `{manifest.knowledge_digest[:12]}` · "
        f"document `{review.document.digest[:12]}` · {manifest.created}"
    )
