"""From a review to spans of the text: what cites what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from copilot.schema import Citation, Review, Searched
from copilot.tui import looks
from copilot.tui.document import Mark

if TYPE_CHECKING:
    from copilot.tui.document import DocumentView


class Cites(Protocol):
    """A finding, a verdict or a question: what has citations, or a proof of absence."""

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What it cites."""
        ...

    @property
    def searched(self) -> Searched | None:
        """What came nearest, where nothing is cited."""
        ...


def marks(review: Review | None) -> list[Mark]:
    """The spans that findings cite, each owned by the finding's fingerprint."""
    if review is None:
        return []
    return [
        Mark(citation.start, citation.end, finding.fingerprint, looks.SEVERITY[finding.severity][1])
        for finding in review.findings
        for citation in finding.citations
        if citation.verified and citation.source == "document"
    ]


def quotes(cited: Cites, text: DocumentView) -> list[Mark]:
    """The verified citations; without any, the passages that came nearest, as they are shown."""
    found = [Mark(c.start, c.end) for c in cited.citations if c.verified and c.source == "document"]
    if found or cited.searched is None:
        return found
    near = cited.searched.nearest
    spans = [text.lines_span(n.file, n.line_start, n.line_end) for n in near]
    return [Mark(*span, near=True) for span in spans if span]
