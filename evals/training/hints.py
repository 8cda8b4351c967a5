"""What the knowledge pack gives to the training: cues, technologies, and example sentences."""

from __future__ import annotations

from typing import Any

from copilot.judges.offline.signals import Signals
from copilot.knowledge import Knowledge
from evals.training.memory import RememberedSignals

Example = tuple[str, int, str]
"""(text, aspect, addressed | partial | none)."""


def cue_table(knowledge: Knowledge, aspects: tuple[str, ...]) -> list[list[str]]:
    """For each aspect, its own cues and those of its criteria, lower case, without repeats."""
    table = []
    for identifier in aspects:
        aspect = knowledge.aspects[identifier]
        cues = [*aspect.cues, *(cue for criterion in aspect.criteria for cue in criterion.cues)]
        table.append(list(dict.fromkeys(cue.lower() for cue in cues)))
    return table


def technology_table(knowledge: Knowledge, aspects: tuple[str, ...]) -> list[dict[str, Any]]:
    """Names of technologies with the aspects that they speak to."""
    table = []
    for technology in knowledge.technologies:
        shown = [aspects.index(aspect) for aspect in technology.evidence_for if aspect in aspects]
        loose = [alias.lower() for alias in technology.aliases]
        exact = [technology.name] if technology.case_sensitive else []
        loose += [] if exact else [technology.name.lower()]
        if shown:
            table.append({"id": technology.id, "aspects": shown, "loose": loose, "exact": exact})
    return table


def signals_of(knowledge: Knowledge, aspects: tuple[str, ...]) -> Signals:
    """The signals that the pack defines."""
    return RememberedSignals(cue_table(knowledge, aspects), technology_table(knowledge, aspects))


def examples(knowledge: Knowledge, aspects: tuple[str, ...]) -> list[Example]:
    """Sentences of the pack that state, half-state or only resemble evidence for an aspect."""
    found: list[Example] = []
    for index, identifier in enumerate(aspects):
        aspect = knowledge.aspects[identifier]
        found += [(query, index, "partial") for query in aspect.queries]
        for criterion in aspect.criteria:
            good = (criterion.statement, criterion.addressed, criterion.good_answer, criterion.fix)
            found += [(text, index, "addressed") for text in good]
            found.append((criterion.partial, index, "partial"))
            found.append((criterion.counter_example, index, "none"))
    return found
