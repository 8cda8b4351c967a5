"""Text in a design that is aimed at its reviewer instead of its reader.

Sentences are scored by what they do: set aside instructions, speak to a machine, dictate a verdict,
forge a conversation's frame, change the reviewer's role, ask for its prompt. Hidden text needs less
to count than visible text; visible text that talks about such attacks (a section on guardrails, a
quoted example) needs more. Encoded and disguised text is decoded first. Sentences in sight that
only read like attacks (aim.py) are asked about.

What is found becomes a finding, and is blank in the text that is judged: no judge reads it, no
quote from it is evidence. So is what is only asked about: left in, an order would be read by the
judge that it is meant for, and could be quoted as evidence; left out, a harmless sentence is
missed, and the finding says so. Text that is hidden without being aimed at anyone is blank too.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from copilot.documents.formats import bare_name
from copilot.documents.hidden import Hidden, blank, hidden_spans
from copilot.documents.load import sections_in
from copilot.review import signs
from copilot.review.citations import Verifier, fold
from copilot.review.disguise import decoded_runs, plain
from copilot.review.sight import VISIBLE, as_sentence, attacks_in_sight
from copilot.review.signs import ABOUT_ATTACKS
from copilot.schema import Citation, Document, Finding, Severity

HIDDEN = 2
"""Score from which on hidden text is an attack."""
MIN_PROSE = 5
"""Words from which on a hidden element is a sentence."""


class Injection(NamedTuple):
    """A span that is aimed at the reviewer; offsets in the document's text."""

    start: int
    end: int
    carrier: str
    """text, comment, element, invisible, encoded, alt (an image's text), title (a link's), or
    wording: text in plain sight that only reads like it."""

    @property
    def sure(self) -> bool:
        """False where the authors should be asked first."""
        return self.carrier != "wording"


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
        "title": bare_name(document.path) if aimed else document.title,
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
    found += [Injection(*span) for span in attacks_in_sight(visible)]
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


def _is_attack(text: str, start: int, end: int, threshold: int) -> bool:
    body = as_sentence(text[start:end].strip("\"'()"))
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
    said = _KNOWN if injection.sure else _LIKELY
    return Finding(
        fingerprint=hashlib.sha256(identity.encode()).hexdigest()[:16],
        kind="injection",
        severity=said.severity,
        dimension="security",
        aspect="security.audit",
        title=said.title,
        what=said.what.format(where=_WHERE.get(injection.carrier, "")),
        so_what=said.so_what,
        fix=said.fix,
        roles=("security", "architect"),
        confidence=said.confidence,
        citations=(citation,),
        origin="rule",
    )


class _Said(NamedTuple):
    """The words of a finding."""

    severity: Severity
    confidence: float
    title: str
    what: str
    so_what: str
    fix: str


_KNOWN = _Said(
    Severity.HIGH,
    0.9,
    "Text aimed at the reviewer",
    "The document speaks to its reviewer {where}. It was left out of the review and counts for "
    "nothing.",
    "Whoever put it there wants another verdict than the design earns; a tool that follows it "
    "would pass gaps over in silence.",
    "Remove it, and find out from the history of the file who added it and why.",
)
_LIKELY = _Said(
    Severity.MEDIUM,
    0.5,
    "Is this text aimed at the reviewer?",
    "The passage reads as if it told whoever reviews the document what to conclude. It was left "
    "out of the review until somebody has looked: it counts neither for the design nor against it.",
    "If it is meant for the reviewer, it wants another verdict than the design earns. If it is "
    "not, the review has not heard what it says.",
    "Say whom it is meant for. A fact about the system can be put as one; an order or a plea to "
    "the reviewer should go.",
)
