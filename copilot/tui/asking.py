"""Questions of the open design: read from review and store, and what people do with them kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copilot.review.asking import Item
    from copilot.schema import Answer, Review
    from copilot.tui.session import Session


def items(session: Session) -> tuple[Item, ...]:
    """The questions of the open review in the reviewer's order; none without a review."""
    from copilot.review import asking

    opened, store, knowledge = session.current, session.store, session.knowledge
    if opened is None or opened.review is None or store is None or knowledge is None:
        return ()
    edits = store.questions.of(opened.design)
    given = store.answers.of(opened.design)
    before = baseline(session) if opened.review.answers else None
    return asking.items(opened.review, knowledge, edits, given, before)


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
