"""The portfolio as tables for notebooks: one row for each design, the same columns in each form.

jsonl     one object a line
csv       with a header; a text that a spreadsheet would run as a formula gets a quote before it
parquet   with types (needs the extra `parquet`)
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from copilot.batch.portfolio.records import DesignRow, Portfolio
from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.reports.safe import printable
from copilot.schema import Severity

Cell = str | int | float | None
Table = list[dict[str, Cell]]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""A spreadsheet takes a cell that begins with one of these for a formula or a command."""


def table(portfolio: Portfolio, knowledge: Knowledge) -> Table:
    """One row for each design, then for each that failed; every row has every column."""
    rows = [_row(design, knowledge) for design in portfolio.designs]
    empty: dict[str, Cell] = dict.fromkeys(columns(knowledge))
    return rows + [
        empty | {"path": failed.path, "state": "failed", "reason": failed.reason}
        for failed in portfolio.failed
    ]


def columns(knowledge: Knowledge) -> list[str]:
    """Names of the columns in their order."""
    return [
        *("path", "state", "reason", "title", "report", "same_as", "words", "judge", "score"),
        *(f"findings_{severity.value}" for severity in Severity),
        *("unjudged", "technologies"),
        *("change_score", "change_new", "change_resolved", "change_regressed"),
        *(f"score_{dimension.id}" for dimension in knowledge.dimensions),
        *(f"status_{aspect}" for aspect in knowledge.aspects),
    ]


def _row(design: DesignRow, knowledge: Knowledge) -> dict[str, Cell]:
    change = design.change
    row: dict[str, Cell] = {
        "path": design.path,
        "state": "reviewed",
        "reason": "",
        "title": design.title,
        "report": design.stem,
        "same_as": design.same_as,
        "words": design.words,
        "judge": design.judge,
        "score": design.score,
        "unjudged": design.unjudged,
        "technologies": " ".join(design.technologies),
        "change_score": change.score if change else None,
        "change_new": change.new if change else None,
        "change_resolved": change.resolved if change else None,
        "change_regressed": change.regressed if change else None,
    }
    row |= {f"findings_{s.value}": design.severities.get(s, 0) for s in Severity}
    row |= {f"score_{name}": share for name, share in design.dimensions.items()}
    row |= {f"status_{aspect}": status.value for aspect, status in design.statuses.items()}
    return {name: row.get(name) for name in columns(knowledge)}


def to_jsonl(rows: Table) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows).encode()


def to_csv(rows: Table) -> bytes:
    """Comma-separated UTF-8 with a header, safe to open in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(rows[0] if rows else [])
    writer.writerows([_safe(value) for value in row.values()] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _safe(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def to_parquet(rows: Table, names: Sequence[str]) -> bytes:
    """Typed columns; raises InputError where pyarrow is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        todo = "pip install 'archreview[parquet]'"
        raise InputError("pyarrow is not installed, so no Parquet is written", todo=todo) from error
    arrays = [pyarrow.array([row[name] for row in rows], _type(name, pyarrow)) for name in names]
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=list(names)), sink)
    return sink.getvalue()


def _type(name: str, pyarrow: object) -> object:
    whole = name.startswith("findings_") or name in (
        *("words", "unjudged", "change_new", "change_resolved", "change_regressed"),
    )
    share = name.startswith("score") or name == "change_score"
    kind = "int64" if whole else "float64" if share else "string"
    return getattr(pyarrow, kind)()
