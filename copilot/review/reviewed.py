"""A review together with the document that it is about, which a saved review reads again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from copilot.documents.load import Limits, load_document
from copilot.errors import DocumentError
from copilot.review.events import Done, Event, Read
from copilot.schema import Document, Review, Triage


@dataclass(frozen=True)
class Reviewed:
    """A finished review and, where it is at hand, the text that it is about."""

    review: Review
    document: Document | None
    absent: str = ""
    """Why the document is not at hand, in one line."""
    triage: Mapping[str, Triage] = field(default_factory=dict)
    """Fingerprint -> where the finding stands; empty where nobody asked what was decided."""


async def finished(
    events: AsyncGenerator[Event, None], tell: Callable[[Event], Awaitable[None]] | None = None
) -> Reviewed:
    """The review that these events end with; each of them is told on the way.

    Raises what the review raises; the events are closed whatever happens.
    """
    document = None
    async with aclosing(events):
        async for event in events:
            if tell is not None:
                await tell(event)
            if isinstance(event, Read):
                document = event.document
            elif isinstance(event, Done):
                return Reviewed(event.review, document)
    raise AssertionError("a review ends with Done or raises")


def reread(review: Review, beside: Path, limits: Limits = Limits()) -> Reviewed:  # noqa: B008 - it is frozen
    """The review with its document, read from the path that the review names.

    A relative path is looked up in the working folder, then in the folder of `beside`, the file
    that holds the review. A document whose text differs from the reviewed one is not taken: the
    review's offsets would point elsewhere.
    """
    absent = ""
    for path in candidates(review, beside):
        try:
            document = load_document(path, limits)
        except DocumentError as error:
            absent = absent or str(error)
            continue
        if document.digest == review.document.digest:
            return Reviewed(review, _named(document, path, review))
        absent = f"{path}: has changed since it was reviewed"
    return Reviewed(review, None, absent)


def _named(document: Document, path: Path, review: Review) -> Document:
    """The document at `path`, a single file under the name that the review's citations use.

    Files of a folder are named from within it, wherever it lies, and get reports under their own
    names: a review that names them otherwise was edited.
    """
    names = review.document.files
    if document.format == "folder" or len(names) != 1:
        return document
    (file,) = document.files
    named = file.model_copy(update={"path": names[0]})
    return document.model_copy(update={"path": str(path), "files": (named,)})


def candidates(review: Review, beside: Path) -> list[Path]:
    """Where the design of a review that is saved in the file `beside` may lie."""
    path = Path(review.document.path)
    paths = [path, beside.parent / path, beside.parent / path.name]
    return list(dict.fromkeys(paths))
