"""The formats that a review can be written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from copilot.knowledge import Knowledge
from copilot.reports.markdown import render_markdown
from copilot.reports.terminal import render_text
from copilot.schema import Document, Review

Render = Callable[[Review, Knowledge, Document | None], bytes]
"""A report as the bytes of its file. The document is the text that was reviewed, for the forms
that show or annotate it; None where it is not at hand."""


@dataclass(frozen=True)
class Form:
    """One form that a report can take."""

    suffix: str
    """Of the file, with its dot."""
    render: Render


def render_json(review: Review) -> str:
    """The review as JSON after `review_schema()`."""
    return review.model_dump_json(indent=2) + "\n"


FORMS: Mapping[str, Form] = {
    "text": Form(".txt", lambda review, knowledge, _: render_text(review, knowledge).encode()),
    "md": Form(".md", lambda review, knowledge, _: render_markdown(review, knowledge).encode()),
    "json": Form(".json", lambda review, _, __: render_json(review).encode()),
}


def review_schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of the review JSON."""
    schema = Review.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:archreview:review:{Review.model_fields['schema_version'].default}",
        **schema,
    }


def render_schema() -> str:
    """`review_schema()` as indented text."""
    return json.dumps(review_schema(), indent=2, ensure_ascii=False) + "\n"
