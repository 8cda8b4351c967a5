"""What kind of section a sentence stands in, told from the titles above it.

A backup named under "Roadmap" is a promise, one under "Related work" is somebody else's, and one
under "Troubleshooting" is advice: the same words weigh differently in each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_KINDS = {
    "in_future": r"future|road ?map|next steps?|to-?do|stretch|outlook|later|long[- ]term|backlog|"
    r"improvements?|enhancements?|planned|open (?:questions?|issues?|points?)|unresolved",
    "in_background": r"background|related|existing|current (?:state|situation|solutions?)|"
    r"state of the art|prior art|motivation|literature|abstract|introduction|problem|history|"
    r"survey|comparison|landscape",
    "in_goals": r"goals?|objectives?|requirements?|acceptance|success|criteria|scope|"
    r"user stor(?:y|ies)|use cases?|kpis?|expectations?",
    "in_usage": r"install\w*|usage|quick ?start|getting started|set-?up|how to|tutorial|examples?|"
    r"troubleshooting|faq|prerequisites?|clean ?up|command|cli|options|build(?:ing)?|run(?:ning)?|"
    r"contribut\w+|licen[cs]e|labs?|step \d+",
    "in_choices": r"alternatives?|options? considered|considered options?|trade-?offs?|"
    r"pros|cons|drawbacks?|rationale|decisions?|consequences?|why|choices?|rejected",
    "in_people": r"owners?|ownership|stewards?\w*|reviewers?|approv\w+|maintainers?|teams?|roles?|"
    r"contacts?|sponsors?|authors?|shepherd|responsib\w+|stakeholders?|governance|personas?",
    "in_tests": r"tests?|testing|validation|verification|quality assurance|qa|benchmarks?",
    "in_operations": r"monitoring|observability|operations?|maintenance|logging|alert\w*|"
    r"deployment|rollout|release|support",
    "in_qualities": r"non-?functional|scalab\w+|performance|reliab\w+|availab\w+|fault\w*|"
    r"failure\w*|risks?|security|privacy|compliance|considerations?|cost\w*",
}
_PATTERNS = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _KINDS.items()}
_LONGEST = 300
"""Characters of a title that are looked at."""

KINDS = tuple(_KINDS)
"""Names of the kinds, in the order of `surroundings`."""


def surroundings(path: Sequence[str]) -> tuple[float, ...]:
    """One for each kind that the two innermost titles speak of, else zero."""
    return _of_title(" . ".join(title[:_LONGEST] for title in path[-2:]))


@lru_cache(maxsize=4_096)
def _of_title(title: str) -> tuple[float, ...]:
    return tuple(float(bool(pattern.search(title))) for pattern in _PATTERNS.values())
