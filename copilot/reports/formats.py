"""The forms that a review can be written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from copilot.knowledge import Knowledge
from copilot.reports.annotated.write import annotated_files, annotated_suffix, render_annotated
from copilot.reports.csv_table import render_csv
from copilot.reports.decided import UNDECIDED, Triaged
from copilot.reports.junit import render_reviews
from copilot.reports.markdown import render_markdown
from copilot.reports.page import render_html
from copilot.reports.sarif import render_sarif
from copilot.reports.terminal import render_text
from copilot.reports.workbook import render_workbook
from copilot.review.reviewed import Reviewed
from copilot.schema import Document, Review

Render = Callable[[Review, Knowledge, Document | None], bytes]
"""A report as the bytes of its file. The document is the text that was reviewed, for the forms
that show or annotate it; None where it is not at hand."""

RenderDecided = Callable[[Review, Knowledge, Document | None, Triaged], bytes]
"""The same, with what was decided about each finding."""

Join = Callable[[Sequence[Review], Knowledge], bytes]
"""The reports of several reviews as the bytes of one file."""


@dataclass(frozen=True)
class Form:
    """One form that a report can take."""

    suffix: str | Callable[[Review], str]
    """Of the file, with its dot; a function where the form follows the design's own format."""
    render: Render
    join: Join | None = None
    """None where several reviews do not make one file: each design gets its own."""
    binary: bool = False
    """True for a file that no terminal can show."""
    shows_document: bool = False
    """True where the report lacks something without the document's text."""
    needs_document: bool = False
    """True where there is no report without the document's text."""
    decided: RenderDecided | None = None
    """Where the form shows what people decided about the findings."""
    files: Callable[[Review, Document | None], Mapping[str, bytes]] | None = None
    """Where a design that is a folder gets a file for each of its own: their paths and bytes."""

    def suffix_for(self, review: Review) -> str:
        """The suffix of this review's file, with its dot."""
        return self.suffix if isinstance(self.suffix, str) else self.suffix(review)

    def report(self, one: Reviewed, knowledge: Knowledge) -> bytes:
        """The report of one review, with what people decided where the form shows it."""
        if self.decided is None:
            return self.render(one.review, knowledge, one.document)
        return self.decided(one.review, knowledge, one.document, one.triage)

    def reports(self, several: Sequence[Reviewed], knowledge: Knowledge) -> bytes:
        """The one file of several reviews; the form has a `join`."""
        assert self.join is not None
        if self.decided is None:
            return self.join([one.review for one in several], knowledge)
        return b"\n".join(self.report(one, knowledge) for one in several)


def render_json(review: Review) -> str:
    """The review as JSON after `review_schema()`."""
    return review.model_dump_json(indent=2) + "\n"


def _json_of_all(reviews: Sequence[Review], knowledge: Knowledge) -> bytes:
    """An array of the reviews; a single one stays an object."""
    reports = [render_json(review).rstrip("\n") for review in reviews]
    text = reports[0] if len(reports) == 1 else "[\n" + ",\n".join(reports) + "\n]"
    return text.encode() + b"\n"


def _one_after_the_other(render: Callable[[Review, Knowledge], str]) -> Join:
    """Reports of text with an empty line between them."""
    return lambda reviews, knowledge: "\n".join(render(one, knowledge) for one in reviews).encode()


def _markdown(
    review: Review, knowledge: Knowledge, _: Document | None, triaged: Triaged = UNDECIDED
) -> bytes:
    return render_markdown(review, knowledge, triaged).encode()


def _page(
    review: Review, knowledge: Knowledge, document: Document | None, triaged: Triaged = UNDECIDED
) -> bytes:
    return render_html(review, knowledge, document, triaged).encode()


def _of_several(suffix: str, render: Callable[[Sequence[Review], Knowledge], str | bytes]) -> Form:
    """A form whose renderer takes all reviews at once."""

    def join(reviews: Sequence[Review], knowledge: Knowledge) -> bytes:
        report = render(reviews, knowledge)
        return report.encode() if isinstance(report, str) else report

    return Form(suffix, lambda review, knowledge, _: join([review], knowledge), join)


FORMS: Mapping[str, Form] = {
    "text": Form(
        ".txt",
        lambda review, knowledge, _: render_text(review, knowledge).encode(),
        _one_after_the_other(render_text),
    ),
    "md": Form(
        ".md",
        _markdown,
        _one_after_the_other(render_markdown),
        decided=_markdown,
    ),
    "json": Form(".json", lambda review, _, __: render_json(review).encode(), _json_of_all),
    "html": Form(
        ".html",
        _page,
        shows_document=True,
        decided=_page,
    ),
    "sarif": _of_several(".sarif", render_sarif),
    "junit": _of_several(".junit.xml", render_reviews),
    "csv": _of_several(".csv", render_csv),
    "xlsx": replace(_of_several(".xlsx", render_workbook), binary=True),
    "annotated": Form(
        annotated_suffix,
        render_annotated,
        binary=True,
        shows_document=True,
        needs_document=True,
        files=annotated_files,
    ),
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
