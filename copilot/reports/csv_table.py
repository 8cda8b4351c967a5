"""The findings as CSV (RFC 4180): one row for each finding, of one or of several reviews.

The text starts with a byte order mark: without it Excel reads UTF-8 as the system's old code page
and breaks every dash and umlaut; readers that know UTF-8 skip it (Python: `utf-8-sig`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from copilot.knowledge import Knowledge
from copilot.reports.rows import HEADINGS, Value, finding_rows
from copilot.schema import Review

BOM = "\ufeff"
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the start of a formula or of a command; a line break is trimmed by
some, and then the next character is the first."""


def render_csv(reviews: Sequence[Review], knowledge: Knowledge) -> str:
    """A header and the findings of all reviews; a review without findings has no row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for review in reviews:
        for row in finding_rows(review, knowledge):
            writer.writerow([inert(value) for value in row])
    return BOM + buffer.getvalue()


def inert(value: Value) -> Value:
    """`value` with an apostrophe before text that a spreadsheet would act on.

    Spaces before the first character do not help: some programs trim them.
    """
    if isinstance(value, str) and value.lstrip(" \u00a0").startswith(_ACTIVE):
        return f"'{value}"
    return value
