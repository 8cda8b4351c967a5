"""Text in a design that is aimed at its reviewer instead of its reader.

Sentences are scored by what they do: set aside instructions, speak to a machine, dictate a verdict,
forge a conversation's frame, change the reviewer's role, ask for its prompt. Hidden text needs less
to count than visible text; visible text that talks about such attacks (a section on guardrails, a
quoted example) needs more. Encoded and disguised text is decoded first.

What is found becomes a finding, and is blank in the text that is judged: no judge reads it, no
quote from it is evidence. Text that is hidden without being aimed at anyone is blank too.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from copilot.documents.hidden import Hidden, blank, hidden_spans
from copilot.documents.load import sections_in
from copilot.documents.sentences import sentences
from copilot.review import signs
from copilot.review.citations import Verifier, fold
from copilot.review.disguise import decoded_runs, plain
from copilot.review.signs import ABOUT_ATTACKS, EXAMPLE, QUOTED
from copilot.schema import Citation, Document, Finding, Severity

VISIBLE, DISCUSSED, HIDDEN = 4, 8, 2
"""Scores from which on visible text, visible text about attacks, and hidden text is an attack."""
NEIGHBOUR = 2
"""Score from which on a sentence next to an attack belongs to it."""
MIN_PROSE = 5
"""Words from which on a hidden element is a sentence."""
CONTEXT = 320
"""Characters before a sentence that may say that it is an example."""


class Injection(NamedTuple):
    """A span that is aimed at the reviewer; offsets in the document's text."""

    start: int
    end: int
    carrier: str
    """text, comment, element, invisible, encoded, alt (an image's text) or title (a link's)."""


@dataclass(frozen=True)
class Reading:
    """A document as it is judged, and what was taken out of it."""

    document: Document
    """The same offsets and lines; hidden text and injections are blank."""
    injections: tuple[Injection, ...]


def shield(document: Document) -> Reading:
    """The document without what its reader does not see and what is aimed at its reviewer."""
    hidden = hidden_spans(document)
    injections = find_injections(document, hidden)
    spans = [span[:2] for span in (*hidden, *injections)]
    if not spans:
        return Reading(document, ())
    text = blank(document.text, spans)
    if not text.strip():  # nothing else is there: judging an empty text would say less
        return Reading(document, injections)
    aimed = any(document.title in document.text[one.start : one.end] for one in injections)
    changed = {
        "title": Path(document.path).stem if aimed else document.title,
        "text": text,
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "sections": sections_in(document.files, text, document.format),
    }
    return Reading(document.model_copy(update=changed), injections)


def find_injections(
    document: Document, hidden: tuple[Hidden, ...] | None = None
) -> tuple[Injection, ...]:
    """Spans of the document that are aimed at its reviewer, in order, without overlaps."""
    text = document.text
    concealed = hidden_spans(document) if hidden is None else hidden
    found = [Injection(*span) for span in concealed if _hidden_attack(text, span)]
    found += _encoded(text)
    found += _attributes(text)
    visible = blank(text, [span[:2] for span in (*concealed, *found)])
    found += _visible(visible, text)
    return tuple(_joined(found))


def injection_findings(
    injections: tuple[Injection, ...], verifier: Verifier
) -> tuple[Finding, ...]:
    """One finding for each injection; `verifier` must know the document as it came.

    Each has a fingerprint of its own, also where the same text stands in several places.
    """
    findings = []
    seen: Counter[str] = Counter()
    for injection in injections:
        citation = verifier.at(injection.start, injection.end)
        text = fold(citation.quote).casefold()
        nth = f"\n{seen[text]}" if seen[text] else ""
        seen[text] += 1
        findings.append(_finding(injection, citation, f"injection\n{text}{nth}"))
    return tuple(findings)


# --- where it stands ------------------------------------------------------------------------------


def _hidden_attack(text: str, span: Hidden) -> bool:
    body = text[span.start : span.end]
    if span.carrier == "invisible":
        return _is_message(body)
    inner = re.sub(r"^<!--+|--!?>$|<[^<>]{0,2000}>", " ", body)
    if span.carrier == "element" and len(re.findall(r"[^\W\d_]{2,}", inner)) >= MIN_PROSE:
        return True  # styled so that nobody reads it, and yet a sentence
    return any(signs.score(part) >= HIDDEN for part in _parts(inner)) or bool(_encoded(inner))


def _is_message(invisible: str) -> bool:
    """Tag characters spell a text; a long run of others is one in some code."""
    spelled = sum(0xE0020 <= ord(character) <= 0xE007E for character in invisible)
    return spelled >= 4 or len(set(invisible)) > 1 or len(invisible) > 40


def _parts(text: str) -> Iterator[str]:
    """Sentences, each with the next, so that what is said in two counts together."""
    flat = " ".join(plain(text).split())
    pieces = re.split(r"(?<=[.!?;。])\s+", flat)
    for first, second in zip(pieces, [*pieces[1:], ""], strict=True):
        yield f"{first} {second}"[:2_000]


def _encoded(text: str) -> list[Injection]:
    return [
        Injection(start, end, "encoded")
        for start, end, message in decoded_runs(text)
        if any(signs.score(part) >= HIDDEN for part in _parts(message))
    ]


_ALT = re.compile(r"!\[([^\[\]]{12,2000})\](?:\([^()\n]{0,2000}\)|\[[^\]\n]{0,200}\])?")
_ALT_HTML = re.compile(r"<(?:img|svg|figure|area)\b[^<>]{0,4000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"\b(?:alt|title|aria-label|aria-description|data-[\w-]+|longdesc|summary|content|"
    r"placeholder|value)"
    r"\s*=\s*(\"[^\"]{12,2000}\"|'[^']{12,2000}')",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\]\(\s*<?[^\s()<>]{0,2000}>?\s+(\"[^\"\n]{12,2000}\"|'[^'\n]{12,2000}'|"
    r"\([^()\n]{12,2000}\))\s*\)|"
    r"^ {0,3}\[[^\]\n]{1,100}\]:[ \t]*\S{1,2000}[ \t]+(\"[^\"\n]{12,2000}\"|'[^'\n]{12,2000}'|"
    r"\([^()\n]{12,2000}\))",
    re.MULTILINE,
)


def _attributes(text: str) -> Iterator[Injection]:
    """Texts of pictures and links: read by machines and screen readers, seen by few."""
    for pattern, carrier in ((_ALT, "alt"), (_TITLE, "title"), (_ATTRIBUTE, "alt")):
        for match in pattern.finditer(text):
            group = next((n for n in range(1, pattern.groups + 1) if match[n]), 0)
            if _is_attack(text, *match.span(group), VISIBLE - 1):
                yield Injection(*match.span(), carrier)


def _visible(text: str, original: str) -> Iterator[Injection]:
    """Sentences in sight; `text` is blank where something else was found already."""
    for block in re.finditer(r"\S(?:.|\n(?![ \t]*\n)){0,20000}", text):
        yield from _in_block(text, *block.span())


def _in_block(text: str, start: int, end: int) -> list[Injection]:
    """The attacks of one block: sentences that count alone, and their neighbours that belong."""
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
    return [Injection(*u, "text") for u, is_attack in zip(units, attacks, strict=True) if is_attack]


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
    score = max(signs.score(_sentence(part)) for part in {raw, *raw.split("\n")})
    if score < NEIGHBOUR:
        return score
    near = _about_attacks(text, start)
    if ABOUT_ATTACKS.search(raw):  # the sentence itself talks about attacks
        bare = signs.score(_sentence(QUOTED.sub(" ", raw)))
        return bare if bare >= DISCUSSED else min(bare, NEIGHBOUR - 1)
    if near and _in_fence(text, start):
        return min(score, NEIGHBOUR - 1)
    rest = _without_examples(raw, near)
    return score if rest == raw else min(score, signs.score(_sentence(rest)))


def _sentence(raw: str) -> str:
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


def _is_attack(text: str, start: int, end: int, threshold: int) -> bool:
    body = _sentence(text[start:end].strip("\"'()"))
    return signs.score(body) >= threshold and not ABOUT_ATTACKS.search(body)


def _joined(found: list[Injection]) -> list[Injection]:
    """In order, without overlaps; neighbours of one carrier become one."""
    joined: list[Injection] = []
    for one in sorted(found):
        last = joined[-1] if joined else None
        if last and one.start <= last.end + (3 if one.carrier == last.carrier else -1):
            joined[-1] = last._replace(end=max(last.end, one.end))
        else:
            joined.append(one)
    return joined


# --- what the review says -------------------------------------------------------------------------

_WHERE = {
    "text": "in plain sight",
    "comment": "in a comment, which no reader sees",
    "element": "in an element that is not shown",
    "invisible": "in invisible characters",
    "encoded": "in encoded form",
    "alt": "in a text that stands in for a picture",
    "title": "in the title of a link",
}


def _finding(injection: Injection, citation: Citation, identity: str) -> Finding:
    return Finding(
        fingerprint=hashlib.sha256(identity.encode()).hexdigest()[:16],
        kind="injection",
        severity=Severity.HIGH,
        dimension="security",
        aspect="security.audit",
        title="Text aimed at the reviewer",
        what=f"The document speaks to its reviewer {_WHERE[injection.carrier]}. It was left out of "
        "the review and counts for nothing.",
        so_what="Whoever put it there wants another verdict than the design earns; a tool that "
        "follows it would pass gaps over in silence.",
        fix="Remove it, and find out from the history of the file who added it and why.",
        roles=("security", "architect"),
        confidence=0.9,
        citations=(citation,),
        origin="rule",
    )
