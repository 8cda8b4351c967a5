"""`archreview tui`: the terminal application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copilot.cli.model_options import model_options
from copilot.errors import ExitCode


@click.command("tui")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--judge",
    type=click.Choice(["auto", "offline", "model"]),
    default="auto",
    show_default=True,
    help="Who judges; auto is the offline judge unless a model is configured.",
)
@model_options
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps everything.")
@click.option("--ephemeral", is_flag=True, default=None, help="Keep nothing after the end.")
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one.",
)
def command(paths: tuple[Path, ...], judge: str, **options: Any) -> int:
    """Review designs, read findings beside the text, decide what becomes of them.

    PATHS are designs to list: files, or folders whose files are listed. Without any, the
    workspace's own list opens. Press ? for the keys.
    """
    from copilot.tui.app import ArchReview
    from copilot.tui.session import Session

    given = {**options, "knowledge": options["knowledge"] or None}
    app = ArchReview(Session(options=given, judge=judge, paths=paths))
    app.run()
    return app.return_code or ExitCode.OK
