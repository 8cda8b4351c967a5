"""The questions to ask about one design: ranked, merged, each naming something of this document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from copilot.knowledge import Knowledge
from copilot.knowledge.meeting import MeetingKnowledge
from copilot.meeting.ground import Ground, best_quote, is_open, shorten
from copilot.review.questions import answered_already, open_criteria, open_severity, why, worth
from copilot.schema import (
    Citation,
    Coverage,
    Criterion,
    Document,
    Met,
    Record,
    Review,
    Searched,
    Severity,
    Share,
    Status,
)

LIKELY_ANSWERED = 0.25
"""Chance from which a question is held back: better to read once more than to ask in vain."""
PROBES = 3
NAMES = 3
ROLES = 4


class MeetingQuestion(Record):
    """One question with all that the one who asks it needs."""

    number: int
    """1 is asked first."""
    text: str
    """What is read out: what the design says, then the question."""
    ask: str
    """The question alone."""
    aspect: str
    also: tuple[str, ...] = ()
    """Other aspects that the answer settles something of."""
    criterion: str
    settles: tuple[str, ...]
    """Open criteria that a full answer with its probes settles."""
    severity: Severity
    worth: float
    """What the answer is worth; questions are ranked by it."""
    roles: tuple[str, ...]
    minutes: int
    why: str
    names: tuple[str, ...]
    """What of this document the text names: components, a section, a quoted phrase."""
    citations: tuple[Citation, ...] = ()
    searched: Searched | None = None
    """For what is missing: the proof of absence."""
    probes: tuple[str, ...]
    good_answer: str
    red_flags: tuple[str, ...]
    origin: Literal["offline", "model"] = "offline"
    """Whose wording it is; the ranking is the same."""


class HeldBack(Record):
    """A question that is not asked, since the document probably answers it."""

    aspect: str
    ask: str
    chance: Share
    citations: tuple[Citation, ...]


class Asked(Record):
    """All questions about one design."""

    design: str
    title: str
    questions: tuple[MeetingQuestion, ...]
    held_back: tuple[HeldBack, ...]


def ask(
    review: Review, document: Document | None, knowledge: Knowledge, meeting: MeetingKnowledge
) -> Asked:
    """The questions that a review leaves open, most valuable first.

    `document` is the text that was reviewed; without it questions name quotes and sections only.
    """
    ground = Ground(review, document, knowledge)
    rows = [row for row in review.coverage if is_open(row)]
    held = [row for row in rows if answered_already(row) >= LIKELY_ANSWERED]
    left = _left(review, [row for row in rows if row not in held], knowledge, meeting)
    order = sorted(left, key=lambda aspect: -worth(left[aspect], _row(review, aspect)))
    asked: list[MeetingQuestion] = []
    settled: set[str] = set()
    for aspect in order:
        criteria = [c for c in left[aspect] if c.id not in settled]
        if not criteria:
            continue
        settles = _settles(criteria, left, meeting)
        settled |= {criterion.id for criterion in settles}
        row = _row(review, aspect)
        opening = _opening(row, ground, meeting, nth=len(asked))
        asked.append(_question(row, criteria, settles, opening, meeting))
    asked.sort(key=lambda question: -question.worth)
    numbered = (q.model_copy(update={"number": n}) for n, q in enumerate(asked, start=1))
    return Asked(
        design=review.document.path,
        title=review.document.title,
        questions=tuple(numbered),
        held_back=tuple(_held(row, knowledge) for row in held),
    )


def _row(review: Review, aspect: str) -> Coverage:
    return next(row for row in review.coverage if row.aspect == aspect)


def _left(
    review: Review, rows: Sequence[Coverage], knowledge: Knowledge, meeting: MeetingKnowledge
) -> dict[str, list[Criterion]]:
    """Aspect -> its open criteria, without those that another aspect's evidence answers."""
    met = {v.criterion for row in review.coverage for v in row.criteria if v.verdict is Met.MET}
    left = {}
    for row in rows:
        criteria = [
            criterion
            for criterion in open_criteria(row, knowledge)
            if not met & meeting.same_as.get(criterion.id, frozenset())
        ]
        if criteria:
            left[row.aspect] = criteria
    return left


def _settles(
    criteria: Sequence[Criterion], left: dict[str, list[Criterion]], meeting: MeetingKnowledge
) -> list[Criterion]:
    """The criteria of a question and its probes, and those of other aspects that ask the same."""
    own = list(criteria[: 1 + PROBES])
    same = {other for criterion in own for other in meeting.same_as.get(criterion.id, ())}
    own_ids = {criterion.id for criterion in own}
    others = [c for group in left.values() for c in group if c.id in same - own_ids]
    return own + others


def _question(
    row: Coverage,
    criteria: Sequence[Criterion],
    settles: Sequence[Criterion],
    opening: Opened,
    meeting: MeetingKnowledge,
) -> MeetingQuestion:
    lead, *others = criteria[: 1 + PROBES]
    severity = open_severity(lead, row)
    return MeetingQuestion(
        number=1,
        text=f"{opening.text} {lead.question}",
        ask=lead.question,
        aspect=row.aspect,
        also=tuple(dict.fromkeys(a for c in settles if (a := _aspect(c)) != row.aspect)),
        criterion=lead.id,
        settles=tuple(criterion.id for criterion in settles),
        severity=severity,
        worth=round(worth(criteria, row), 3),
        roles=_roles([lead, *(c for c in settles if c.id in meeting.same_as)]),
        minutes=_minutes(severity, len(others)),
        why=why(row, lead),
        names=opening.names,
        citations=tuple(c for c in row.citations if c.verified),
        searched=row.searched,
        probes=tuple(criterion.question for criterion in others),
        good_answer=lead.good_answer,
        red_flags=lead.red_flags,
    )


def _aspect(criterion: Criterion) -> str:
    return criterion.id.rpartition(".")[0]


def _roles(criteria: Iterable[Criterion]) -> tuple[str, ...]:
    roles = dict.fromkeys(role for criterion in criteria for role in criterion.roles)
    return tuple(roles)[:ROLES]


def _minutes(severity: Severity, probes: int) -> int:
    """Three minutes, one for each probe, one more for what is severe."""
    return 3 + probes + (severity.rank <= Severity.HIGH.rank)


class Opened(NamedTuple):
    """What is said before the question."""

    text: str
    names: tuple[str, ...]
    """What of the document it names."""


_FRAMES = (
    "The design names {names}, but nowhere says {unsaid}.",
    "{names} are described; {unsaid} is not.",
    "Take {names}: the text does not tell {unsaid}.",
)
_PARTIAL_FRAME = "The design touches on it around {names}, but leaves open {unsaid}."


def _opening(row: Coverage, ground: Ground, meeting: MeetingKnowledge, nth: int) -> Opened:
    """What the design says about the aspect, or which of its own things it is silent about.

    `nth` picks the frame, so that neighbours in an agenda do not sound alike.
    """
    quote = best_quote(row) if row.status is Status.PARTIAL else None
    if quote is not None:
        said = shorten(quote.quote)
        return Opened(f"You write “{said}” ({ground.place_of(quote)}).", (said,))
    spans = ground.spans(row)
    names = ground.names(spans, NAMES, row.aspect)
    opening = meeting.opening.get(row.aspect)
    if opening is None or len(names) < 2:
        return _bare(row, ground, names)
    frame = _FRAMES[nth % len(_FRAMES)] if row.status is Status.MISSING else _PARTIAL_FRAME
    text = frame.format(names=_listed(names), unsaid=opening.unsaid)
    wanted = opening.holds != "components"
    figure = ground.figure(spans, shares=opening.holds == "measures") if wanted else None
    if figure is None:
        return Opened(text, tuple(names))
    said, place = figure
    return Opened(f"{text} The nearest figure is “{said}” ({place.where}).", (*names, said))


def _bare(row: Coverage, ground: Ground, names: list[str]) -> Opened:
    """The opening where fewer than two names are known."""
    near = ground.nearest(row)
    if near is not None and near.heading:
        text = f"The section “{near.heading}” ({near.where}) comes nearest to it."
        return Opened(text, (near.heading,))
    if names:
        return Opened(f"The design is about {names[0]}.", (names[0],))
    return Opened(f"This is about “{shorten(ground.review.document.title)}”.", ())


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _held(row: Coverage, knowledge: Knowledge) -> HeldBack:
    criteria = open_criteria(row, knowledge)
    first = criteria[0] if criteria else knowledge.aspects[row.aspect].criteria[0]
    return HeldBack(
        aspect=row.aspect,
        ask=first.question,
        chance=round(answered_already(row), 4),
        citations=tuple(c for c in row.citations if c.verified),
    )
