"""Small records for tests."""

from __future__ import annotations

import hashlib

from copilot.documents.outline import outline
from copilot.documents.split import split
from copilot.judges.protocol import Evidence
from copilot.knowledge import Knowledge
from copilot.schema import (
    Citation,
    Coverage,
    Document,
    DocumentInfo,
    Manifest,
    Review,
    SourceFile,
    Status,
    Usage,
)


def make_document(text: str, path: str = "design.md", form: str = "markdown") -> Document:
    """A one-file document with this text."""
    return Document(
        path=path,
        title="A design",
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        format=form,
        files=(SourceFile(path=path, start=0, end=len(text)),),
        sections=outline(text, form),
    )


def make_evidence(document: Document) -> Evidence:
    """The document before a judge, without retrieval."""
    return Evidence(document, split(document), {})


def make_row(aspect: str, status: Status, *citations: Citation, **fields: object) -> Coverage:
    """A coverage row of this status."""
    row: dict[str, object] = {
        "aspect": aspect,
        "dimension": aspect.split(".")[0],
        "status": status,
        "confidence": 0.8,
        "rationale": "because",
        "citations": citations,
    }
    return Coverage.model_validate(row | fields)


def make_citation(quote: str, start: int = 0, verified: bool = True) -> Citation:
    """A citation of design.md."""
    return Citation(
        quote=quote,
        file="design.md",
        start=start,
        end=start + len(quote),
        line_start=3,
        line_end=3,
        heading=("Design",),
        verified=verified,
    )


def make_review(knowledge: Knowledge, rows: dict[str, Coverage], title: str = "A design") -> Review:
    """A review with these rows; all other aspects are addressed with a quote each."""
    from copilot.review.findings import findings, strengths
    from copilot.review.questions import questions

    coverage = tuple(
        rows.get(aspect, make_row(aspect, Status.ADDRESSED, make_citation("three replicas run")))
        for aspect in knowledge.aspects
    )
    found = findings(coverage, knowledge, "offline")
    return Review(
        document=DocumentInfo(
            path="design.md",
            title=title,
            digest="0" * 64,
            words=100,
            format="markdown",
            files=("design.md",),
        ),
        coverage=coverage,
        findings=found,
        strengths=strengths(coverage, knowledge),
        questions=questions(found, coverage, knowledge),
        usage=Usage(seconds=1.0, passages=3, embedded=3),
        manifest=Manifest(
            archreview="0",
            judge="offline",
            judge_digest="0" * 64,
            knowledge_digest=knowledge.digest,
            embedder="local",
            dimensions=tuple(d.id for d in knowledge.dimensions),
            created="2026-01-01T00:00:00+00:00",
        ),
    )
