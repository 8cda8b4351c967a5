"""One question over all designs of an index, answered by the designs' own sentences.

The index knows where passages stand, not what they say: each design that comes near is read again,
and cited only where its text is still the one that was indexed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.errors import DocumentError, InputError
from copilot.index.store import Near, PassageIndex
from copilot.review.ask import MAX_QUESTION, best_sentences, sentence_spans
from copilot.review.citations import Verifier
from copilot.review.engine import Engine
from copilot.review.injection import shield
from copilot.schema import Citation, Document, Record

PASSAGES_PER_DESIGN = 12
"""Passages that the index is asked for, for each design that is wanted."""


class Match(Record):
    """A design that tells something about the question."""

    path: str
    title: str
    similarity: float
    """Cosine similarity of the question and the design's nearest passage."""
    citations: tuple[Citation, ...]
    """Verified; the best sentence first."""


class SearchResult(Record):
    """What the library tells about a question."""

    question: str
    matches: tuple[Match, ...]
    """Nearest first."""
    nearest: tuple[Match, ...]
    """Designs that came near without a sentence that answers: told when nothing matches."""
    stale: tuple[str, ...]
    """Designs that came near and are gone, or have changed since they were indexed."""


def search_all(question: str, engine: Engine, designs: int) -> SearchResult:
    """The designs that answer a question best, at most so many.

    Raises InputError for an empty question or an index without designs, IndexFault.
    """
    question = " ".join(question.split())
    if not question or len(question) > MAX_QUESTION:
        todo = f"ask in 1 to {MAX_QUESTION:,} characters"
        raise InputError("the question is empty or too long", todo=todo)
    if engine.location is None:
        raise InputError("there is no index to search", todo="leave out --ephemeral")
    with PassageIndex.open(engine.location, engine.embedder) as index:
        near = index.nearest(question, designs * PASSAGES_PER_DESIGN)
    if not near:
        todo = "run `archreview batch PATH --out DIR` first, with the same --workspace"
        raise InputError("the index holds no design", where=str(engine.location), todo=todo)
    return _result(question, _by_design(near), engine, designs)


def _by_design(near: Iterable[Near]) -> dict[tuple[str, str], list[Near]]:
    """(path, digest) -> its passages, nearest first; the nearest design first."""
    grouped: dict[tuple[str, str], list[Near]] = defaultdict(list)
    for passage in near:
        if passage.path:
            grouped[passage.path, passage.digest].append(passage)
    return grouped


def _result(
    question: str, by_design: dict[tuple[str, str], list[Near]], engine: Engine, designs: int
) -> SearchResult:
    matches: list[Match] = []
    nearest: list[Match] = []
    stale = []
    for (path, digest), passages in by_design.items():
        read = _read(Path(path), digest, engine)
        if read is None:
            stale.append(path)
            continue
        match, answers = _match(question, *read, passages, engine)
        (matches if answers else nearest).append(match)
        if len(matches) >= designs:
            break
    return SearchResult(
        question=question,
        matches=tuple(matches),
        nearest=() if matches else tuple(nearest[:3]),
        stale=tuple(stale),
    )


def _read(path: Path, digest: str, engine: Engine) -> tuple[Document, Document] | None:
    """The design as it is read and as it is judged; None when it is not the indexed one."""
    home = Path.cwd()
    try:
        near = path.relative_to(home) if path.is_relative_to(home) else path
        source = load_document(near, engine.limits)
    except DocumentError:
        return None
    document = shield(source).document
    return (source, document) if document.digest == digest else None


def _match(
    question: str, source: Document, document: Document, near: list[Near], engine: Engine
) -> tuple[Match, bool]:
    """The design with the sentences that answer, else with its nearest passage."""
    places = {(each.start, each.end) for each in near}
    passages = split(document)
    found = [p for p in passages if (p.start, p.end) in places]
    spans = [span for passage in found for span in sentence_spans(document, passage)]
    best = best_sentences(question, document.text, spans, engine)
    verifier = Verifier(document, passages, source=source)
    shown = best or [(near[0].start, near[0].end)]
    match = Match(
        path=document.path,
        title=document.title,
        similarity=round(near[0].similarity, 4),
        citations=tuple(verifier.at(start, end) for start, end in shown),
    )
    return match, bool(best)
