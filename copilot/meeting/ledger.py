"""The ledger of trade-offs: each decision that a document states, and what it gives up for it.

Found by wording alone (knowledge/decisions.yaml); every entry cites the sentence that it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from copilot.documents.sentences import sentences
from copilot.documents.split import split
from copilot.judges.offline.cues import HEDGE, WordIndex
from copilot.knowledge.meeting import MeetingKnowledge
from copilot.meeting.terms import Span
from copilot.review.citations import Verifier
from copilot.review.injection import shield
from copilot.schema import Citation, Document, Record, Section

AFTER = 2
"""Sentences after a decision in which its effects may stand."""
MAX_WORDS = 60
"""A longer sentence is a list or debris, not a decision."""
_TRIM = re.compile(r"^[\s\W_]+|[\s\W_]+$")
_REASON = re.compile(
    r",?\s+(?:because|since|due to|as (?:it|they|the|this|our)|so that|in order to|which)\b",
    re.IGNORECASE,
)
"""Where an option ends and the reason for it begins."""
_NOT_OURS = re.compile(
    r"\b(?:if|whether|when)\s+(?:you|users?|they|it)\b|\byou\s+(?:can|may|could|should|will|want)\b|"
    r"\busers?\s+(?:can|may|could|will|choose|select|decide|want)\b|\?\s*$|\bcan choose\b|"
    r"\bor\s+instead\b",
    re.IGNORECASE,
)
"""A choice that is left to somebody else, or a question."""


_ASIDE = re.compile(
    r"non-?\s?goals?|out of scope|motivation|background|problem|related work|prior art|user stor",
    re.IGNORECASE,
)
"""Titles of sections that speak of something else than what is designed."""


class Effect(Record):
    """What a decision does to one dimension, in the document's own words."""

    dimension: str
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()


class Entry(Record):
    """One decision that the document states."""

    taken: str
    """The option taken; empty where only what was rejected is said."""
    rejected: tuple[str, ...]
    effects: tuple[Effect, ...]
    no_alternative: bool
    """True when the document names nothing that was given up for it."""
    no_cost: bool
    """True when nothing near it says what it costs."""
    cue: str
    """The wording that gave it away."""
    citation: Citation


def ledger(document: Document, meeting: MeetingKnowledge) -> tuple[Entry, ...]:
    """The decisions of a document in its order."""
    shielded = shield(document).document
    verifier = Verifier(shielded, split(shielded), source=document)
    spans = sentences(shielded.text)
    entries = [
        *_stated(shielded, spans, meeting, verifier),
        *_listed(shielded, spans, meeting, verifier),
    ]
    return tuple(sorted(_distinct(entries), key=lambda entry: entry.citation.start))


def _stated(
    document: Document, spans: Sequence[Span], meeting: MeetingKnowledge, verifier: Verifier
) -> Iterator[Entry]:
    """The decisions that a sentence states."""
    for nth, span in enumerate(spans):
        sentence = document.text[slice(*span)]
        if len(sentence.split()) > MAX_WORDS or HEDGE.search(sentence):
            continue
        if _NOT_OURS.search(sentence) or sentence.lstrip().startswith("|"):
            continue
        for cue in meeting.decisions:
            found = _compiled(cue.pattern).search(" ".join(sentence.split()))
            if found is not None:
                groups = found.groupdict()
                taken, rejected = (_option(groups.get(name)) for name in ("taken", "rejected"))
                citation = verifier.at(*span)
                if (taken or rejected) and not _ASIDE.search(" > ".join(citation.heading)):
                    effects = _effects(_context(document.text, spans, nth), meeting)
                    yield _entry(taken, [rejected], effects, cue.id, citation)
                break


def _listed(
    document: Document, spans: Sequence[Span], meeting: MeetingKnowledge, verifier: Verifier
) -> Iterator[Entry]:
    """The options that stand under a title such as "Alternatives considered"."""
    end_of_last = 0
    for section in document.sections:
        if section.start >= end_of_last and _titled(section, meeting.rejected_titles):
            end_of_last = section.end  # its parts are its options, whatever they are called
            for title, start, end in _options(document, section):
                inside = [s for s in spans if start <= s[0] and s[1] <= end]
                if inside:
                    text = document.text[inside[0][0] : inside[min(len(inside), 4) - 1][1]]
                    effects = _effects(text, meeting)
                    yield _entry("", [title], effects, "alternatives", verifier.at(*inside[0]))


def _options(document: Document, section: Section) -> Iterator[tuple[str, int, int]]:
    """Name, start and end of each option of a section.

    They are its parts; else itself, where its title numbers it; else its emphasised leads.
    """
    inner = [
        s
        for s in document.sections
        if s.level == section.level + 1 and section.start < s.start and s.end <= section.end
    ]
    for part in inner:
        if (title := _option(_ORDINAL.sub("", part.title))) and not part.title.endswith("?"):
            yield title, part.start + 1, part.end
    own = _ORDINAL.match(section.title)
    if not inner and own is not None:
        yield _option(section.title[own.end() :]), section.start + 1, section.end
    if inner or own is not None:
        return
    leads = list(_LEAD.finditer(document.text, section.start, section.end))
    leads = [lead for lead in leads if lead["bold"]] or leads
    ends = [lead.start() for lead in leads[1:]] + [section.end]
    for lead, end in zip(leads, ends, strict=True):
        if title := _option(lead["bold"] or lead["item"]):
            yield title, lead.start(), end


_ORDINAL = re.compile(
    r"^(?:[\d.]+\s+)?(?:(?:rejected\s+)?(?:option|alternative)\s*[\da-z]{0,2}|[\da-z]{1,2})\s*[:.)–—-]\s+",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:[-*+]\s+|\d{1,2}[.)]\s+)?(?P<mark>\*\*|\*|__|_)(?P<bold>[^*_\n]{3,80}?)[:.]?(?P=mark)"
    r"|^[-*+]\s+(?P<item>[^.;:\n]{3,90})",
    re.MULTILINE,
)


def _titled(section: Section, words: Sequence[str]) -> bool:
    title = section.title.casefold()
    return any(re.search(rf"\b{re.escape(word)}\b", title) for word in words)


def _entry(
    taken: str, rejected: Sequence[str], effects: tuple[Effect, ...], cue: str, citation: Citation
) -> Entry:
    named = tuple(option for option in rejected if option)
    return Entry(
        taken=taken,
        rejected=named,
        effects=effects,
        no_alternative=not named,
        no_cost=not any(effect.worse for effect in effects),
        cue=cue,
        citation=citation,
    )


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _option(text: str | None) -> str:
    """An option without the marks around it; empty for what names nothing."""
    flat = _TRIM.sub("", re.sub(r"[*`]+|\]\([^)]*\)|\[", "", text or ""))
    flat = _REASON.split(flat)[0]
    flat = re.sub(r"^(?:and|that|the fact that|to|therefore|so|then|but)\s+", "", flat)
    return flat if sum(character.isalpha() for character in flat) >= 3 else ""


def _context(text: str, spans: Sequence[Span], nth: int) -> str:
    """The sentence and those after it, up to the end of the paragraph's neighbourhood."""
    last = min(nth + AFTER, len(spans) - 1)
    body = text[spans[nth][0] : spans[last][1]]
    return re.split(r"\n\s*#|\n\s*\n\s*\n", body)[0]


def _effects(text: str, meeting: MeetingKnowledge) -> tuple[Effect, ...]:
    words = WordIndex(text)
    found = []
    for cue in meeting.effects:
        worse = words.find_any(cue.worse)
        better = [
            span
            for span in words.find_any(cue.better)
            if not any(w[0] <= span[0] < w[1] or span[0] <= w[0] < span[1] for w in worse)
        ]
        if better or worse:
            effect = Effect(
                dimension=cue.id, better=_phrases(text, better), worse=_phrases(text, worse)
            )
            found.append(effect)
    return tuple(found)


def _phrases(text: str, spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[start:end].casefold() for start, end in spans))


def _distinct(entries: Sequence[Entry]) -> list[Entry]:
    """One entry for each cited sentence, the first."""
    kept: dict[int, Entry] = {}
    for entry in entries:
        kept.setdefault(entry.citation.start, entry)
    return list(kept.values())
