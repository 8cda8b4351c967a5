"""`archreview schema`: the contract of the review JSON."""

from __future__ import annotations

import click

from copilot.reports.formats import render_schema


@click.command("schema")
def command() -> None:
    """Print the JSON Schema (draft 2020-12) of `archreview review --format json`."""
    click.echo(render_schema(), nl=False)
