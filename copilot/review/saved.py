"""Reading reviews back from the JSON that an earlier run wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.schema import SCHEMA_VERSION, Review

_AGAIN = "review the design again with --format json"


def load_reviews(path: Path) -> tuple[Review, ...]:
    """The reviews of a JSON report: one object, or an array of them.

    Raises InputError for a file that cannot be read, is cut short, was edited out of shape, or was
    written for another major version of the schema.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from error
    except json.JSONDecodeError as error:
        what = f"is not whole JSON: {error.msg}"
        raise InputError(what, where=path, line=error.lineno, todo=_AGAIN) from error
    except UnicodeEncodeError as error:
        what = "holds half of a surrogate pair, which no report can be written with"
        raise InputError(what, where=path, todo=_AGAIN) from error
    except (ValueError, RecursionError) as error:  # no UTF-8, endless digits, endless brackets
        raise InputError("is not JSON text", where=path, todo=_AGAIN) from error
    records = data if isinstance(data, list) else [data]
    if not records:
        raise InputError("holds no review", where=path, todo=_AGAIN)
    return tuple(parse_review(record, path) for record in records)


def load_review(path: Path) -> Review:
    """The one review of a JSON report; raises InputError, also where it holds several."""
    reviews = load_reviews(path)
    if len(reviews) != 1:
        raise InputError(
            f"holds {len(reviews)} reviews, one is wanted",
            where=path,
            todo="name a report of a single design",
        )
    return reviews[0]


def check_against(review: Review, knowledge: Knowledge, where: Path | str) -> None:
    """Raise InputError unless the review has one row for each aspect of the knowledge, no other.

    Reports look titles up by ids: a review that was edited by hand ends here.
    """
    rows = [row.aspect for row in review.coverage]
    aspects = {*rows, *(s.aspect for s in review.strengths), *(q.aspect for q in review.questions)}
    for finding in review.findings:
        aspects |= {finding.aspect, *finding.also}
    dimensions = {row.dimension for row in review.coverage}
    dimensions |= {finding.dimension for finding in review.findings}
    known = {dimension.id for dimension in knowledge.dimensions}
    for kind, strange in (
        ("aspect", aspects - set(knowledge.aspects)),
        ("dimension", dimensions - known),
    ):
        if strange:
            what = f"speaks of an unknown {kind} {min(strange)!r}"
            raise InputError(what, where=where, todo=_AGAIN)
    if len(rows) != len(knowledge.aspects) or len(set(rows)) != len(rows):
        what = f"has {len(rows)} rows of coverage for {len(knowledge.aspects)} aspects"
        raise InputError(what, where=where, todo=_AGAIN)


def parse_review(record: Any, where: Path | str) -> Review:
    """The review in parsed JSON; raises InputError naming `where` and the field that is wrong."""
    version = record.get("schema_version") if isinstance(record, dict) else None
    if version is None:
        raise InputError("is not a review of archreview", where=where, todo=_AGAIN)
    if version != SCHEMA_VERSION:
        raise InputError(
            f"has review schema {version!r}, this archreview reads {SCHEMA_VERSION}",
            where=where,
            todo=_AGAIN,
        )
    try:
        return Review.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"field {field!r}: {first['msg']}", where=where, todo=_AGAIN) from error
