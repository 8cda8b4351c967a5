"""Mutants of labelled designs: small edits after which the right verdict is known.

    delete      the evidence of an aspect is removed           -> missing
    degrade     it gives way to a promise, or loses its numbers -> partial or missing
    contradict  it stays, but is said not to be part of this    -> partial or missing
    decoy       words about a missing aspect that claim nothing -> never addressed
    neutral     the form changes, the words stay                -> nothing changes

An aspect is deleted, degraded or contradicted only where that makes the new label sure: its label
is uncontested and confident, all of its labelled quotes were found, and the other sentences with
one of its cue phrases, which go as well, are few. The evidence is the whole paragraph, list item or
table row around a quote. Aspects that a whole document speaks to are left out. (A judge that only
counts cues has an easy time with deletions; its decoys tell.) Everything is chosen by a digest of
case and aspect, so the same design has the same mutants.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from copilot.documents.sentences import Span, sentences
from copilot.evaluation.baselines import all_cues
from copilot.evaluation.edits import Edit, Unit, apply, remove_sentences, units
from copilot.evaluation.neutral import neutral_texts
from copilot.evaluation.run import Loaded
from copilot.evaluation.wording import DECOYS, DENIALS, PROMISES
from copilot.judges.offline.cues import WordIndex
from copilot.knowledge import Knowledge
from copilot.schema import Aspect, Status

Kind = Literal["delete", "degrade", "contradict", "decoy", "neutral"]

PER_KIND = 3
"""Most mutants of one kind for one design; neutral ones are one of each variant."""
SURE = 0.8
"""Label confidence from which an aspect is used."""
MOST_PLACES = 6
"""Paragraphs with evidence and sentences with cues that an aspect may have; one spread wider is
not used."""
MOST_MASKED = 12
"""The same for masking, where what is left need not be sure."""
DIFFUSE = frozenset(
    {
        "alignment.use-cases",
        "alignment.stakeholder-understanding",
        "extensibility.integration",
        "extensibility.modularity",
        "lifecycle.tooling",
        "resources.storage",
        "tradeoffs.alternatives",
    }
)
"""Aspects that most sentences of a design say something about: a few quotes do not exhaust them."""
FORMATS = {"markdown": ".md", "rst": ".rst", "text": ".txt"}
"""Formats whose file is the text that was labelled, with the suffix of a mutant's file."""

NOT_ADDRESSED = frozenset({Status.PARTIAL, Status.MISSING})
_NUMBER = re.compile(r"[<>≤≥~≈$€£]?\s?\d[\d.,]*\s?(?:%|ms\b|s\b|[KMGT]i?B\b|[kKM]\b)?")
_MARKER = re.compile(r"\s*(?:\||[-*+•]\s|\(?\d{1,3}[.)]\s)?\s*")


@dataclass(frozen=True)
class Mutant:
    """One edited design."""

    case: str
    kind: Kind
    variant: str
    aspect: str
    """The aspect whose label the edit decides; empty for neutral ones."""
    accept: frozenset[Status]
    """The statuses that are right for it now."""
    touched: frozenset[str]
    """The aspects whose labelled evidence the edit changed, `aspect` among them."""
    text: str
    suffix: str

    @property
    def name(self) -> str:
        """`case~kind~variant~aspect`."""
        return "~".join(filter(None, (self.case, self.kind, self.variant, self.aspect)))


def mutants(loaded: Loaded, knowledge: Knowledge) -> Iterator[Mutant]:
    """The mutants of one design; none for a format whose text is not the file's own."""
    if loaded.document.format not in FORMATS:
        return
    site = _Site(loaded)
    aspects = list(knowledge.aspects.values())
    grounds = {a.id: g for a in aspects if (g := site.ground(a)) is not None}
    usable = [a for a in aspects if a.id in grounds]
    addressed = [a for a in usable if site.status(a) is Status.ADDRESSED]
    for aspect in _pick(usable, f"{loaded.case.id}/delete"):
        yield site.delete(aspect, grounds[aspect.id])
    for aspect in _pick(addressed, f"{loaded.case.id}/degrade"):
        yield site.degrade(aspect, grounds[aspect.id])
    for aspect in _pick(addressed, f"{loaded.case.id}/contradict"):
        yield site.contradict(aspect, grounds[aspect.id])
    absent = [a for a in aspects if site.sure(a) and site.status(a) is Status.MISSING]
    for aspect in _pick(absent, f"{loaded.case.id}/decoy"):
        yield site.decoy(aspect)
    for variant, text in neutral_texts(loaded.document):
        yield site.mutant("neutral", variant, "", frozenset(), frozenset(), text)


@dataclass(frozen=True)
class Masked:
    """A design without the evidence of one aspect, and what was taken out."""

    aspect: str
    text: str
    removed: str
    """The sentences that are gone, in their order, an empty line between them."""


def maskings(
    loaded: Loaded, knowledge: Knowledge, most: int, cited: Mapping[str, Sequence[Span]]
) -> Iterator[Masked]:
    """Up to `most` aspects of a design whose evidence can be taken out, chosen by digest.

    `cited`: for each aspect what else holds as its evidence and goes as well; labels quote three
    sentences at most, and a long design often has more.
    """
    if loaded.document.format not in FORMATS:
        return
    site, text = _Site(loaded), loaded.document.text
    grounds = {
        a.id: ground
        for a in knowledge.aspects.values()
        if (ground := site.ground(a, cited.get(a.id, ()), MOST_MASKED)) is not None
    }
    usable = [knowledge.aspects[aspect] for aspect in grounds]
    for aspect in _pick(usable, f"{loaded.case.id}/mask", most):
        ground = grounds[aspect.id]
        removed = "\n\n".join(text[slice(*s)] for s in sorted(ground.sentences))
        yield Masked(aspect.id, site.delete(aspect, ground).text, removed)


@dataclass(frozen=True)
class Ground:
    """The sentences that an aspect stands on."""

    evidence: tuple[Unit, ...]
    """The units that hold a labelled quote."""
    other: frozenset[Span]
    """Sentences elsewhere that hold a cue phrase."""

    @property
    def sentences(self) -> set[Span]:
        """All of them."""
        return {*self.other, *(sentence for unit in self.evidence for sentence in unit)}


@dataclass(frozen=True)
class _Site:
    """A design that is about to be edited."""

    loaded: Loaded

    @cached_property
    def sentences(self) -> list[Span]:
        return sentences(self.loaded.document.text)

    @cached_property
    def units(self) -> list[Unit]:
        return units(self.loaded.document.text, self.sentences)

    @cached_property
    def words(self) -> WordIndex:
        return WordIndex(self.loaded.document.text)

    def status(self, aspect: Aspect) -> Status:
        return self.loaded.case.labels[aspect.id].status

    def sure(self, aspect: Aspect) -> bool:
        label = self.loaded.case.labels[aspect.id]
        return not label.contested and label.confidence >= SURE and not aspect.disabled

    def ground(
        self, aspect: Aspect, cited: Sequence[Span] = (), most: int = MOST_PLACES
    ) -> Ground | None:
        """What the aspect stands on; None where an edit would not make its label sure.

        `cited` is evidence beside the labelled quotes; more than `most` places are too many.
        """
        label, spans = self.loaded.case.labels[aspect.id], self.loaded.spans[aspect.id]
        if aspect.id in DIFFUSE or not self.sure(aspect) or label.status is Status.MISSING:
            return None
        if not spans or len(spans) < len(label.evidence):
            return None
        quotes = [*spans, *cited]
        evidence = tuple(
            unit for unit in self.units if any(_overlap(s, quote) for s in unit for quote in quotes)
        )
        cues = self.words.find_any(all_cues(aspect))
        rest = {s for unit in self.units if unit not in evidence for s in unit}
        cued = frozenset(s for s in rest if any(_overlap(s, cue) for cue in cues))
        if not evidence or len(evidence) + len(cued) > most:
            return None
        return Ground(evidence, cued)

    def delete(self, aspect: Aspect, ground: Ground) -> Mutant:
        edits = self._without(ground.sentences)
        return self._edited("delete", "", aspect, frozenset({Status.MISSING}), edits)

    def degrade(self, aspect: Aspect, ground: Ground) -> Mutant:
        text = self.loaded.document.text
        gone = self._without(set(ground.other))
        if aspect.id == "alignment.performance-targets":
            kept = [sentence for unit in ground.evidence for sentence in unit]
            vague = [Edit(*s, _NUMBER.sub("some", text[slice(*s)])) for s in kept]
            return self._edited("degrade", "numbers", aspect, NOT_ADDRESSED, [*gone, *vague])
        (first, *_), *rest = ground.evidence
        after = {s for s in ground.evidence[0] if s != first} | {s for unit in rest for s in unit}
        promise = f"{_marker(text, first)}{self._phrase(PROMISES, aspect)}"
        edits = [Edit(*first, promise), *self._without({*after, *ground.other})]
        return self._edited("degrade", "promise", aspect, NOT_ADDRESSED, edits)

    def contradict(self, aspect: Aspect, ground: Ground) -> Mutant:
        edits = self._without(set(ground.other))
        for unit in ground.evidence:
            at = unit[0][0] + len(_marker(self.loaded.document.text, unit[0]))
            edits.append(Edit(at, at, f"{self._phrase(DENIALS, aspect)} "))
        return self._edited("contradict", "denial", aspect, NOT_ADDRESSED, edits)

    def decoy(self, aspect: Aspect) -> Mutant:
        key = self._key(aspect)
        variant = sorted(DECOYS)[_choose(len(DECOYS), f"{key}/decoy")]
        text = self.loaded.document.text
        starts = [s.start for s in self.loaded.document.sections if s.level == self._level()][1:]
        at = starts[_choose(len(starts), key)] if starts else len(text)
        lead = "" if text[:at].endswith("\n\n") else "\n\n"
        edit = Edit(at, at, f"{lead}{DECOYS[variant](aspect)}\n\n")
        return self._edited("decoy", variant, aspect, NOT_ADDRESSED, [edit])

    def mutant(
        self,
        kind: Kind,
        variant: str,
        aspect: str,
        accept: frozenset[Status],
        touched: frozenset[str],
        text: str,
    ) -> Mutant:
        suffix = FORMATS[self.loaded.document.format]
        return Mutant(self.loaded.case.id, kind, variant, aspect, accept, touched, text, suffix)

    def _edited(
        self, kind: Kind, variant: str, aspect: Aspect, accept: frozenset[Status], edits: list[Edit]
    ) -> Mutant:
        text = apply(self.loaded.document.text, edits)
        touched = {
            other
            for other, spans in self.loaded.spans.items()
            if any(_overlap(span, (edit.start, edit.end)) for span in spans for edit in edits)
        }
        return self.mutant(kind, variant, aspect.id, accept, frozenset({aspect.id, *touched}), text)

    def _without(self, gone: set[Span]) -> list[Edit]:
        document = self.loaded.document
        return remove_sentences(document.text, document.sections, self.sentences, gone)

    def _level(self) -> int:
        return min((s.level for s in self.loaded.document.sections[1:]), default=1)

    def _phrase(self, frames: tuple[str, ...], aspect: Aspect) -> str:
        frame = frames[_choose(len(frames), self._key(aspect))]
        return frame.format(topic=aspect.title.lower())

    def _key(self, aspect: Aspect) -> str:
        return f"{self.loaded.case.id}/{aspect.id}"


def _marker(text: str, sentence: Span) -> str:
    """The bullet, number or cell border that the sentence begins with."""
    found = _MARKER.match(text[slice(*sentence)])
    return found.group() if found else ""


def _overlap(one: Span, other: Span) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1]) or (
        other[0] == other[1] and one[0] < other[0] < one[1]
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _pick(aspects: list[Aspect], key: str, most: int = PER_KIND) -> list[Aspect]:
    """Up to `most` of the aspects, chosen by digest."""
    return sorted(aspects, key=lambda aspect: _digest(f"{key}/{aspect.id}"))[:most]


def _choose(count: int, key: str) -> int:
    """A number below `count`, chosen by digest."""
    return int(_digest(key)[:8], 16) % count
