"""`archreview ask`: a question about a design, every sentence of the answer cited."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from copilot.cli.model_options import model_options
from copilot.reports.safe import one_line, printable
from copilot.review.ask import Reply, ask
from copilot.review.engine import Engine, JudgeChoice, make_engine
from copilot.schema import Citation
from copilot.settings import load_settings

QUOTE = 240
"""Characters of a quote that the text form shows."""


@click.command("ask")
@click.argument("design", type=click.Path(path_type=Path))
@click.argument("question")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the answer.",
)
@click.option(
    "--judge",
    type=click.Choice(["auto", "offline", "model"]),
    default="auto",
    show_default=True,
    help="Who answers; auto is the offline search unless a model is configured.",
)
@model_options
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps the index.")
@click.option("--ephemeral", is_flag=True, default=None, help="Keep the index in memory only.")
def command(design: Path, question: str, form: str, judge: JudgeChoice, **options: Any) -> None:
    """Answer QUESTION about DESIGN from its text alone, or say that it does not tell.

    Every sentence cites the document. Without a model the answer is the document's own sentences.
    """
    engine = make_engine(load_settings(**options), judge)
    reply = asyncio.run(_ask(design, question, engine))
    text = reply.model_dump_json(indent=2) if form == "json" else "\n".join(_lines(reply))
    click.echo(text)


async def _ask(design: Path, question: str, engine: Engine) -> Reply:
    try:
        return await ask(design, question, engine)
    finally:
        await engine.close()


def _lines(reply: Reply) -> Iterator[str]:
    number = 0
    if not reply.told:
        yield "The document does not tell."
    if reply.origin == "offline" and reply.told:
        yield "The document says:"
    sources = []
    for sentence in reply.sentences:
        marks = []
        for citation in sentence.citations:
            number += 1
            marks.append(f"[{number}]")
            sources.append(f"[{number}] {_source(citation, reply.origin == 'model')}")
        yield f"{printable(sentence.text)} {''.join(marks)}"
    if sources:
        yield ""
        yield from sources
    for sentence_text in reply.rejected:
        yield f"Left out, no quote carries it: {one_line(sentence_text, QUOTE)}"
    for citation in reply.nearest:
        yield f"Nearest: {_place(citation)}: “{one_line(citation.quote, QUOTE)}”"


def _source(citation: Citation, quoted: bool) -> str:
    quote = f"“{one_line(citation.quote, QUOTE)}” — " if quoted else ""
    return quote + _place(citation)


def _place(citation: Citation) -> str:
    heading = f" ({one_line(' > '.join(citation.heading), 80)})" if citation.heading else ""
    page = f", page {citation.page}" if citation.page else ""
    return f"{one_line(citation.file)}:{citation.line_start}{page}{heading}"
