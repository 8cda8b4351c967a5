"""The meeting pack: what everybody at the table should have read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from copilot.judges.offline.cues import WordIndex
from copilot.knowledge import Knowledge
from copilot.knowledge.meeting import MeetingKnowledge, Tension, Term
from copilot.meeting.agenda import Agenda, pack
from copilot.meeting.ledger import Entry, ledger
from copilot.meeting.questions import MeetingQuestion, ask
from copilot.reports.scorecard import Score, scorecard
from copilot.schema import (
    Citation,
    Coverage,
    Document,
    Finding,
    Record,
    Review,
    Severity,
    Status,
    Strength,
)

TOP_RISKS = 5
CHOICE = "Settle each one now, make it a condition, or let somebody carry the risk by name."
"""What a meeting can do about a decision that is needed."""
MINUTES = 60
"""Length of the meeting unless the caller says otherwise."""
OPENING = 10
"""Minutes of an agenda for the summary at the start and the decision at the end."""


class Pull(Record):
    """A tension that this design has: a strength that makes a gap more pressing."""

    id: str
    strong: str
    """Title of the aspect that is addressed."""
    open: str
    """Title of the aspect that is not."""
    reason: str
    source: str
    citation: Citation
    """Of the strength."""
    status: Status
    """Of the open aspect."""


class Attendance(Record):
    """What one role is needed for."""

    role: str
    """Title."""
    questions: tuple[int, ...]
    minutes: int


class DecisionNeeded(Record):
    """Something the meeting must decide, or somebody must carry."""

    text: str
    severity: Severity
    aspect: str


class ScoreLine(Record):
    """One dimension of the scorecard."""

    title: str
    addressed: int
    partial: int
    missing: int
    worst: str


class Brief(Record):
    """The whole pack."""

    title: str
    design: str
    summary: str
    """One paragraph without jargon."""
    scores: tuple[ScoreLine, ...]
    risks: tuple[Finding, ...]
    strengths: tuple[Strength, ...]
    tensions: tuple[Pull, ...]
    decisions: tuple[DecisionNeeded, ...]
    trade_offs: tuple[Entry, ...]
    """Decisions that the document states without an alternative or without a cost."""
    agenda: Agenda
    attendance: tuple[Attendance, ...]
    glossary: tuple[Term, ...]
    """Only words that occur in this brief or in the design."""
    judge: str
    created: str


def brief(
    review: Review,
    document: Document | None,
    knowledge: Knowledge,
    meeting: MeetingKnowledge,
    minutes: int = MINUTES,
) -> Brief:
    """The pack for a meeting of this length about one design."""
    asked = ask(review, document, knowledge, meeting)
    agenda = pack(asked.questions, minutes=max(1, minutes - min(OPENING, minutes // 4)))
    entries = ledger(document, meeting) if document is not None else ()
    tensions = tuple(_tensions(review, knowledge, meeting.tensions))
    risks = review.findings[:TOP_RISKS]
    made = Brief(
        title=review.document.title,
        design=review.document.path,
        summary=_summary(review, knowledge),
        scores=tuple(_line(score) for score in scorecard(review, knowledge)),
        risks=risks,
        strengths=review.strengths,
        tensions=tensions,
        decisions=tuple(_decisions(review, knowledge)),
        trade_offs=tuple(e for e in entries if e.no_alternative or e.no_cost),
        agenda=agenda.model_copy(update={"minutes": minutes}),
        attendance=tuple(_attendance(agenda.questions, knowledge)),
        glossary=(),
        judge=review.manifest.judge,
        created=review.manifest.created,
    )
    return made.model_copy(update={"glossary": tuple(_glossary(made, meeting.terms))})


def _line(score: Score) -> ScoreLine:
    return ScoreLine(
        title=score.title,
        addressed=score.addressed,
        partial=score.partial,
        missing=score.missing,
        worst=score.worst.value if score.worst else "none",
    )


# --- the paragraph -----------------------------------------------------------------------------


def _summary(review: Review, knowledge: Knowledge) -> str:
    """What the review found, for a reader who builds nothing."""
    counts = {s: sum(row.status is s for row in review.coverage) for s in Status}
    judged = counts[Status.ADDRESSED] + counts[Status.PARTIAL] + counts[Status.MISSING]
    sentences = [
        f"We read the design “{_title(review)}” and looked for {judged} things that a platform of "
        f"this kind should have thought about. It deals with {counts[Status.ADDRESSED]} of them, "
        f"touches {counts[Status.PARTIAL]}, and says nothing about {counts[Status.MISSING]}.",
        *_worst(review),
        *_best(review, knowledge),
    ]
    if counts[Status.UNJUDGED]:
        sentences.append(f"{counts[Status.UNJUDGED]} could not be judged.")
    sentences.append("A thing that is not written down may still be done; that is what to ask.")
    return " ".join(sentences)


def _title(review: Review) -> str:
    return " ".join(review.document.title.split())


def _worst(review: Review) -> Iterator[str]:
    severe = [f for f in review.findings if f.severity.rank <= Severity.HIGH.rank]
    if not severe:
        yield "None of the gaps is severe."
        return
    yield f"{len(severe)} of the open points {'is' if len(severe) == 1 else 'are'} severe."
    risks = list(dict.fromkeys(finding.so_what for finding in severe))[:2]
    yield f"What could go wrong: {_clause(risks[0])}"
    if len(risks) > 1:
        yield f"And: {_clause(risks[1])}"


def _clause(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def _best(review: Review, knowledge: Knowledge) -> Iterator[str]:
    titles = [knowledge.aspects[s.aspect].title.lower() for s in review.strengths[:3]]
    if titles:
        *first, last = titles
        listed = f"{', '.join(first)} and {last}" if first else last
        yield f"It is strong on {listed}."


# --- tensions, decisions, agenda ---------------------------------------------------------------


def _tensions(review: Review, knowledge: Knowledge, rules: Iterable[Tension]) -> Iterator[Pull]:
    rows = {row.aspect: row for row in review.coverage}
    for rule in rules:
        strong, other = rows.get(rule.strong), rows.get(rule.open)
        if strong is None or other is None or strong.status is not Status.ADDRESSED:
            continue
        if other.status not in (Status.MISSING, Status.PARTIAL):
            continue
        citation = _carrying(strong, rule)
        if citation is not None:
            yield Pull(
                id=rule.id,
                strong=knowledge.aspects[rule.strong].title,
                open=knowledge.aspects[rule.open].title,
                reason=rule.reason,
                source=rule.source,
                citation=citation,
                status=other.status,
            )


def _carrying(row: Coverage, rule: Tension) -> Citation | None:
    """The verified quote that shows the strength, with one of the rule's cues if it has any."""
    for citation in row.citations:
        if citation.verified and (not rule.cues or WordIndex(citation.quote).find_any(rule.cues)):
            return citation
    return None


def _decisions(review: Review, knowledge: Knowledge) -> Iterator[DecisionNeeded]:
    """What cannot be left open."""
    for finding in review.findings:
        if finding.severity.rank > Severity.HIGH.rank:
            continue
        if finding.kind == "injection":
            what = "Who put text aimed at the reviewer into the document, and why"
        else:
            what = f"{knowledge.aspects[finding.aspect].title}: {_clause(finding.fix)}"
        yield DecisionNeeded(text=what, severity=finding.severity, aspect=finding.aspect)


def _attendance(questions: Sequence[MeetingQuestion], knowledge: Knowledge) -> Iterator[Attendance]:
    for role in knowledge.roles:
        needed = [question for question in questions if role.id in question.roles]
        if needed:
            yield Attendance(
                role=role.title,
                questions=tuple(question.number for question in needed),
                minutes=sum(question.minutes for question in needed),
            )


# --- glossary ----------------------------------------------------------------------------------


def _glossary(made: Brief, terms: Iterable[Term]) -> Iterator[Term]:
    """The terms that stand in the brief, as a reader sees it."""
    text = " ".join(_words(made))
    for term in terms:
        spellings = "|".join(re.escape(word) for word in (term.id, *term.also))
        flags = 0 if term.case_sensitive else re.IGNORECASE
        if re.search(rf"(?<![\w-])(?:{spellings})(?![\w-])", text, flags):
            yield term


def _words(made: Brief) -> Iterator[str]:
    yield made.summary
    for finding in made.risks:
        yield f"{finding.title} {finding.so_what} {finding.fix}"
    for strength in made.strengths:
        yield strength.citation.quote
    for pull in made.tensions:
        yield f"{pull.strong} {pull.open} {pull.reason}"
    for question in made.agenda.questions:
        yield f"{question.text} {' '.join(question.probes)} {question.good_answer}"
    for decision in made.decisions:
        yield decision.text
