"""SARIF 2.1.0 (OASIS): the findings for code scanning, so that a docs repository shows them inline.

One rule for each aspect with the knowledge's own text as help, one result for each finding.
Lines are given for files whose lines an editor shows (Markdown, reStructuredText, text); PDF, DOCX
and HTML are read through a converter, their findings name the page and the heading instead. A gap
has no place of its own and stands on the first line of the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from copilot import __version__
from copilot.documents.formats import format_of
from copilot.knowledge import Knowledge
from copilot.reports.safe import one_line, printable
from copilot.reports.sarif_rules import INJECTION, LEVELS, rules
from copilot.reports.scorecard import unjudged_rows
from copilot.review.score import is_complete
from copilot.schema import Citation, Finding, Nearest, Review, Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RANKS = {
    Severity.CRITICAL: 95.0,
    Severity.HIGH: 80.0,
    Severity.MEDIUM: 55.0,
    Severity.LOW: 25.0,
    Severity.INFO: 5.0,
}
"""SARIF's rank, 0..100: the middle of the severity's band."""
_MESSAGE = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})
_WITH_LINES = ("markdown", "rst", "text")


def render_sarif(reviews: Sequence[Review], knowledge: Knowledge) -> str:
    """One log of one run; several reviews are its results together."""
    table = rules(knowledge)
    index = {rule["id"]: at for at, rule in enumerate(table)}
    driver = {"name": "archreview", "version": __version__, "rules": table}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "archreview/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(reviews)],
        "artifacts": list(_artifacts(reviews)),
        "results": [_result(r, f, index) for r in reviews for f in r.findings],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _invocation(reviews: Sequence[Review]) -> dict[str, Any]:
    """Whether everything was judged, and what was not."""
    return {
        "executionSuccessful": all(map(is_complete, reviews)),
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": _plain(f"{row.aspect} is unjudged: {row.rationale}")},
                "locations": [{"physicalLocation": {"artifactLocation": _artifact(review, "")}}],
            }
            for review in reviews
            for row in unjudged_rows(review)
        ],
    }


def _artifacts(reviews: Sequence[Review]) -> Iterator[dict[str, Any]]:
    """Each file once, also where several reviews are of the same one."""
    seen = set()
    for review in reviews:
        for file in review.document.files:
            location = _artifact(review, file)
            if location["uri"] not in seen:
                seen.add(location["uri"])
                yield {
                    "location": location,
                    "roles": ["analysisTarget"],
                    "properties": {"designTextSha256": review.document.digest},
                }


def _result(review: Review, finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    rule = INJECTION if finding.kind == "injection" else finding.aspect
    verified = [c for c in finding.citations if c.verified and c.source == "document"]
    related = [_cited(review, citation) for citation in verified[1:]]
    if finding.searched is not None:
        related += [_near(review, near) for near in finding.searched.nearest]
    return {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "level": LEVELS[finding.severity],
        "rank": RANKS[finding.severity],
        "message": {
            "text": _plain(
                f"{finding.title}. {finding.what} So what: {finding.so_what} Fix: {finding.fix}"
            )
        },
        "locations": [_cited(review, verified[0]) if verified else _top(review)],
        "relatedLocations": [{"id": n, **place} for n, place in enumerate(related, start=1)],
        "partialFingerprints": {
            "archreview/v1": finding.fingerprint,
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
        },
        "properties": _properties(finding),
    }


def _properties(finding: Finding) -> dict[str, Any]:
    """What SARIF has no field for."""
    searched = finding.searched
    return {
        "severity": finding.severity.value,
        "dimension": finding.dimension,
        "aspects": [finding.aspect, *finding.also],
        "kind": finding.kind,
        "confidence": finding.confidence,
        "origin": finding.origin,
        "roles": list(finding.roles),
        "fix": printable(finding.fix),
        "rejectedQuotes": [one_line(c.quote) for c in finding.citations if not c.verified],
        "answers": [one_line(c.quote) for c in finding.citations if c.source == "answer"],
        "searched": list(map(printable, searched.queries)) if searched else [],
        "shareRead": searched.share_read if searched else None,
    }


def _cited(review: Review, citation: Citation) -> dict[str, Any]:
    """The place of a verified quote, with the quote."""
    physical: dict[str, Any] = {"artifactLocation": _artifact(review, citation.file)}
    if _has_lines(review, citation.file):
        physical["region"] = {
            "startLine": max(1, citation.line_start),
            "endLine": max(1, citation.line_end),
            "snippet": {"text": printable(citation.quote)},
        }
    page = f"page {citation.page}: " if citation.page is not None else ""
    return {
        "physicalLocation": physical,
        "message": {"text": _plain(f"{page}“{one_line(citation.quote)}”")},
        **_heading(citation.heading),
    }


def _near(review: Review, near: Nearest) -> dict[str, Any]:
    """A passage that came near without being evidence."""
    physical: dict[str, Any] = {"artifactLocation": _artifact(review, near.file)}
    if _has_lines(review, near.file):
        physical["region"] = {
            "startLine": max(1, near.line_start),
            "endLine": max(1, near.line_end),
        }
    said = f"Came nearest without being evidence (similarity {near.similarity:.2f})"
    return {
        "physicalLocation": physical,
        "message": {"text": said},
        **_heading(near.heading),
    }


def _top(review: Review) -> dict[str, Any]:
    """Where a finding about what is not there is shown: the head of the first file."""
    file = review.document.files[0] if review.document.files else ""
    physical: dict[str, Any] = {"artifactLocation": _artifact(review, file)}
    if _has_lines(review, file):
        physical["region"] = {"startLine": 1, "endLine": 1}
    return {"physicalLocation": physical}


def _heading(heading: tuple[str, ...]) -> dict[str, Any]:
    if not heading:
        return {}
    path = " / ".join(one_line(title) for title in heading)
    return {"logicalLocations": [{"name": one_line(heading[-1]), "fullyQualifiedName": path}]}


def _has_lines(review: Review, file: str) -> bool:
    return format_of(file or review.document.path) in _WITH_LINES


def _artifact(review: Review, file: str) -> dict[str, Any]:
    """The file's URI, relative to the repository or the working folder that it lies in."""
    path = Path(review.document.path)
    if review.document.format == "folder" and file:
        path /= file
    return {"uri": _uri(path)}


def _uri(path: Path) -> str:
    absolute = Path(os.path.normpath(Path.cwd() / path))  # a link is named as it is
    for folder in (_repository(absolute), Path.cwd()):
        if folder is not None and absolute.is_relative_to(folder):
            return quote(absolute.relative_to(folder).as_posix())
    return absolute.as_uri()


def _repository(path: Path) -> Path | None:
    """The nearest folder above that git keeps; None where there is none."""
    return next((folder for folder in path.parents if (folder / ".git").exists()), None)


def _plain(text: str) -> str:
    """Text for a message: brackets would make a link of what a document says.

    Braces, which stand around placeholders, are doubled (SARIF 2.1.0, 3.11.5).
    """
    return one_line(text).translate(_MESSAGE)
