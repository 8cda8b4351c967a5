"""The portfolio as one HTML file that needs nothing else: no network, no server, no fonts.

The page forbids itself everything but its own style and script (`default-src 'none'` with their
hashes), and every value is escaped. Links lead to the reports beside it.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from copilot.batch.portfolio.records import DesignRow, Portfolio
from copilot.batch.records import REPORTS
from copilot.knowledge import Knowledge
from copilot.reports.safe import printable
from copilot.schema import Severity, Status

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent
WORST = 10
"""Designs in the list of the worst."""
GAPS = 15
"""Gaps in the list of the commonest."""
SHARERS = 40
"""Designs that a gap or technology names; the rest are counted."""
LETTERS = {
    Status.ADDRESSED: "a",
    Status.PARTIAL: "p",
    Status.MISSING: "m",
    Status.NOT_APPLICABLE: "n",
    Status.UNJUDGED: "u",
}
"""How a status stands in a cell of the heat map, beside its colour."""


def render_page(portfolio: Portfolio, knowledge: Knowledge, folder: Path) -> str:
    """The page of a portfolio that will lie in `folder`."""
    style, script = _read("portfolio.css"), _read("portfolio.js")
    links = {d.path: link for d in portfolio.designs if (link := _link(d, folder))}
    return (
        _environment()
        .get_template("portfolio.html.j2")
        .render(
            portfolio=portfolio,
            knowledge=knowledge,
            links=links,
            severities=list(Severity),
            totals=_totals(portfolio.designs),
            worst=[d for d in portfolio.designs if d.worst][:WORST],
            gaps=portfolio.gaps[:GAPS],
            changed=[d for d in portfolio.designs if d.change],
            letters=LETTERS,
            sharers=SHARERS,
            status=Status,
            percent=_percent,
            step=_step,
            style=_trusted(style),
            script=_trusted(script),
            policy=_policy(style, script),
        )
    )


def _link(design: DesignRow, folder: Path) -> str:
    """Address of the design's best report, relative to the page; empty when there is none."""
    if not design.forms:
        return ""
    name = quote(f"{design.stem}{design.forms[0]}", safe="")
    return f"{REPORTS}/{name}" if (folder / REPORTS).is_dir() else name


def _totals(designs: tuple[DesignRow, ...]) -> Mapping[Severity, int]:
    return {s: sum(design.severities.get(s, 0) for design in designs) for s in Severity}


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _step(share: float | None) -> int:
    """0 (worst) to 4 (best): the colour of a score; -1 where there is none."""
    return -1 if share is None else min(4, int(share * 5))


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _trusted(text: str) -> Any:
    """Our own style or script, which is not escaped."""
    from markupsafe import Markup

    return Markup(text)


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    """Escapes every value, and writes control characters of names and titles out."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
