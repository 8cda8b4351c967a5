"""Reviews as an Excel workbook: scorecard, findings, coverage and questions on a sheet each.

Text is always written as text: nothing of a document becomes a formula, a link or a number. Every
sheet names the design in its first column, so that several reviews fill one workbook.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from copilot.knowledge import Knowledge
from copilot.reports.rows import HEADINGS, Value, clean, finding_rows
from copilot.reports.safe import one_line
from copilot.reports.scorecard import place, scorecard
from copilot.schema import Review, Severity

CELL_LIMIT = 32_767
"""Characters that a cell of Excel holds."""

Column = tuple[str, int]
"""Heading and width in characters."""

_WIDTHS = {
    "design": 28, "dimension": 24, "aspect": 26, "also": 20, "title": 34, "what": 50,
    "so what": 44, "fix": 44, "ask": 22, "where": 30, "quote": 50, "searched": 44, "nearest": 34,
    "fingerprint": 19,
}  # fmt: skip
_SCORE = (
    ("design", 28), ("dimension", 38), ("share", 8), ("addressed", 11), ("partial", 9),
    ("missing", 9), ("no verdict", 11), ("worst finding", 14),
)  # fmt: skip
_COVERAGE = (
    ("design", 28), ("dimension", 38), ("aspect", 34), ("status", 15), ("confidence", 11),
    ("why", 60), ("where", 34), ("quote", 60),
)  # fmt: skip
_QUESTIONS = (
    ("design", 28), ("priority", 9), ("question", 60), ("ask", 26), ("aspect", 34), ("why", 50),
    ("a good answer", 60),
)  # fmt: skip
_SHARES = {"share", "confidence"}


def render_workbook(reviews: Sequence[Review], knowledge: Knowledge) -> bytes:
    """The bytes of the .xlsx file; the same reviews give the same bytes."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        _properties(book, reviews)
        sheet = _Sheets(book)
        sheet.add("Scorecard", _SCORE, (r for one in reviews for r in _scores(one, knowledge)))
        columns = tuple((name, _WIDTHS.get(name, 11)) for name in HEADINGS)
        sheet.add("Findings", columns, (r for one in reviews for r in finding_rows(one, knowledge)))
        sheet.add("Coverage", _COVERAGE, (r for one in reviews for r in _coverage(one, knowledge)))
        sheet.add(
            "Questions", _QUESTIONS, (r for one in reviews for r in _questions(one, knowledge))
        )
    return buffer.getvalue()


def _properties(book: Any, reviews: Sequence[Review]) -> None:
    """Title and date; the date is the review's, so that the bytes do not change with the clock."""
    titles = ", ".join(one_line(review.document.title, 80) for review in reviews)
    book.set_properties(
        {
            "title": f"Architecture review: {titles}"[:250],
            "author": "archreview",
            "created": datetime.fromisoformat(max(r.manifest.created for r in reviews)),
        }
    )


class _Sheets:
    """Adds sheets that look alike: bold headings that stay, filters, wrapped text."""

    def __init__(self, book: Any) -> None:
        self._book = book
        cell = {"valign": "top", "text_wrap": True}
        self._text = book.add_format(cell)
        self._share = book.add_format({**cell, "num_format": "0%"})
        self._head = book.add_format(
            {"bold": True, "bg_color": "#E8EBFB", "bottom": 1, "valign": "top"}
        )
        self._severity = {
            severity.value: book.add_format({**cell, "bg_color": back, "font_color": front})
            for severity, (back, front) in _COLOURS.items()
        }

    def add(self, name: str, columns: Sequence[Column], rows: Iterable[tuple[Value, ...]]) -> None:
        """One sheet; a row has a value for each column."""
        sheet, last = self._book.add_worksheet(name), 0
        for at, (heading, width) in enumerate(columns):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, heading, self._head)
        for last, row in enumerate(rows, start=1):
            for at, ((heading, _), value) in enumerate(zip(columns, row, strict=True)):
                self._write(sheet, last, at, heading, value)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _write(self, sheet: Any, row: int, column: int, heading: str, value: Value) -> None:
        if isinstance(value, str):
            form = self._severity.get(value, self._text)
            sheet.write_string(row, column, value[:CELL_LIMIT], form)
        else:
            form = self._share if heading in _SHARES else self._text
            sheet.write_number(row, column, value, form)


_COLOURS = {
    Severity.CRITICAL: ("#9F1239", "#FFFFFF"),
    Severity.HIGH: ("#C2410C", "#FFFFFF"),
    Severity.MEDIUM: ("#FCD97A", "#513500"),
    Severity.LOW: ("#CFE0FB", "#173A7A"),
    Severity.INFO: ("#E2E6EC", "#374151"),
}


def _scores(review: Review, knowledge: Knowledge) -> Iterator[tuple[Value, ...]]:
    for score in scorecard(review, knowledge):
        yield (
            clean(review.document.path),
            score.title,
            "not judged" if score.share is None else score.share,
            score.addressed,
            score.partial,
            score.missing,
            score.other,
            score.worst.value if score.worst else "none",
        )


def _coverage(review: Review, knowledge: Knowledge) -> Iterator[tuple[Value, ...]]:
    titles = {dimension.id: dimension.title for dimension in knowledge.dimensions}
    for row in review.coverage:
        verified = [citation for citation in row.citations if citation.verified]
        yield (
            clean(review.document.path),
            titles[row.dimension],
            knowledge.aspects[row.aspect].title,
            row.status.value,
            row.confidence,
            clean(row.rationale),
            clean("\n".join(map(place, verified))),
            clean("\n".join(citation.quote for citation in verified)),
        )


def _questions(review: Review, knowledge: Knowledge) -> Iterator[tuple[Value, ...]]:
    for question in review.questions:
        yield (
            clean(review.document.path),
            question.priority,
            clean(question.text),
            ", ".join(question.roles),
            knowledge.aspects[question.aspect].title,
            clean(question.why),
            clean(question.good_answer),
        )
