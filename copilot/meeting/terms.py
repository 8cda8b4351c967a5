"""The document's own names: components, products and figures that a question can take hold of.

Found by form alone (code spans, bold words, capitals in the middle of a sentence, numbers with a
unit), so the same document always gives the same names.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log2

from copilot.documents.scan import scan
from copilot.documents.sentences import sentences
from copilot.knowledge import Knowledge
from copilot.schema import Document

Span = tuple[int, int]

MAX_NAME, MIN_NAME = 40, 3
_CODE = re.compile(r"`+([A-Za-z][\w.:-]{2,38}\w)`+")
_BOLD = re.compile(r"\*\*([A-Za-z][^*\n`\[\]()<>|:;,]{2,38})\*\*")
_WORD = r"[A-Z][a-zA-Z0-9]*(?:[-/.][A-Z0-9][a-zA-Z0-9]*)*"
_PROPER = re.compile(rf"(?<![\w./#@<-]){_WORD}(?: {_WORD}){{0,3}}(?![\w/]|\.\w)")
_SPECIAL = re.compile(r"[a-z][A-Z]|[A-Z]{2}|\d")
_URL = re.compile(
    r"\[[^\]\n]{24,200}\]\(https?://[^()\s]{1,300}\)|\(?(?:https?://|www\.)\S+|<[^<>\n]{1,200}>|\]\([^()\s]{1,300}\)|!\[[^\]\n]*\]"
)
_NUMBERING = re.compile(r"^[\s\d.)IVX]*[.)]?\s+(?=\S)|[#*`_:]+")
_PEOPLE = re.compile(
    r"^\W*(?:authors?|owners?|reviewers?|approvers?|sponsors?|reviewed by|approved by|written by|"
    r"status|created|updated|contributors?)\b.*$|^.*\S@\S.*$",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines that name people, who are nothing that a design is made of."""
_FIGURE = re.compile(
    r"(?<![\w.#/-])(?:[<>≤≥~≈$€£]\s?)?\d[\d.,]*\s?(?:%|(?:ms|µs|s|sec(?:ond)?s?|minutes?|mins?|hours?"
    r"|days?|weeks?|months?|years?|[kKMGTP]i?B|[kKMBm]|million|billion|thousand|rows?|records?|users?"
    r"|requests?|queries|predictions?|models?|nodes?|GPUs?|CPUs?|v?cores?|replicas?|pods?|workers?"
    r"|instances?|events?|images?|documents?|tenants?|teams?|jobs?|features?|QPS|qps|rps|RPS|TPS)\b)"
    r"(?:\s?(?:/|per |a )\s?(?:s|sec(?:ond)?|minute|hour|day|week|month|year|GPU|node|user)\b)?"
)
_PLAIN = frozenset(
    # Words with a capital that name nothing of a design's own.
    re.findall(
        r"[\w-]+",
        "a about above according add additional after ai all also alternative alternatives an "
        "and another any api apis april architecture are as assume at august author authors "
        "available background basic because before below best bool both but by can case cases "
        "cell client code common component components conclusion config cons considered context "
        "cpu create created csv current currently data dataset date day december default define "
        "delete dependencies deployment description design details diagram doc docs document "
        "documentation does drawbacks during each either end environment error etc even every "
        "everything example examples exec false faq feature features february figure file files "
        "finally first float following for friday from future get given goal goals good gpu has "
        "have he her here high hld how however html http https i id if implementation important "
        "in input inputs install instead int integration introduction is issue issues it its "
        "january job json july june kep less let like line list lld log logic logs low machine "
        "main make many march may metadata method methods ml model models monday monitoring "
        "more most motivation must name nan need never new next no node non-goals none not note "
        "notes november now null number objective october of ok on once one only open option "
        "options or other our out output outputs overview owner page parameters params part "
        "path pdf performance phase pipeline plan platform please possible post problem process "
        "production project proposal pros provide purpose put python question questions read "
        "readme reference references request required requirement requirements response result "
        "results rfc risk risks run same saturday scope score second section security see "
        "september service services set setup should since so some source sources sql start "
        "status step steps storage story string such summary sunday support system table task "
        "tasks tbd test testing tests text that the their them then there these they third this "
        "those through thursday time title to todo token tool tools total train training true "
        "tuesday type types typically ui under until up update updated url usage use used user "
        "users using value values version versions via view was we web wednesday what when "
        "where whether which while who why will with within without workflow yaml yes you your ",
    )
)
_LEADING = frozenset(
    # Words that begin a sentence and are no part of the name after them.
    re.findall(
        r"\w+",
        "a about after all also an and another any as at because before below both but by "
        "currently each either even every finally first following for from given he her here "
        "how however if in initially instead is it its let like most my next no not note now of "
        "on once one only or other our out she should since so some such that the their them "
        "then there these they this those through to under until up use uses using via we what "
        "when where whether which while who why will with within without yes you your ",
    )
)
GENERIC_TITLES = frozenset(
    re.findall(
        r"[\w-]+",
        "abstract acknowledgements also appendix background conclusion conclusions contents "
        "context definitions description details discussion faq future glossary goals "
        "introduction links motivation notes objective objectives overview preface purpose "
        "readme references requirements resources scope see summary terminology ",
    )
)


@dataclass(frozen=True)
class Name:
    """Something that the document calls by name."""

    text: str
    places: tuple[int, ...]
    """Offsets of its occurrences, ascending."""
    weight: float
    """How much of a name it is: form and frequency."""


class Terms:
    """The names and figures of one document."""

    def __init__(self, document: Document, knowledge: Knowledge) -> None:
        self._document = document
        self._body = _body(document)
        self._speaks = _products(knowledge)
        self.names = tuple(_names(self._body, frozenset(self._speaks)))

    def near(
        self, spans: Sequence[Span], most: int, used: Counter[str], aspect: str = ""
    ) -> list[Name]:
        """Up to `most` names that stand in the spans, the document's own and fresh ones first.

        A product that the knowledge ties to `aspect` counts double. `used` counts how often a
        name was given out before; it is updated.
        """
        scored = []
        for name in self.names:
            inside = sum(_count(name.places, span) / rank for rank, span in enumerate(spans, 1))
            if inside:
                score = name.weight * (1 + log2(1 + inside)) / (1 + used[name.text])
                score *= 2 if aspect in self._speaks.get(name.text.casefold(), ()) else 1
                scored.append((-score, name.places[0], name))
        chosen = _distinct(name for _, _, name in sorted(scored, key=lambda item: item[:2]))[:most]
        used.update(name.text for name in chosen)
        return chosen

    def figure(self, spans: Sequence[Span], shares: bool) -> Span | None:
        """The first number with a unit in the spans, None without one; percentages if `shares`."""
        for start, end in spans:
            for found in _FIGURE.finditer(self._body, start, end):
                if shares or "%" not in found.group():
                    return found.span()
        return None


def _body(document: Document) -> str:
    """The text without headings, code blocks, comments, links, people; offsets stay."""
    text = document.text
    gone = [
        (block.start, block.end)
        for file in document.files
        for block in _file_blocks(document, file.start, file.end)
        if block.kind in ("heading", "fence", "comment", "front")
    ]
    pieces, at = [], 0
    for start, end in gone:
        pieces += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
        at = max(at, end)
    body = "".join([*pieces, text[at:]])
    for pattern in (_PEOPLE, _URL):
        body = pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), body)
    return body


def _file_blocks(document: Document, start: int, end: int) -> Iterator[_Moved]:
    form = "markdown" if document.format == "folder" else document.format
    for block in scan(document.text[start:end], form):
        yield _Moved(block.kind, block.start + start, block.end + start)


@dataclass(frozen=True)
class _Moved:
    """A block with its offsets in the document."""

    kind: str
    start: int
    end: int


def _products(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Spelling of a product -> the aspects that its use speaks to."""
    return {
        spelling.casefold(): technology.evidence_for
        for technology in knowledge.technologies
        for spelling in (technology.name, *technology.aliases)
    }


def _names(body: str, products: frozenset[str]) -> Iterator[Name]:
    places: dict[str, list[int]] = {}
    forms: dict[str, Counter[str]] = {}
    weights: dict[str, float] = {}
    starts = _starts(body)
    for text, at, weight in _candidates(body, starts, products):
        key = re.sub(r"[\s_-]+", " ", text.casefold()).rstrip("s")
        places.setdefault(key, []).append(at)
        forms.setdefault(key, Counter())[text] += 1
        weights[key] = max(weights.get(key, 0.0), weight)
    lower = frozenset(re.findall(r"[^\W\d_]+", body)) if places else frozenset()
    for key, found in places.items():
        if " " not in key and key not in products and (key in lower or f"{key}s" in lower):
            continue  # "Validation" beside "validation": a word, no name
        count = len(set(found))
        text = forms[key].most_common(1)[0][0]
        if count > 1 or weights[key] >= _SURE:
            weight = weights[key] * (log2(1 + count) if count > 1 else _ONCE)
            yield Name(text, tuple(sorted(set(found))), weight)


_SURE = 1.0
"""Weight from which one occurrence is enough."""
_ONCE = 0.4
"""What a name counts that occurs once: it may be a title or a label."""


def _candidates(
    body: str, starts: frozenset[int], products: frozenset[str]
) -> Iterator[tuple[str, int, float]]:
    """Name, offset, weight of everything that looks like a name."""
    for found in _CODE.finditer(body):
        if found[1].casefold() not in _PLAIN and not found[1].islower():
            yield found[1], found.start(1), 0.8
    for found in _BOLD.finditer(body):
        text = _trim(found[1])
        if text and len(text.split()) <= 4 and not text.islower():
            yield text, found.start(1), 0.7
    for found in _PROPER.finditer(body):
        text, at = _proper(found.group(), found.start(), starts)
        if text:
            yield text, at, _weight(text, products)


def _proper(text: str, at: int, starts: frozenset[int]) -> tuple[str, int]:
    """The name without the plain words at its edges; empty when nothing telling is left."""
    words = text.split(" ")
    while words and words[0].casefold() in _LEADING:
        at += len(words.pop(0)) + 1
    if len(words) == 1 and (_plain(words[0]) or (at in starts and not _SPECIAL.search(words[0]))):
        return "", at
    if at in starts and all(map(_plain, words)):
        return "", at
    name = " ".join(words).rstrip(".")
    return (name, at) if MIN_NAME <= len(name) <= MAX_NAME else ("", at)


def _plain(word: str) -> bool:
    return word.casefold() in _PLAIN


def _trim(text: str) -> str:
    """A bold phrase without numbering; empty when it holds plain words only."""
    text = " ".join(_NUMBERING.sub("", text).split())
    telling = [word for word in text.split() if not _plain(word)]
    return text if telling and MIN_NAME <= len(text) <= MAX_NAME else ""


def _weight(text: str, products: frozenset[str]) -> float:
    if text.casefold() in products:
        return _SURE
    if " " in text:
        return 1.3
    return 0.9 if re.search(r"[a-z][A-Z]", text) else 0.5


def _starts(body: str) -> frozenset[int]:
    """Offsets of the first letter of each sentence-like unit, list item and table cell."""
    firsts = set()
    for start, end in sentences(body):
        for found in re.finditer(
            r"(?:^|\||\n|[.:;!?]\s)[\s>*_`'\"(\[\d.)+-]*(?=[A-Z])", body[start:end]
        ):
            firsts.add(start + found.end())
    for found in re.finditer(r"^[\s#>*+\d.)-]*(?=[A-Z])", body, re.MULTILINE):
        firsts.add(found.end())
    return frozenset(firsts)


def _count(places: tuple[int, ...], span: Span) -> int:
    return bisect_left(places, span[1]) - bisect_left(places, span[0])


def _distinct(names: Iterable[Name]) -> list[Name]:
    """Without names that are part of one that was kept, or hold one."""
    kept: list[Name] = []
    for name in names:
        folded = name.text.casefold()
        if not any(folded in k.text.casefold() or k.text.casefold() in folded for k in kept):
            kept.append(name)
    return kept
