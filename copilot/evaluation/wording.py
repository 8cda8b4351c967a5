"""The sentences that mutants put into a design; `{topic}` is the aspect's title in lower case."""

from __future__ import annotations

from collections.abc import Callable

from copilot.schema import Aspect

PROMISES = (
    "We will look into {topic} at a later stage.",
    "TODO: write down how {topic} is going to work.",
    "The team cares about {topic}; the details are still to be decided.",
)
"""Stand where the evidence stood: a promise without a mechanism, number or owner."""

DENIALS = (
    "We decided against the following, it is not part of this design:",
    "Rejected in the last review and out of scope now:",
    "This was considered and dropped, the system does not do it:",
)
"""Stand before the evidence and take it back."""

RETRACTIONS = (
    "Note: contrary to the above, {topic} was dropped and is no longer part of this design.",
    "Correction: what is said above on {topic} was withdrawn; nothing of it is implemented.",
    "Contrary to what is written above, the team decided against this; {topic} is left open.",
)
"""Stand in a paragraph of their own behind the evidence and take it back."""

NAMED = 4
"""Cue phrases that a decoy names."""


def _cues(aspect: Aspect) -> list[str]:
    """Cues as words: whole ones first, stems without their star after them."""
    whole = [cue for cue in aspect.cues if "*" not in cue]
    return [*whole, *(cue.replace("*", "") for cue in aspect.cues if "*" in cue)][:NAMED]


def _out_of_scope(aspect: Aspect) -> str:
    return f"{aspect.title} ({', '.join(_cues(aspect))}) is out of scope of this document."


def _tbd(aspect: Aspect) -> str:
    return f"{aspect.title}: TBD."


def _negation(aspect: Aspect) -> str:
    return f"There is no {', no '.join(_cues(aspect))} in this system, and none is planned."


def _stuffing(aspect: Aspect) -> str:
    return f"Keywords: {', '.join([aspect.title.lower(), *_cues(aspect)])}."


def _other_system(aspect: Aspect) -> str:
    cues = ", ".join(_cues(aspect))
    return f"Some commercial products advertise {cues}; we do not use any of them."


DECOYS: dict[str, Callable[[Aspect], str]] = {
    "out-of-scope": _out_of_scope,
    "tbd": _tbd,
    "negation": _negation,
    "stuffing": _stuffing,
    "other-system": _other_system,
}
"""Variant -> a paragraph that names an aspect without addressing it."""
