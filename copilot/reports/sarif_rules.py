"""The rules of the SARIF report: what each aspect means, asks for and leans on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from copilot.knowledge import Knowledge
from copilot.reports.safe import markdown as md
from copilot.review.severity import criterion_severity
from copilot.schema import Aspect, Dimension, Severity, Status

INJECTION = "injection"
"""Rule of findings about text that is aimed at the reviewer."""

SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "0.1",
}
"""security-severity: the middle of the band that code scanning gives the same name."""
_PROBLEM = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "recommendation",
    Severity.INFO: "recommendation",
}
_LEVEL = {"error": "error", "warning": "warning", "recommendation": "note"}
LEVELS = {severity: _LEVEL[problem] for severity, problem in _PROBLEM.items()}
"""SARIF's level of a result."""
_LIMIT = 1024
"""Characters that code scanning shows of a description."""


def rules(knowledge: Knowledge) -> list[dict[str, Any]]:
    """A reportingDescriptor for each aspect in report order, and one for injections."""
    return [
        *(_rule(d, aspect, knowledge) for d in knowledge.dimensions for aspect in d.aspects),
        _injection(),
    ]


def _rule(dimension: Dimension, aspect: Aspect, knowledge: Knowledge) -> dict[str, Any]:
    worst = min(
        (criterion_severity(criterion, Status.MISSING) for criterion in aspect.criteria),
        key=lambda severity: severity.rank,
        default=Severity.INFO,
    )
    return {
        "id": aspect.id,
        "name": "".join(word.capitalize() for word in aspect.id.replace(".", "-").split("-")),
        "shortDescription": {"text": f"{aspect.title} ({dimension.title})"},
        "fullDescription": {"text": aspect.meaning[:_LIMIT]},
        "help": {
            "text": "\n".join(_help(dimension, aspect)),
            "markdown": "\n".join(_help_markdown(dimension, aspect, knowledge)),
        },
        "defaultConfiguration": {"level": _LEVEL[_PROBLEM[worst]]},
        "properties": _properties(dimension.id, worst),
    }


def _properties(dimension: str, worst: Severity) -> dict[str, Any]:
    """A score only where the rule is about security: it would file all others under it, too."""
    properties: dict[str, Any] = {
        "tags": ["architecture", dimension],
        "precision": "medium",
        "problem.severity": _PROBLEM[worst],
    }
    if dimension == "security":
        properties["security-severity"] = SCORES[worst]
    return properties


def _help(dimension: Dimension, aspect: Aspect) -> Iterator[str]:
    yield dimension.question
    yield aspect.meaning
    yield "A design that addresses it says:"
    for criterion in aspect.criteria:
        yield f"- {criterion.statement}"
        yield f"  Otherwise: {criterion.risk}"
        yield f"  Fix: {criterion.fix}"


def _help_markdown(dimension: Dimension, aspect: Aspect, knowledge: Knowledge) -> Iterator[str]:
    yield f"**{md(dimension.title)}:** {md(dimension.question)}"
    yield ""
    yield md(aspect.meaning)
    yield ""
    yield "A design that addresses it says:"
    yield ""
    for criterion in aspect.criteria:
        yield f"- **{md(criterion.statement)}** Otherwise: {md(criterion.risk)}"
        yield f"  *Fix:* {md(criterion.fix)}"
    yield ""
    named = {ref.split("#")[0] for criterion in aspect.criteria for ref in criterion.sources}
    sources = [source for source in knowledge.sources if source.id in named]
    yield "Sources: " + "; ".join(f"[{md(s.title)}]({s.url}) ({s.year})" for s in sources)


def _injection() -> dict[str, Any]:
    text = (
        "The document holds text that speaks to its reviewer instead of its reader, such as orders "
        "to a language model, or seems to. It was left out of the review. Find out who added it, "
        "and remove what is meant for the reviewer."
    )
    return {
        "id": INJECTION,
        "name": "TextAimedAtTheReviewer",
        "shortDescription": {"text": "Text aimed at the reviewer"},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "error"},
        "properties": _properties("security", Severity.HIGH),
    }
