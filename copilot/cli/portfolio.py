"""`archreview portfolio`: the overview of a batch, built anew from its reports."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("portfolio")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--knowledge",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this knowledge folder over the bundled one.",
)
def command(folder: Path, knowledge: tuple[Path, ...]) -> None:
    """Build the portfolio of DIR anew: index.html, portfolio.csv, .jsonl and .parquet.

    DIR is the --out of a batch, or any folder of JSON reports.
    """
    from copilot.batch.portfolio.write import write_portfolio
    from copilot.knowledge import load_knowledge
    from copilot.reports.safe import one_line

    portfolio = write_portfolio(folder, load_knowledge(knowledge))
    if portfolio.failed:
        click.echo(f"archreview: {len(portfolio.failed):,} without a readable report", err=True)
    click.echo(portfolio.headline)
    click.echo(f"portfolio: {one_line(str(folder / 'index.html'))}")
