"""`archreview search`: one question over all indexed designs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copilot.errors import ExitCode
from copilot.reports.safe import one_line

if TYPE_CHECKING:
    from copilot.batch.search import Match, SearchResult
    from copilot.schema import Citation

QUOTE = 240
"""Characters of a quote that the text form shows."""


@click.command("search")
@click.argument("question")
@click.option(
    "--designs",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="At most so many designs.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the answer.",
)
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps the index.")
@click.option("--chroma", metavar="URL", help="Chroma server to use, http://host:port.")
@click.option("--embedder", metavar="NAME", help="local, or openai:NAME for /v1/embeddings.")
def command(question: str, designs: int, form: str, **options: Any) -> int:
    """Search all designs of the index for QUESTION; every answer is a verified quote.

    The index holds what was reviewed with the same --workspace. No model is asked.
    """
    from copilot.batch.search import search_all
    from copilot.review.engine import make_engine
    from copilot.settings import load_settings

    result = search_all(question, make_engine(load_settings(**options), "offline"), designs)
    if form == "json":
        click.echo(result.model_dump_json(indent=2))
    else:
        click.echo("\n".join(_lines(result)))
    return ExitCode.OK


def _lines(result: SearchResult) -> Iterator[str]:
    if not result.matches:
        yield "No design tells. Nearest:"
    for match in result.matches or result.nearest:
        yield f"{one_line(match.path)} — {one_line(match.title, 80)}"
        for citation in match.citations:
            yield f"  “{one_line(citation.quote, QUOTE)}”"
            yield f"    {_place(match, citation)}"
    for path in result.stale:
        yield f"Changed or gone since it was indexed: {one_line(path)} — run the batch again"


def _place(match: Match, citation: Citation) -> str:
    file = citation.file
    if file != match.path:
        file = f"{match.path}/{file}"
    heading = f" ({one_line(' > '.join(citation.heading), 80)})" if citation.heading else ""
    page = f", page {citation.page}" if citation.page else ""
    return f"{one_line(file)}:{citation.line_start}{page}{heading}"
