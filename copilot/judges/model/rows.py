"""The one shape of every answer, and the way from an answer's text to judgements.

Models wrap JSON in prose, cut it off, invent statuses, leave aspects out or give them twice. Each
of these becomes data: every aspect gets exactly one judgement, an unusable one with its reason.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from copilot.knowledge.pack import DIMENSIONS
from copilot.schema import Aspect, CriterionVerdict, Judgement, Met, Quote, Status

MAX_ANSWER = 400_000
"""Characters of an answer that are looked at."""
_MAX_STARTS = 2_000
"""Places where a JSON object may begin that are tried in a broken answer."""
MAX_QUOTES, MAX_QUESTIONS, MAX_TEXT = 6, 5, 2_000
"""Bounds on what one row may bring in: quotes, questions, characters of each text."""

STATUSES = ("addressed", "partial", "missing", "not_applicable")

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


ROWS_SCHEMA: dict[str, Any] = {
    "title": "ReviewRows",
    "description": "One row for each aspect that was asked for.",
    **_object(
        rows={
            "type": "array",
            "items": _object(
                aspect=_TEXT | {"description": "Id of the aspect, e.g. risk.scalability"},
                quotes={
                    "type": "array",
                    "items": _object(
                        passage=_TEXT | {"description": "Id of the passage, e.g. p0007"},
                        text=_TEXT | {"description": "10 to 60 words copied from that passage"},
                    ),
                },
                criteria_unmet=_TEXTS,
                criteria_met=_TEXTS,
                rationale=_TEXT | {"description": "What is there and what is not satisfied"},
                status={"type": "string", "enum": list(STATUSES)},
                questions=_TEXTS,
                confidence={"type": "number", "description": "0 to 1"},
            ),
        }
    ),
}
"""Shared by all dimensions and stages: a schema that differs would break the prompt cache."""

_SYNONYMS = {
    "partially_addressed": "partial",
    "partially": "partial",
    "not_addressed": "missing",
    "absent": "missing",
    "n_a": "not_applicable",
    "na": "not_applicable",
}


@dataclass(frozen=True)
class Parsed:
    """The rows of an answer for some aspects, and what was wrong with it."""

    judgements: tuple[Judgement, ...]
    """One for each aspect that was asked for, in that order."""
    broken: tuple[str, ...]
    """Aspects without a usable row."""
    usable: bool
    """True when at least one row could be used."""


def parse(answer: str, aspects: Iterable[Aspect], *, cut: bool = False) -> Parsed:
    """Read the rows for these aspects; `cut` tells that the model ran out of tokens."""
    rows, fault = _find_rows(answer)
    by_aspect: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_aspect.setdefault(_aspect_id(row), []).append(row)
    judgements = []
    for aspect in aspects:
        given = by_aspect.get(aspect.id, [])
        reason = _absence(fault, cut) if not given else ""
        judgements.append(_judgement(aspect, given) if given else unusable(aspect, reason))
    broken = tuple(j.aspect for j in judgements if j.status is Status.UNJUDGED)
    return Parsed(tuple(judgements), broken, len(broken) < len(judgements))


def unusable(aspect: Aspect, reason: str) -> Judgement:
    """The judgement that says why there is none."""
    return Judgement(aspect=aspect.id, status=Status.UNJUDGED, confidence=0.0, rationale=reason)


def _absence(fault: str, cut: bool) -> str:
    if cut:
        return "The model's answer was cut off before this aspect."
    return fault or "The model left this aspect out of its answer."


def _find_rows(answer: str) -> tuple[list[dict[str, Any]], str]:
    """The row objects in an answer, and what is wrong when there are none."""
    text = answer.strip()[:MAX_ANSWER]
    if not text:
        return [], "The model's answer was empty."
    try:
        return list(_rows_in(json.loads(text))), ""
    except (ValueError, RecursionError):
        rows = _salvage(text)
    return rows, "" if rows else "The model's answer holds no JSON that could be read."


def _rows_in(value: Any) -> Iterator[dict[str, Any]]:
    """Rows in the shapes that models give: {rows: [...]}, [...], {aspect id: row}, one row."""
    if isinstance(value, dict):
        if isinstance(value.get("aspect"), str):
            yield value
        elif isinstance(value.get("rows"), list | dict):
            yield from _rows_in(value["rows"])
        else:
            for key, row in value.items():
                if isinstance(row, dict) and str(key).split(".")[0] in DIMENSIONS:
                    yield {**row, "aspect": str(key)}
    elif isinstance(value, list):
        yield from (row for row in value if isinstance(row, dict) and _aspect_id(row))


def _salvage(text: str) -> list[dict[str, Any]]:
    """Complete rows out of prose around JSON, or of JSON that breaks off."""
    decoder, rows, at, starts = json.JSONDecoder(), [], 0, 0
    while (at := text.find("{", at)) >= 0 and starts < _MAX_STARTS:
        starts += 1
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        found = list(_rows_in(value))
        rows += found
        at = end
    return rows


def _aspect_id(row: dict[str, Any]) -> str:
    return re.sub(r"[\s`*\"']", "", str(row.get("aspect") or "")).lower()


def _judgement(aspect: Aspect, given: list[dict[str, Any]]) -> Judgement:
    """The first row with a status counts; that there were others is said."""
    status, row = next(
        ((status, row) for row in given if (status := _status(row))), (None, given[0])
    )
    if status is None:
        word = _text(row.get("status"))[:40]
        return unusable(aspect, f"The model's status {word!r} is none of the four.")
    rationale = _text(row.get("rationale")) or "The model gave no rationale."
    confidence = _confidence(row.get("confidence"))
    others = {_status(other) for other in given} - {status, None}
    if len(given) > 1:
        rationale += f" (The model gave {len(given)} rows for this aspect; the first counts.)"
    return Judgement(
        aspect=aspect.id,
        status=status,
        confidence=min(confidence, 0.5) if others else confidence,
        rationale=rationale,
        quotes=tuple(_quotes(row.get("quotes"))) if status is not Status.NOT_APPLICABLE else (),
        criteria=_criteria(aspect, row),
        questions=tuple(_texts(row.get("questions")))[:MAX_QUESTIONS],
    )


def _status(row: dict[str, Any]) -> Status | None:
    word = re.sub(r"[\s\-/]+", "_", str(row.get("status") or "").strip().lower())
    word = _SYNONYMS.get(word, word)
    return Status(word) if word in STATUSES else None


def _quotes(value: Any) -> Iterator[Quote]:
    for item in (value if isinstance(value, list) else [])[:MAX_QUOTES]:
        if isinstance(item, str):
            item = {"text": item}
        if isinstance(item, dict) and (text := _text(item.get("text") or item.get("quote"))):
            passage = _text(item.get("passage"))[:20].strip("[]# ")
            yield Quote(text=text, passage=passage or None)


def _criteria(aspect: Aspect, row: dict[str, Any]) -> tuple[CriterionVerdict, ...]:
    """A verdict for each criterion; one named on both sides or on neither is unclear."""
    met, unmet = (
        {_slug(name, aspect) for name in _texts(row.get(f"criteria_{side}"))}
        for side in ("met", "unmet")
    )
    verdicts = []
    for criterion in aspect.criteria:
        slug = _slug(criterion.id, aspect)
        sides = (slug in met, slug in unmet)
        verdict = {(True, False): Met.MET, (False, True): Met.UNMET}.get(sides, Met.UNCLEAR)
        verdicts.append(CriterionVerdict(criterion=criterion.id, verdict=verdict))
    return tuple(verdicts)


def _slug(name: str, aspect: Aspect) -> str:
    return name.strip().strip("`").split(":")[0].removeprefix(f"{aspect.id}.").strip().lower()


def _texts(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else []:
        if text := _text(item):
            yield text


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text.encode("utf-8", "replace").decode("utf-8").strip()[:MAX_TEXT]


def _confidence(value: Any) -> float:
    """A number in 0..1; a percentage is divided, anything else counts as 0.5."""
    if isinstance(value, str):
        percent = value.strip().endswith("%")
        try:
            value = float(value.strip().rstrip("%")) / (100 if percent else 1)
        except ValueError:
            return 0.5
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return 0.5
    if 1 < value <= 100:
        value /= 100
    return round(min(1.0, max(0.0, float(value))), 4)
