"""The portfolio: what it counts, and that nothing a design holds acts on its reader."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path

import pytest
from build import make_review, make_row

from copilot.batch.portfolio.build import brief_json, build_portfolio
from copilot.batch.portfolio.tables import columns, table, to_csv, to_jsonl, to_parquet
from copilot.batch.portfolio.write import write_portfolio
from copilot.batch.records import Batch, Row, save_batch
from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.reports.formats import render_json
from copilot.review.saved import load_review
from copilot.schema import Status

HOSTILE = '=HYPERLINK("http://evil")<script>alert(1)</script>\x1b[31m'


def folder_of(
    knowledge: Knowledge, missing: dict[str, tuple[str, ...]], failed: tuple[str, ...] = ()
) -> Path:
    """A batch's folder: design -> the aspects that it is silent about."""
    folder = Path("out")
    (folder / "reports").mkdir(parents=True)
    rows = []
    for number, (path, aspects) in enumerate(missing.items()):
        review = make_review(
            knowledge, {a: make_row(a, Status.MISSING) for a in aspects}, title=f"{path}{HOSTILE}"
        )
        stem = f"design-{number}"
        (folder / "reports" / f"{stem}.json").write_text(render_json(review))
        (folder / "reports" / f"{stem}.html").write_text("<p>report</p>")
        rows.append(Row(path=path, state="reviewed", stem=stem, technologies=("kubernetes",)))
    rows += [Row(path=path, state="failed", reason="is empty") for path in failed]
    save_batch(Batch(designs=tuple(rows)), folder)
    return folder


def test_designs_stand_worst_first_and_gaps_with_the_designs_that_share_them(
    knowledge: Knowledge,
) -> None:
    one, two, three = list(knowledge.aspects)[:3]
    folder = folder_of(knowledge, {"a.md": (one,), "b.md": (one, two), "c.md": ()}, ("d.md",))
    portfolio = build_portfolio(folder, knowledge)
    assert portfolio.designs[-1].path == "c.md"
    assert portfolio.designs[-1].score == 1.0
    assert portfolio.designs[-1].worst is None
    assert [(gap.aspect, set(gap.missing)) for gap in portfolio.gaps] == [
        (one, {"a.md", "b.md"}),
        (two, {"b.md"}),
    ]
    assert three not in {gap.aspect for gap in portfolio.gaps}
    assert [(t.id, len(t.designs)) for t in portfolio.technologies] == [("kubernetes", 3)]
    assert [(row.path, row.reason) for row in portfolio.failed] == [("d.md", "is empty")]
    aspects = len(knowledge.aspects)
    score = {design.path: design.score for design in portfolio.designs}
    assert score["b.md"] == pytest.approx((aspects - 2) / aspects, abs=1e-4)


def test_a_report_that_cannot_be_read_is_listed_and_the_rest_is_counted(
    knowledge: Knowledge,
) -> None:
    folder = folder_of(knowledge, {"a.md": (), "b.md": ()})
    (folder / "reports/design-0.json").write_text('{"cut short": ')
    portfolio = build_portfolio(folder, knowledge)
    assert [design.path for design in portfolio.designs] == ["b.md"]
    assert "is not whole JSON" in portfolio.failed[0].reason


def test_reports_that_are_known_are_not_read_again(knowledge: Knowledge) -> None:
    folder = folder_of(knowledge, {"a.md": tuple(knowledge.aspects)[:3], "b.md": ()})
    read = build_portfolio(folder, knowledge)
    known = {}
    for path in (folder / "reports").glob("*.json"):
        known[path.stem] = brief_json(load_review(path), knowledge)
        path.write_text("no longer a report")
    assert build_portfolio(folder, knowledge, known) == read


def test_a_folder_of_json_reports_without_a_batch_has_a_portfolio_too(knowledge: Knowledge) -> None:
    folder = folder_of(knowledge, {"a.md": (), "b.md": ()})
    (folder / "batch.json").unlink()
    assert len(build_portfolio(folder, knowledge).designs) == 2
    with pytest.raises(InputError, match="holds no reviews"):
        Path("empty").mkdir()
        build_portfolio(Path("empty"), knowledge)


def test_the_page_escapes_everything_and_reaches_for_nothing(knowledge: Knowledge) -> None:
    folder = folder_of(knowledge, {'<img src=x onerror="alert(2)">.md': tuple(knowledge.aspects)})
    write_portfolio(folder, knowledge)
    page = (folder / "index.html").read_text("utf-8")
    assert "<script>alert" not in page and "<img" not in page and "\x1b" not in page
    assert "default-src 'none'" in html.unescape(page)
    assert page.count("<script>") == 1
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:|//)", page)
    assert 'href="reports/design-0.html"' in page


def test_the_tables_hold_the_same_rows_and_no_formula(knowledge: Knowledge) -> None:
    one = next(iter(knowledge.aspects))
    folder = folder_of(knowledge, {"=cmd|' /C calc'!A0": (one,), "b.md": ()}, ("-1+1.md",))
    rows = table(build_portfolio(folder, knowledge), knowledge)
    lines = [json.loads(line) for line in to_jsonl(rows).splitlines()]
    assert lines == rows
    assert lines[0]["path"] == "=cmd|' /C calc'!A0"
    read = list(csv.DictReader(io.StringIO(to_csv(rows).decode())))
    assert [row["path"] for row in read] == ["'=cmd|' /C calc'!A0", "b.md", "'-1+1.md"]
    assert all(not value.startswith(("=", "-", "+", "@")) for row in read for value in row.values())
    assert read[0][f"status_{one}"] == "missing"
    assert list(read[0]) == columns(knowledge)


def test_the_parquet_has_types_and_the_same_rows(knowledge: Knowledge) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = folder_of(knowledge, {"a.md": (), "b.md": ()}, ("c.md",))
    rows = table(build_portfolio(folder, knowledge), knowledge)
    read = parquet.read_table(io.BytesIO(to_parquet(rows, columns(knowledge))))
    assert read.num_rows == 3
    assert str(read.schema.field("score").type) == "double"
    assert str(read.schema.field("findings_high").type) == "int64"
    assert read.column("score").to_pylist() == [1.0, 1.0, None]


def test_a_design_that_changed_is_compared_with_the_run_before(knowledge: Knowledge) -> None:
    one, two, three = list(knowledge.aspects)[:3]
    folder = folder_of(knowledge, {"old.md": (one, two), "new.md": (two, three)})
    row = Row(path="new.md", state="reviewed", stem="design-1", previous="design-0")
    save_batch(Batch(designs=(row,)), folder)
    change = build_portfolio(folder, knowledge).designs[0].change
    assert change is not None
    assert (change.resolved, change.new + change.regressed, change.open) == (1, 1, 1)
    assert change.score == 0.0
