"""Doubts about a model's review: quotes made up, the offline judge of another mind, no gap at all.

Nothing here changes a verdict; it is said where the reader sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from copilot.schema import Coverage, Status

SURE = 0.7
"""Confidence from which the offline judge's contrary verdict is worth a word."""
MANY_GAPS = 5
"""Gaps that the offline judge must see before a review without any is suspicious."""
_GAPS = (Status.MISSING, Status.PARTIAL)
_JUDGED = (Status.ADDRESSED, *_GAPS)
_OPPOSITE = {Status.ADDRESSED: Status.MISSING, Status.MISSING: Status.ADDRESSED}

_SAID = re.compile(r"The offline judge says (?:missing|addressed) \(confidence \d\.\d\d\)\.\Z")

Rows = Mapping[str, tuple[Coverage, ...]]
"""Dimension id -> its rows."""


def with_second_opinion(rows: Rows, second: Rows) -> dict[str, tuple[Coverage, ...]]:
    """The rows, with the offline judge's verdict in the rationale where it is the opposite."""
    other = {row.aspect: row for group in second.values() for row in group}
    return {
        dimension: tuple(_commented(row, other.get(row.aspect)) for row in group)
        for dimension, group in rows.items()
    }


def _commented(row: Coverage, other: Coverage | None) -> Coverage:
    if other is None or not opposed(row, other):
        return row
    said = f"The offline judge says {other.status.value} (confidence {other.confidence:.2f})."
    return row.model_copy(update={"rationale": f"{row.rationale} {said}"})


def opposed(row: Coverage, other: Coverage) -> bool:
    """True when the other judge is sure of the opposite verdict."""
    return _OPPOSITE.get(row.status) is other.status and other.confidence >= SURE


def contested(row: Coverage) -> bool:
    """True for a verdict that a second judge was sure of the opposite of, also in a saved review.

    Reads what `with_second_opinion` wrote last; a model that writes the same only doubts itself.
    """
    return _SAID.search(row.rationale) is not None


def notes(rows: Rows, second: Rows) -> tuple[str, ...]:
    """What a reader should know before trusting these rows."""
    flat = [row for group in rows.values() for row in group]
    other = {row.aspect: row for group in second.values() for row in group}
    found = [
        _no_second(list(other.values())),
        _no_gap(flat, list(other.values())),
        _disagreement(flat, other),
        _made_up(flat),
    ]
    return tuple(note for note in found if note)


def _no_second(second: Sequence[Coverage]) -> str:
    """Why nobody stands beside the model, when the offline judge was asked and failed."""
    if not second or any(row.status is not Status.UNJUDGED for row in second):
        return ""
    return f"No second opinion from the offline judge. {second[0].rationale}"


def _no_gap(rows: Sequence[Coverage], second: Sequence[Coverage]) -> str:
    judged = [row for row in rows if row.status in _JUDGED]
    seen = sum(row.status in _GAPS for row in second)
    if not judged or any(row.status in _GAPS for row in judged) or seen < MANY_GAPS:
        return ""
    return (
        f"Suspicious: the model reports no gap at all, the offline judge sees {seen}. "
        "Check its citations before relying on this review."
    )


def _disagreement(rows: Sequence[Coverage], other: Mapping[str, Coverage]) -> str:
    against = [
        row.aspect for row in rows if row.aspect in other and opposed(row, other[row.aspect])
    ]
    if not against:
        return ""
    return f"The offline judge is sure of the opposite about: {', '.join(against)}."


def _made_up(rows: Sequence[Coverage]) -> str:
    citations = [citation for row in rows for citation in row.citations]
    rejected = sum(not citation.verified for citation in citations)
    if not rejected:
        return ""
    return (
        f"{rejected} of the model's {len(citations)} quotes do not stand in the document; "
        "they are shown as rejected and count for nothing."
    )
