"""A model's words for the questions, kept only where they still ask the same of the same design.

Rank, criterion, roles and minutes are those of the offline questions, whatever the model writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from copilot.judges.model.judge import ModelJudge
from copilot.meeting.questions import Asked, MeetingQuestion
from copilot.reports.safe import printable

LONGEST = 600
KEPT = 0.3
"""Least share of the telling words of what is asked that the new words must hold."""
_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "about after also been before could does each from have here into many more most much "
        "other over same should some such that their them then there these they this those "
        "through until what when where which while whom whose will with within would your ",
    )
)
"""Words that carry no meaning of their own."""


async def reworded(asked: Asked, judge: ModelJudge) -> Asked:
    """The questions in the model's words; raises JudgeError when it cannot be asked."""
    listed = [{"number": q.number, "text": q.text, "names": q.names} for q in asked.questions]
    words = await judge.reword(listed) if listed else {}
    return asked.model_copy(update={"questions": tuple(_worded(q, words) for q in asked.questions)})


def _worded(question: MeetingQuestion, words: Mapping[int, str]) -> MeetingQuestion:
    text = words.get(question.number, "")
    if not still_asks(question, text):
        return question
    return question.model_copy(update={"text": text, "origin": "model"})


def still_asks(question: MeetingQuestion, text: str) -> bool:
    """Whether a text names a thing of the design, keeps what is asked and adds no number."""
    if not text.endswith("?") or len(text) > LONGEST or printable(text) != text:
        return False
    if not any(name.casefold() in text.casefold() for name in question.names):
        return False
    if set(_NUMBER.findall(text)) - set(_NUMBER.findall(question.text)):
        return False
    wanted = _stems(question.ask)
    return len(wanted & _stems(text)) >= max(2, KEPT * len(wanted))


def _stems(text: str) -> set[str]:
    """First five letters of the words that carry meaning."""
    return {word[:5] for word in map(str.casefold, _WORD.findall(text)) if word not in _COMMON}
