"""Cuts a document into units, its sentences with what stands above each and what shape it has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from copilot.documents.phrases import Phrases, said
from copilot.documents.sentences import Span, sentences
from copilot.judges.offline.surroundings import KINDS, surroundings
from copilot.schema import Section

_FUTURE = Phrases(
    r"\b(will|plan(?:s|ned)?|future|roadmap|todo|tbd|to be (?:done|determined|defined|decided)|"
    r"later|eventually|should|may|might|could|would|consider|intend|goal|aim|potential|"
    r"possibl[ey]|optional(?:ly)?|not yet|wip)\b",
    needs="will plan plans planned future roadmap todo tbd be later eventually should may might "
    "could would consider intend goal aim potential possible possibly optional optionally yet wip",
)
_OPEN = Phrases(
    r"\b(todo|tbd|fixme|to be (?:done|determined|defined|decided)|open question|not yet|wip|"
    r"placeholder)\b",
    needs="todo tbd fixme be question yet wip placeholder",
)
_NEGATION = Phrases(
    r"\b(not|no|never|without|n't|cannot|lack|none|neither|nor)\b|n't\b",
    needs="not no never without t cannot lack none neither nor",
)
_OUT_OF_SCOPE = Phrases(
    r"\b(out[ -]of[ -]scope|non-?goals?|not (?:in|a) (?:scope|goal)|beyond the scope|not cover|"
    r"won't|will not)\b",
    needs="scope goal goals nongoal nongoals cover won will",
)
_MEASURE = re.compile(
    r"\d+(?:\.\d+)?\s*(?:%|ms|s|sec(?:onds?)?|minutes?|min|hours?|h|days?|gb|tb|mb|kb|gib|mib|qps|"
    r"rps|tps|k|m|x|usd|\$|gpus?|cpus?|nodes?|pods?|replicas?|requests?)\b|\$\s?\d",
    re.I,
)
_CODE = re.compile(
    r"`[^`]{1,200}`|[a-z]{1,40}_[a-z_]+|[a-z]{1,40}[A-Z][a-z]+|\w{1,60}\(\)|[{}=<>]{1,2}"
)
"""Repeats are bounded: without it a word of 300,000 letters takes minutes."""
_NAME = re.compile(
    r"(?<![.!?]\s)(?<!^)\b[A-Z][A-Za-z]*[A-Z0-9][A-Za-z0-9]*\b|(?<=[a-z,] )[A-Z][a-z]{2,}"
)
_CODE_SIGN = re.compile(r"[`_{}=<>]|\(\)|[a-z][A-Z]")
"""Code holds one of these; to look for one is much faster."""
_PERSON = re.compile(r"(?<!\w)@[A-Za-z][\w-]+|\w@\w|\b[A-Z][a-z]+ [A-Z][a-z]+(?: \(|,|$)")
"""A handle, an address or a name."""
_CAPITAL = re.compile(r"[A-Z]")
_BLANK = re.compile(r"\n[ \t]*\n")
_DIGIT = re.compile(r"\d")
_NUMBERED = re.compile(r"\(?\d+[.)]")
_TITLE_START = re.compile(r"[\W\d]*[A-Z]")
_NO_TITLE = ("|", "-", "+", "![", "http", "@", "$", "•", "●", "○", "▪", "‣", "➢", "✓", "o ", "* ")
_BULLETS = "-*+•●○▪‣➢✓"
_CONTENTS = re.compile(r"(?:\.[ \t]?){5,}|…[ \t]?…|\.{3,}[ \t]*\d+\s*$")
"""Dot leaders: a line of a table of contents, which states nothing."""
_DEFINITION = Phrases(
    r"\b(?:is|are) an? (?:[\w-]+ ){0,3}(?:open[- ]source|platform|framework|library|librar\w+|"
    r"database|language|toolkit|programming|software|package|distributed|popular)\b",
    needs="is are",
)
"""Says what some product is, as its web site would."""

SHAPE = (
    *("words", "short", "digits", "measure", "measures"),
    *("future", "open", "negation", "out_of_scope"),
    *("code", "names", "table_row", "bullet", "numbered", "link", "question", "lead_in"),
    *("position", "first", "last", "defines", "person"),
    *KINDS,
)
"""Names of the columns of `Unit.shape`."""


class Unit(NamedTuple):
    """One sentence, list item, table row or run of code lines, in its place."""

    start: int
    end: int
    text: str
    path: tuple[str, ...]
    """Titles above it, outermost first, a short title-like line without markup included."""
    lead: str
    """The sentence ending in a colon that introduces it; empty when there is none."""
    shape: tuple[float, ...]
    """Specificity, hedges and form, about 0 to 2 each; columns are named by `SHAPE`."""
    paragraph: int = 0
    """Number of the paragraph, list item or table row that it stands in."""
    words: int = 0
    """Of the text, parted by blanks."""

    @property
    def heading(self) -> str:
        """The two innermost titles."""
        return " . ".join(self.path[-2:])


def units(
    text: str, sections: Sequence[Section], spans: Sequence[Span] | None = None
) -> list[Unit]:
    """The units of a document in order, each under its section's path.

    `spans` are the text's sentences where they are known already.
    """
    known = sentences(text) if spans is None else spans
    spans = [span for span in known if not _CONTENTS.search(text[slice(*span)])]
    numbered = [_NUMBERED.match(text[slice(*span)]) is not None for span in spans]
    places = sorted(sections, key=lambda section: section.start)
    found: list[Unit] = []
    path: tuple[str, ...] = ()
    title = lead = ""
    reached = paragraph = 0
    for index, (start, end) in enumerate(spans):
        while reached < len(places) and places[reached].start <= start:
            path, title, lead = places[reached].path, "", ""
            reached += 1
        body = text[start:end]
        gap = text[found[-1].end : start] if found else ""
        paragraph += _BLANK.search(gap) is not None or ("\n" in gap and _starts_item(body))
        above = (*path, title) if title else path
        shape = (*_shape(body, index, len(spans)), *surroundings(above))
        words = len(body.split())
        found.append(Unit(start, end, body, above, lead, shape, paragraph, words))
        if body.rstrip("*_ ").endswith(":") and (words > 3 or not _is_title(body)):
            lead = body
        elif _is_title(body) and not any(_steps(numbered, index)):
            title, lead = body, ""
    return found


def loose_unit(text: str) -> Unit:
    """A sentence that stands in no document."""
    shape = (*_shape(text, 50, 100), *surroundings(()))
    return Unit(0, len(text), text, (), "", shape, words=len(text.split()))


def _starts_item(body: str) -> bool:
    return body[0] in f"|{_BULLETS}" or _NUMBERED.match(body) is not None


def _steps(numbered: Sequence[bool], index: int) -> Iterable[bool]:
    """Whether the unit and the one before or after it are numbered: steps of a list, no titles."""
    for other in (index - 1, index + 1):
        if 0 <= other < len(numbered):
            yield numbered[index] and numbered[other]


def _is_title(body: str) -> bool:
    """Whether a unit reads like a heading: short, capitalised, with no full stop."""
    words = body.split()
    if len(words) <= 14 and body.rstrip("*_ ").endswith(":"):
        return True
    return (
        len(words) <= 9
        and len(body) <= 90
        and body[-1] not in ".;,|{}="
        and not body.startswith(_NO_TITLE)
        and _TITLE_START.match(body) is not None
    )


def _shape(body: str, index: int, count: int) -> tuple[float, ...]:
    words = len(body.split())
    digits = len(_DIGIT.findall(body))
    measures = sum(1 for _ in _MEASURE.finditer(body)) if digits else 0
    capital = _CAPITAL.search(body, 1) is not None
    text = said(body)
    values: Iterable[float | bool] = (
        min(words, 60) / 30,
        words < 6,
        min(digits, 10) / 5,
        measures > 0,
        min(measures, 4) / 2,
        _FUTURE.stand_in(text),
        _OPEN.stand_in(text),
        _NEGATION.stand_in(text),
        _OUT_OF_SCOPE.stand_in(text),
        min(len(_CODE.findall(body)), 5) / 3 if _CODE_SIGN.search(body) else 0,
        min(len(_NAME.findall(body)), 5) / 3 if capital else 0,
        body.startswith("|"),
        body[0] in _BULLETS,
        _NUMBERED.match(body) is not None,
        "](" in body or "http" in body,
        body.endswith("?"),
        body.endswith(":"),
        index / count,
        index < 8,
        index > count - 8,
        _DEFINITION.stand_in(text),
        (capital or "@" in body) and _PERSON.search(body) is not None,
    )
    return tuple(float(value) for value in values)
