"""An agenda: the questions that fit a meeting's minutes and its guests."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.meeting.questions import MeetingQuestion
from copilot.schema import Record


class Agenda(Record):
    """What is asked in one meeting."""

    minutes: int | None
    """Length of the meeting; None when nobody gave one."""
    planned: int
    """Minutes that the questions take."""
    roles: tuple[str, ...]
    """Who is there; empty for everybody."""
    questions: tuple[MeetingQuestion, ...]
    left_out: tuple[int, ...]
    """Numbers of the questions for these roles that found no time."""


def pack(
    questions: Sequence[MeetingQuestion], roles: Collection[str] = (), minutes: int | None = None
) -> Agenda:
    """The questions for these roles, in order of their rank, as far as the minutes reach.

    A question that does not fit in what is left gives way to the next that does.
    """
    kept, left_out, planned = [], [], 0
    for question in questions:
        if roles and not set(roles) & set(question.roles):
            continue
        if minutes is not None and planned + question.minutes > minutes:
            left_out.append(question.number)
            continue
        kept.append(question)
        planned += question.minutes
    return Agenda(
        minutes=minutes,
        planned=planned,
        roles=tuple(roles),
        questions=tuple(kept),
        left_out=tuple(left_out),
    )


def check_roles(roles: Sequence[str], knowledge: Knowledge) -> None:
    """Raises InputError for a role that the knowledge does not have."""
    known = [role.id for role in knowledge.roles]
    for role in roles:
        if role not in known:
            raise InputError(f"unknown role {role!r}", todo=f"use one of: {', '.join(known)}")
