"""The questions of a review as somebody asks them: edited, reordered, asked, answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from copilot.knowledge import Knowledge
from copilot.review.severity import criterion_severity
from copilot.schema import (
    Answer,
    Citation,
    Coverage,
    Criterion,
    Prose,
    QuestionEdit,
    Record,
    Review,
    Searched,
    Severity,
)

MINUTES = {
    Severity.CRITICAL: 6,
    Severity.HIGH: 5,
    Severity.MEDIUM: 4,
    Severity.LOW: 3,
    Severity.INFO: 2,
}
"""What a question is given on the agenda: the worse the gap, the longer."""


class Item(Record):
    """One question with all that the one who asks it needs."""

    key: str
    """Under which edits are kept: the id of its criterion."""
    text: str
    """As it is asked: the reviewer's words where there are any."""
    original: str
    ask: str = ""
    """The question without what leads up to it, for a list; empty where nothing does."""
    aspect: str
    """Empty for a question of the reviewer's own."""
    criterion: str
    settles: tuple[str, ...] = ()
    """Other criteria that a full answer settles: those of its probes, those asked with it."""
    roles: tuple[str, ...]
    severity: Severity
    minutes: int
    why: str
    good_answer: str
    red_flags: tuple[str, ...]
    probes: tuple[str, ...] = ()
    """What to ask next where the answer stays short."""
    citations: tuple[Citation, ...] = ()
    """What the design says about it."""
    searched: Searched | None = None
    """Proof of absence, where it says nothing."""
    place: float
    """Its place in the order: smaller is asked earlier."""
    asked: datetime | None = None
    hidden: bool = False
    answers: tuple[Answer, ...] = ()
    """Oldest first."""
    settled: bool = False
    """True when the review, with its answers, does not ask it any more."""

    @property
    def short(self) -> str:
        """How it stands in a list."""
        return self.text if self.edited else self.ask or self.text

    @property
    def edited(self) -> bool:
        """True when the reviewer uses other words."""
        return self.text != self.original


def items(
    review: Review,
    knowledge: Knowledge,
    edits: Mapping[str, QuestionEdit] | None = None,
    answers: Iterable[Answer] = (),
    drafts: Sequence[Item] | None = None,
    before: Sequence[Item] | None = None,
) -> tuple[Item, ...]:
    """The questions of a review in the reviewer's order, with those that answers have settled.

    `drafts` are its questions as somebody else put them; without them they are the review's own.
    `before` are the questions of the review without answers: their ranks hold, so that an answer
    moves no question.
    """
    given: dict[str, list[Answer]] = {}
    for answer in answers:
        given.setdefault(answer.criterion, []).append(answer)
    drafts = list(own_questions(review, knowledge) if drafts is None else drafts)
    if before is not None:
        drafts = _merged(before, drafts, review)
    known = {criterion for draft in drafts for criterion in (draft.key, *draft.settles)}
    rank = float(len(drafts))
    for key in given:
        if key in knowledge.criteria and key not in known:
            rank += 1
            drafts.append(_settled(knowledge.criteria[key], review, rank))
    own = [edit for key, edit in (edits or {}).items() if is_own(key) and edit.text]
    drafts += [_own(edit, rank + nth) for nth, edit in enumerate(own, start=1)]
    edited = [_edited(draft, (edits or {}).get(draft.key), given) for draft in drafts]
    return tuple(sorted(edited, key=lambda item: item.place))


def for_role(questions: Iterable[Item], role: str) -> tuple[Item, ...]:
    """The questions that this role can answer; all for an empty role."""
    return tuple(item for item in questions if not role or role in item.roles or not item.roles)


def fitting(questions: Iterable[Item], minutes: int) -> frozenset[str]:
    """Keys of the questions that a meeting of this length has time for, taken in order.

    One that does not fit in what is left gives way to the next that does; what was asked already
    or left out takes no time.
    """
    fits, left = set(), minutes
    for item in questions:
        if item.asked is None and not item.hidden and item.minutes <= left:
            fits.add(item.key)
            left -= item.minutes
    return frozenset(fits)


def between(questions: Sequence[Item], index: int, by: int) -> float | None:
    """The place of the question at `index` once it moved by one row; None where the list ends."""
    target = index + by
    if not 0 <= target < len(questions):
        return None
    beyond = target + by
    if not 0 <= beyond < len(questions):
        return questions[target].place + by
    return (questions[target].place + questions[beyond].place) / 2


def is_own(key: str) -> bool:
    """True for the key of a question that the reviewer added."""
    return key.startswith("own:")


def _merged(old: Sequence[Item], new: Sequence[Item], review: Review) -> list[Item]:
    """The questions of before in their places, as the review sees them now; new ones behind."""
    now = {criterion for item in new for criterion in (item.key, *item.settles)}
    rows = {row.aspect: row for row in review.coverage}
    merged = []
    for item in old:
        row = rows[item.aspect]
        fresh = {
            "citations": tuple(citation for citation in row.citations if citation.verified),
            "searched": row.searched,
            "settled": item.key not in now,
        }
        merged.append(item.model_copy(update=fresh))
    later = [item for item in new if item.key not in {each.key for each in old}]
    places = enumerate(later, start=len(old) + 1)
    return merged + [item.model_copy(update={"place": float(place)}) for place, item in places]


def own_questions(review: Review, knowledge: Knowledge) -> list[Item]:
    """The questions as the review itself asks them, in order of priority."""
    rows = {row.aspect: row for row in review.coverage}
    return [
        _item(
            knowledge.criteria[question.criterion],
            rows[question.aspect],
            float(question.priority),
            question.why,
            text=question.text,
        )
        for question in review.questions
        if question.criterion in knowledge.criteria
    ]


def _item(criterion: Criterion, row: Coverage, place: float, why: str, *, text: Prose = "") -> Item:
    severity = criterion_severity(criterion, row.status)
    return Item(
        key=criterion.id,
        text=text or criterion.question,
        original=text or criterion.question,
        aspect=row.aspect,
        criterion=criterion.id,
        roles=criterion.roles,
        severity=severity,
        minutes=MINUTES[severity],
        why=why,
        good_answer=criterion.good_answer,
        red_flags=criterion.red_flags,
        citations=tuple(citation for citation in row.citations if citation.verified),
        searched=row.searched,
        place=place,
    )


def _settled(criterion: Criterion, review: Review, place: float) -> Item:
    aspect = criterion.id.rpartition(".")[0]
    row = next(row for row in review.coverage if row.aspect == aspect)
    return _item(criterion, row, place, criterion.risk).model_copy(update={"settled": True})


def _own(edit: QuestionEdit, place: float) -> Item:
    return Item(
        key=edit.key,
        text=edit.text or "",
        original=edit.text or "",
        aspect="",
        criterion=edit.key,
        roles=(),
        severity=Severity.INFO,
        minutes=MINUTES[Severity.MEDIUM],
        why="Added by the reviewer.",
        good_answer="",
        red_flags=(),
        place=place,
    )


def _edited(item: Item, edit: QuestionEdit | None, given: Mapping[str, list[Answer]]) -> Item:
    about = dict.fromkeys((item.criterion, *item.settles))
    found = (answer for criterion in about for answer in given.get(criterion, ()))
    answers = tuple(sorted(found, key=lambda answer: answer.at))
    if edit is None:
        return item.model_copy(update={"answers": answers})
    return item.model_copy(
        update={
            "answers": answers,
            "text": edit.text or item.original,
            "place": item.place if edit.position is None else edit.position,
            "asked": edit.asked,
            "hidden": edit.hidden,
        }
    )
