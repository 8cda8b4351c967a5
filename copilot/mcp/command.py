"""`archreview mcp`: the server on standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copilot.errors import InputError
from copilot.mcp.session import Session
from copilot.review.engine import JudgeChoice
from copilot.settings import Settings, load_settings


@click.command("mcp")
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Only designs under this folder may be read; the working folder by default.",
)
@click.option(
    "--judge",
    type=click.Choice(["auto", "offline", "model"]),
    default="auto",
    show_default=True,
    help="Who judges; auto is the offline judge unless a model is configured.",
)
@click.option("--model", metavar="NAME", help="Language model, provider:name.")
@click.option("--base-url", metavar="URL", help="OpenAI-compatible server, http://host:port/v1.")
@click.option(
    "--depth",
    type=click.Choice(["quick", "standard", "deep"]),
    help="One call for all dimensions, one for each (default), or one for each and a critic.",
)
@click.option(
    "--max-cost", type=float, metavar="USD", help="Most to spend on the model in a session."
)
@click.option("--max-tokens", type=int, metavar="N", help="Most tokens to use in a session.")
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    help="Folder that keeps the index; in memory when left out.",
)
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one.",
)
@click.option("--max-bytes", type=int, metavar="N", help="Largest file to read.")
@click.option("--max-chars", type=int, metavar="N", help="Longest text to review.")
def command(root: Path, judge: JudgeChoice, **options: Any) -> None:
    """Serve reviews to coding agents and editors by the Model Context Protocol, over stdio.

    Tools: review, findings, questions, ask. They read designs under --root and write nothing
    there. Needs the extra `mcp`: pip install 'archreview[mcp]'.
    """
    if not root.is_dir():
        raise InputError("is not a folder", where=root, todo="name an existing one with --root")
    options |= {"knowledge": options["knowledge"] or None}
    options |= {"ephemeral": True if options["workspace"] is None else None}
    settings = load_settings(**options)
    _serve(root, settings, judge)


def _serve(root: Path, settings: Settings, judge: JudgeChoice) -> None:
    """Run until the client closes the connection."""
    try:
        from copilot.mcp.server import build_server
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("mcp", "mcp_types"):
            raise
        what = "the server needs the SDK of the Model Context Protocol"
        raise InputError(what, todo="pip install 'archreview[mcp]'") from error
    online = judge == "model" or (judge != "offline" and settings.model is not None)
    server = build_server(Session(root, settings, judge), online=online)
    server.run("stdio")
