"""Questions of the open design: read from review and store, and what people do with them kept.

All of it but `pose` takes milliseconds of the store's time and is called in the writing thread.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copilot.meeting.questions import MeetingQuestion
    from copilot.review.asking import Item
    from copilot.schema import Answer, Document, Review
    from copilot.tui.session import Session


@dataclass(frozen=True)
class Posed:
    """What there is to ask about the open design."""

    items: tuple[Item, ...] = ()
    """In the reviewer's order."""
    before: Review | None = None
    """The review that no answer went into; None where it is not kept."""


async def pose(session: Session) -> Posed:
    """The questions of the open review; none without a review. Raises CopilotError.

    They are worked out in a thread: for a long document that takes seconds.
    """
    opened = session.current
    if opened is None or opened.review is None or session.knowledge is None:
        return Posed()
    before = await session.write(partial(baseline, session))
    now = await asyncio.to_thread(drafts, session, opened.review, opened.document)
    then = None
    if opened.review.answers and before is not None:
        then = await asyncio.to_thread(drafts, session, before, opened.document)
    items = await session.write(partial(_items, session, opened.review, now, then))
    return Posed(items, before)


def drafts(session: Session, review: Review, document: Document | None) -> tuple[Item, ...]:
    """The questions of a review, each naming something of its text; kept for the last few."""
    from copilot.knowledge.meeting import load_meeting
    from copilot.meeting.questions import ask

    assert session.knowledge is not None and session.settings is not None
    with session.drafting:
        for known, items in session.drafted:
            if known is review:
                return items
        if session.meeting is None:
            session.meeting = load_meeting(session.knowledge, session.settings.knowledge)
        asked = ask(review, document, session.knowledge, session.meeting)
        items = tuple(_item(question) for question in asked.questions)
        session.drafted.append((review, items))
        return items


def _item(question: MeetingQuestion) -> Item:
    from copilot.review.asking import Item

    return Item(
        key=question.criterion,
        text=question.text,
        original=question.text,
        ask=question.ask,
        aspect=question.aspect,
        criterion=question.criterion,
        settles=tuple(c for c in question.settles if c != question.criterion),
        roles=question.roles,
        severity=question.severity,
        minutes=question.minutes,
        why=question.why,
        good_answer=question.good_answer,
        red_flags=question.red_flags,
        probes=question.probes,
        citations=question.citations,
        searched=question.searched,
        place=float(question.number),
    )


def _items(
    session: Session, review: Review, now: tuple[Item, ...], before: tuple[Item, ...] | None
) -> tuple[Item, ...]:
    from copilot.review import asking

    opened, store = session.current, session.store
    assert opened is not None and store is not None and session.knowledge is not None
    edits = store.questions.of(opened.design)
    given = store.answers.of(opened.design)
    return asking.items(review, session.knowledge, edits, given, now, before)


def edit(session: Session, item: Item, **changes: Any) -> None:
    """Keep what the reviewer made of a question, beside what was made of it before."""
    from copilot.schema import QuestionEdit

    assert session.current is not None and session.store is not None
    design = session.current.design
    known = session.store.questions.of(design).get(item.key)
    before = known or QuestionEdit(design=design, key=item.key)
    after = QuestionEdit.model_validate({**before.model_dump(), **changes})
    session.store.questions.set(after)


def mark(session: Session, item: Item) -> None:
    """Mark a question as asked now, or take the mark away."""
    edit(session, item, asked=None if item.asked else datetime.now().astimezone())


def add(session: Session, text: str) -> None:
    """Keep a question of the reviewer's own."""
    from copilot.schema import QuestionEdit

    assert session.current is not None and session.store is not None
    key = f"own:{secrets.token_hex(4)}"
    session.store.questions.set(QuestionEdit(design=session.current.design, key=key, text=text))


def answer(session: Session, item: Item, text: str, who: str) -> Answer:
    """Keep an answer and mark its question as asked."""
    from copilot.schema import Answer

    assert session.current is not None and session.store is not None
    given = Answer(
        design=session.current.design,
        aspect=item.aspect,
        criterion=item.criterion,
        question=item.text,
        text=text,
        who=who,
        at=datetime.now().astimezone(),
    )
    kept = session.store.answers.add(given)
    if item.asked is None:
        mark(session, item)
    return kept


def answers(session: Session) -> tuple[Answer, ...]:
    """All answers about the open design that speak to an aspect, oldest first."""
    if session.current is None or session.store is None:
        return ()
    return tuple(a for a in session.store.answers.of(session.current.design) if a.aspect)


def baseline(session: Session) -> Review | None:
    """The last review of the open design's text that no answer went into; None without one."""
    opened, store = session.current, session.store
    if opened is None or opened.review is None or store is None:
        return None
    if not opened.review.answers:
        return opened.review
    for summary in store.reviews.of(opened.design):
        if summary.digest == opened.review.document.digest:
            review = store.reviews.get(summary.id)
            if not review.answers:
                return review
    return None
