"""Sentences in plain sight that are aimed at the reviewer.

A sentence counts for sure when signs.py knows what it does, and as likely when it reads like the
examples that aim.py was learned from. Text that talks about such attacks, gives one as an example
or stands in a code block is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from copilot.documents.hidden import blank
from copilot.documents.sentences import sentences
from copilot.review import aim, signs
from copilot.review.disguise import plain
from copilot.review.signs import ABOUT_ATTACKS, EXAMPLE, OPENING, QUOTED

VISIBLE, DISCUSSED = 4, 8
"""Scores from which on a sentence, and one in a text about attacks, is an attack."""
NEIGHBOUR = 2
"""Score from which on a sentence next to an attack belongs to it."""
LIKELY_NEIGHBOUR = 3.0
"""Log-odds below the threshold that a sentence next to a likely attack may have."""
FEWEST = 5
"""Words, or half as many letters of a script without spaces, that a likely attack has at least."""
PROSE = 0.75
"""Share of letters and spaces that a likely attack has at least."""
CONTEXT = 320
"""Characters before a sentence that may say that it is an example."""


class Unit(NamedTuple):
    """A sentence, or a line that is none; offsets in the text."""

    start: int
    end: int
    sure: bool


def attacks_in_sight(text: str) -> list[tuple[int, int, str]]:
    """(start, end, carrier) of what is aimed at the reviewer: `text` for sure, `wording` likely."""
    units = units_in_sight(text)
    sure = [(unit.start, unit.end, "text") for unit in units if unit.sure]
    likely = [(unit.start, unit.end, "wording") for unit in _likely(text, candidates(text, units))]
    return sure + likely


def units_in_sight(text: str) -> list[Unit]:
    """The sentences and lines of a text, and which of them are attacks for sure."""
    return [
        unit
        for block in re.finditer(r"\S(?:.|\n(?![ \t]*\n)){0,20000}", text)
        for unit in _in_block(text, *block.span())
    ]


def candidates(text: str, units: Sequence[Unit]) -> list[tuple[Unit, str]]:
    """What the learned signs are asked about: units that may be aimed at somebody, as sentences."""
    fences = [match.start() for match in _FENCE.finditer(text)]
    found, fence = [], 0
    for unit in units:
        while fence < len(fences) and fences[fence] <= unit.start:
            fence += 1
        if not (unit.sure or fence % 2):
            sentence = as_sentence(text[unit.start : unit.end][:3_000])
            if _long_enough(sentence):
                found.append((unit, sentence))
    return found


def _likely(text: str, asked: Sequence[tuple[Unit, str]]) -> list[Unit]:
    """The candidates that read like attacks, and those beside them that nearly do."""
    model = aim.load()
    scores = model.score([sentence for _, sentence in asked])
    chosen: set[int] = set()
    for at, (unit, sentence) in enumerate(asked):
        counts = scores[at] >= model.threshold and is_prose(sentence)
        if counts and not _discussed(text, unit.start, sentence):
            chosen.add(at)
            for step in (-1, 1):
                beside = at + step
                near = model.threshold - LIKELY_NEIGHBOUR
                while 0 <= beside < len(asked) and scores[beside] >= near:
                    chosen.add(beside)
                    beside += step
    return [asked[at][0] for at in sorted(chosen)]


def _discussed(text: str, start: int, sentence: str) -> bool:
    """True where a sentence talks about attacks, or stands where the text does."""
    return bool(ABOUT_ATTACKS.search(sentence)) or _about_attacks(text, start)


def is_prose(sentence: str) -> bool:
    """True for words, false for the data of an example."""
    return sum(c.isalpha() or c.isspace() for c in sentence) >= PROSE * len(sentence)


def _long_enough(sentence: str) -> bool:
    return len(sentence.split()) >= FEWEST or len(_UNSPACED.findall(sentence)) >= 2 * FEWEST


_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _in_block(text: str, start: int, end: int) -> list[Unit]:
    """The units of one block: sentences that are attacks alone, and neighbours that belong."""
    units = _units(text, start, end)
    text = _without_long_examples(text, start, end)
    scores = [_unit_score(text, unit) for unit in units]
    attacks = [score >= VISIBLE for score in scores]
    for at in range(len(units) - 1):
        pair = scores[at] > 1 and scores[at + 1] > 1 and scores[at] + scores[at + 1] >= VISIBLE + 1
        if pair and _unit_score(text, (units[at][0], units[at + 1][1])) >= VISIBLE + 1:
            attacks[at] = attacks[at + 1] = True
    for at in [at for at, is_attack in enumerate(attacks) if is_attack]:
        for step in (-1, 1):
            beside = at + step
            while 0 <= beside < len(units) and scores[beside] >= NEIGHBOUR and not attacks[beside]:
                attacks[beside] = True
                beside += step
    return [Unit(*unit, is_attack) for unit, is_attack in zip(units, attacks, strict=True)]


def _without_long_examples(text: str, start: int, end: int) -> str:
    """The text with the quotes of several sentences blank that its block gives as examples."""
    spans = [
        match.span()
        for match in _LONG_QUOTE.finditer(text, start, end)
        if EXAMPLE.search(text, max(start, match.start() - 80), match.start())
    ]
    return blank(text, spans) if spans else text


_LONG_QUOTE = re.compile(r"(?<!\w)\"[^\"\n]{3,200}[.!?] [^\"\n]{3,600}\"")


def _units(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Sentences of a block, and the lines that are none (headings)."""
    inner = [(start + a, start + b) for a, b in sentences(text[start:end])]
    for match in re.finditer(r"[^\n]*\S[^\n]*", text[start:end]):
        a, b = start + match.start(), start + match.end()
        if not any(x < b and a < y for x, y in inner):
            inner.append((a, b))
    return sorted(inner)


def _unit_score(text: str, unit: tuple[int, int]) -> int:
    """Score of a visible sentence; what it only talks about does not count."""
    start, end = unit
    raw = text[start:end][:3_000]
    score = _score_of_lines(raw)
    if score < NEIGHBOUR:
        return score
    near = _about_attacks(text, start)
    if ABOUT_ATTACKS.search(raw):  # the sentence itself talks about attacks
        bare = signs.score(as_sentence(QUOTED.sub(" ", raw)))
        return bare if bare >= DISCUSSED else min(bare, NEIGHBOUR - 1)
    if near and _in_fence(text, start):
        return min(score, NEIGHBOUR - 1)
    rest = _without_examples(raw, near)
    return score if rest == raw else min(score, signs.score(as_sentence(rest)))


def _score_of_lines(raw: str) -> int:
    """Score of a sentence, or of its highest line: a line may open like a note to a machine.

    Where the whole shows no sign, only lines with such an opening can.
    """
    whole = signs.score(as_sentence(raw))
    lines = [as_sentence(line) for line in raw.split("\n")] if "\n" in raw else []
    return max([whole, *(signs.score(line) for line in lines if whole or OPENING.match(line))])


def as_sentence(raw: str) -> str:
    """A sentence in one line, without disguises and without the marks of lists and quotes."""
    return re.sub(r"^[\s>*+#|/\-\"'`:]+", "", " ".join(plain(raw).split()))


def _without_examples(sentence: str, near: bool) -> str:
    """The sentence without the quotes in it that it gives as examples."""

    def keep(match: re.Match[str]) -> str:
        before = sentence[: match.start()]
        return " " if before.strip() and (near or EXAMPLE.search(before)) else match.group()

    return QUOTED.sub(keep, sentence)


def _about_attacks(text: str, start: int) -> bool:
    """True where the heading or the text just before speaks about attacks."""
    heading = text.rfind("\n#", 0, start)
    title = text[heading + 1 : heading + 120].split("\n", 1)[0] if heading >= 0 else ""
    return bool(
        ABOUT_ATTACKS.search(title) or ABOUT_ATTACKS.search(text, max(0, start - CONTEXT), start)
    )


def _in_fence(text: str, start: int) -> bool:
    return len(re.findall(r"^[ \t]*(?:```|~~~)", text[:start], re.MULTILINE)) % 2 == 1
