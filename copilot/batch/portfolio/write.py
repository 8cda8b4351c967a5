"""Writes the portfolio of a folder: the page and the tables, each replaced whole."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from copilot.batch.portfolio.build import build_portfolio
from copilot.batch.portfolio.page import render_page
from copilot.batch.portfolio.records import Portfolio
from copilot.batch.portfolio.tables import columns, table, to_csv, to_jsonl, to_parquet
from copilot.files import write_atomically
from copilot.knowledge import Knowledge


def write_portfolio(
    folder: Path, knowledge: Knowledge, known: Mapping[str, bytes] | None = None
) -> Portfolio:
    """Build the portfolio from the folder's JSON reports and write every form of it.

    `known` gives the `brief_json` of reports by their stem. Parquet is written where pyarrow is
    installed. Raises InputError.
    """
    portfolio = build_portfolio(folder, knowledge, known)
    rows = table(portfolio, knowledge)
    write_atomically(folder / "portfolio.jsonl", to_jsonl(rows))
    write_atomically(folder / "portfolio.csv", to_csv(rows))
    if importlib.util.find_spec("pyarrow") is not None:
        write_atomically(folder / "portfolio.parquet", to_parquet(rows, columns(knowledge)))
    write_atomically(folder / "index.html", render_page(portfolio, knowledge, folder))
    return portfolio
