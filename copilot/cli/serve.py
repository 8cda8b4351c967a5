"""`archreview serve`: the terminal application in a web browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from copilot.cli.model_options import model_options


@click.command("serve")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--public",
    is_flag=True,
    help="Allow a --host that others can reach; needs a token in ARCHREVIEW_SERVE_TOKEN.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    help="Host name under which the page is reached, such as that of a proxy; may be repeated.",
)
@click.option(
    "--judge",
    type=click.Choice(["auto", "offline", "model"]),
    default="auto",
    show_default=True,
    help="Who judges; auto is the offline judge unless a model is configured.",
)
@model_options
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps everything.")
@click.option("--ephemeral", is_flag=True, default=None, help="Keep nothing after a session.")
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one.",
)
def command(
    paths: tuple[Path, ...],
    host: str,
    port: int,
    public: bool,
    names: tuple[str, ...],
    **options: Any,
) -> None:
    """Serve the terminal application to a browser; each visitor gets a session of its own.

    It listens on this machine alone. Any other address shows your designs to the network and lets
    visitors write files in your name, so it takes --public and a token that every request must
    show. The traffic is not encrypted: let a proxy do that, and name it with --name.
    """
    from copilot.tui.browser.start import TOKEN, address, make_server

    token = os.environ.pop(TOKEN, "")
    arguments = [*_arguments(options), "--", *map(str, paths)]
    server = make_server(arguments, host, port, public=public, token=token, names=names)
    click.echo(f"archreview serves on {address(host, port, token)} (Ctrl-C ends it)", err=True)
    if public:
        click.echo("The traffic is not encrypted: put a proxy with TLS in front of it.", err=True)
    server.serve()


def _arguments(options: dict[str, Any]) -> list[str]:
    """The options as `archreview tui` takes them."""
    given: list[str] = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, tuple):
            given += [part for each in value for part in (option, str(each))]
        elif isinstance(value, bool):
            given.append(option if value else f"--no-{name}")
        elif value is not None:
            given += [option, str(value)]
    return given
