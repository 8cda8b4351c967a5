"""The formats that a review can be written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from copilot.knowledge import Knowledge
from copilot.reports.markdown import render_markdown
from copilot.reports.terminal import render_text
from copilot.schema import Review

Renderer = Callable[[Review, Knowledge], str]


def render_json(review: Review, knowledge: Knowledge) -> str:
    """The review as JSON after `review_schema()`."""
    return review.model_dump_json(indent=2) + "\n"


RENDERERS: Mapping[str, Renderer] = {
    "text": render_text,
    "md": render_markdown,
    "json": render_json,
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
