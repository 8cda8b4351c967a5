"""One small design in every format, and a review that cites it."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import docx
import pytest
from build import make_review, make_row
from docx.document import Document as Word
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from copilot.documents.load import load_document
from copilot.knowledge import Knowledge
from copilot.review.citations import Verifier
from copilot.schema import Document, Quote, Review, Status

SENTENCES = (
    "Three replicas of the scorer run behind a load balancer.",
    "A failed node is replaced within 30 seconds by the orchestrator.",
    "Features are stored in a table that is rebuilt every night.",
    "The weekly cost of the cluster is 1200 dollars.",
)
TITLE = "Scoring platform"


def write_markdown(path: Path) -> None:
    path.write_text(f"# {TITLE}\n\n" + "\n\n".join(SENTENCES) + "\n", "utf-8")


def write_rst(path: Path) -> None:
    head = f"{TITLE}\n{'=' * len(TITLE)}\n\n"
    path.write_text(head + "\n\n".join(SENTENCES) + "\n", "utf-8")


def write_text(path: Path) -> None:
    path.write_bytes((f"{TITLE}\r\n\r\n" + "\r\n\r\n".join(SENTENCES) + "\r\n").encode())


def write_html(path: Path) -> None:
    body = "".join(f"<p>{s.replace('scorer', '<b>scorer</b>')}</p>\n" for s in SENTENCES)
    script = f"<script>var x = '{SENTENCES[0]}'</script>"
    path.write_text(f"<html><body>{script}<h1>{TITLE}</h1>{body}</body></html>", "utf-8")


def write_docx(path: Path) -> None:
    word: Word = docx.Document()
    word.add_heading(TITLE, 1)
    first = word.add_paragraph()
    for piece in SENTENCES[0].partition("scorer"):
        first.add_run(piece).bold = piece == "scorer"
    word.add_paragraph(f"{SENTENCES[1]} {SENTENCES[2]}")
    word.add_table(1, 2).cell(0, 1).text = SENTENCES[3]
    word.save(str(path))


def write_pdf(path: Path, rotate: int = 0) -> None:
    """Two pages of Helvetica, one sentence a line."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for rows in ((TITLE, *SENTENCES[:2]), SENTENCES[2:]):
        page = writer.add_blank_page(width=595, height=842)
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        lines = "".join(f"({row}) Tj 0 -40 Td " for row in rows)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 60 700 Td {lines} ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
        page.rotate(rotate)
    data = io.BytesIO()
    writer.write(data)
    path.write_bytes(data.getvalue())


WRITE = {
    "design.md": write_markdown,
    "design.rst": write_rst,
    "design.txt": write_text,
    "design.html": write_html,
    "design.docx": write_docx,
    "design.pdf": write_pdf,
}


def reviewed(path: Path, knowledge: Knowledge) -> tuple[Document, Review]:
    """The design at `path` and a review with two weaknesses that cite it, and two gaps."""
    document = load_document(path)
    verifier = Verifier(document, ())
    aspects = list(knowledge.aspects)
    weak = {aspects[0]: SENTENCES[:2], aspects[1]: SENTENCES[3:]}
    rows = {
        aspect: make_row(
            aspect,
            Status.PARTIAL,
            *(verifier.cite(Quote(text=_as_read(quote, document))) for quote in quotes),
        )
        for aspect, quotes in weak.items()
    }
    rows |= {aspect: make_row(aspect, Status.MISSING) for aspect in aspects[2:4]}
    review = make_review(knowledge, rows)
    info = review.document.model_copy(
        update={"path": document.path, "digest": document.digest, "format": document.format}
    )
    return document, review.model_copy(update={"document": info})


def _as_read(sentence: str, document: Document) -> str:
    """The sentence as the document's text has it: converters write bold words as Markdown."""
    return sentence if sentence in document.text else sentence.replace("scorer", "**scorer**")


def program(name: str) -> str:
    """The path of a program that tests need; skips where it is absent, but never in CI."""
    found = shutil.which(name)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} must be installed where CI runs")
    if found is None:
        pytest.skip(f"needs {name}")
    return found
