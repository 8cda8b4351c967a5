"""Puts the page together: the template, its style and script, and their hashes in the policy.

The page forbids itself everything but its own style and script (`default-src 'none'` with their
hashes), so that a hole in escaping could neither run code nor reach the network.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copilot.knowledge import Knowledge
from copilot.reports import decided
from copilot.reports.decided import UNDECIDED, Triaged, is_settled
from copilot.reports.page import words
from copilot.reports.page.charts import heat_map, score_rows
from copilot.reports.page.evidence import Cited
from copilot.reports.page.text import embed
from copilot.reports.safe import printable
from copilot.reports.scorecard import low_confidence, scorecard, unjudged_rows
from copilot.reports.spending import spending_by_dimension, spending_line
from copilot.schema import Document, Review, Severity

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent


def render_html(
    review: Review,
    knowledge: Knowledge,
    document: Document | None,
    triaged: Triaged = UNDECIDED,
) -> str:
    """The page; without the document's text it says so, and citations are not links."""
    style = _read("report.css") + _filters(knowledge)
    script = _read("report.js")
    cited = Cited(review, document)
    scores = scorecard(review, knowledge)
    open_ = [f for f in review.findings if not is_settled(f, triaged)]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            review=review,
            knowledge=knowledge,
            words=words,
            decided=decided,
            triaged=triaged,
            states=decided.state_counts(review, triaged),
            open=open_,
            cited=cited,
            files=embed(document, cited.spans, cited.lines) if document else (),
            one_file=len(review.document.files) == 1,
            has_text=document is not None,
            severities=list(Severity),
            counts={s: sum(f.severity is s for f in review.findings) for s in Severity},
            bars=score_rows(scores),
            heat=heat_map(review, knowledge),
            scores=scores,
            unjudged=unjudged_rows(review),
            unsure=low_confidence(review),
            spending=tuple(spending_by_dimension(review)),
            spending_line=spending_line(review.usage),
            style=_trusted(style),
            script=_trusted(script),
            policy=_policy(style, script),
        )
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _trusted(text: str) -> Any:
    """Our own style or script, which is not escaped."""
    from markupsafe import Markup

    return Markup(text)


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _filters(knowledge: Knowledge) -> str:
    """Rules that hide findings by the two filters: they work without the script."""
    rules = [
        f'body:has(#sev-{s.value}:not(:checked)) .finding[data-severity="{s.value}"]'
        for s in Severity
    ] + [
        f'body:has(#dimension option[value="{d.id}"]:checked) '
        f'.finding:not([data-dimension="{d.id}"])'
        for d in knowledge.dimensions
    ]
    return ",\n".join(rules) + "{display:none}\n"


@cache
def _environment() -> Environment:
    """Escapes every value, and writes control characters of the document out."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: Any) -> Any:
    return printable(value) if type(value) is str else value
