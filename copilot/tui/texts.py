"""The text that a review is about: the one that was reviewed, not what the file holds since."""

from __future__ import annotations

from pathlib import Path

from copilot.documents.load import Limits, load_document
from copilot.documents.outline import outline
from copilot.errors import CopilotError
from copilot.schema import Document, Review, SourceFile
from copilot.store import Store

CHANGED = "The file changed since this review: the text shown is the reviewed one. r reviews anew."


def reviewed_text(
    path: Path, review: Review | None, store: Store, limits: Limits
) -> tuple[Document | None, str]:
    """The document of a review and what to say about it; the file's own text without a review.

    Raises CopilotError when neither the file nor the store has it.
    """
    try:
        document = load_document(path, limits)
        if review is None or document.digest == review.document.digest:
            return document, ""
    except CopilotError:
        if review is None:
            raise
        document = None
    assert review is not None
    text = store.reviews.text(review.document.digest)
    if text is not None:
        return _as_reviewed(review, text), CHANGED
    return document, "The file changed since this review: lines may have moved. r reviews anew."


def _as_reviewed(review: Review, text: str) -> Document:
    """The stored text as a document of one file: where files began is not kept."""
    info = review.document
    return Document(
        path=info.path,
        title=info.title,
        text=text,
        digest=info.digest,
        format=info.format,
        files=(
            SourceFile(path=info.files[0] if info.files else info.path, start=0, end=len(text)),
        ),
        sections=outline(text, info.format if info.format in ("markdown", "rst") else "text"),
    )
