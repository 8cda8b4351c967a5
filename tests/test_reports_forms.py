"""Every form of a report carries the same findings, and opens in a reader that is not ours."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from browser import Opened, chromium, need
from build import make_citation, make_document, make_review, make_row

from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.reports.csv_table import inert
from copilot.reports.formats import FORMS
from copilot.reports.safe import printable
from copilot.review.engine import make_engine
from copilot.schema import Coverage, Nearest, Review, Searched, Spending, Status, Usage
from copilot.settings import load_settings
from evals.bench.reports import finished

SOFFICE = Path("/usr/bin/soffice")
CALC = Path("/usr/lib/libreoffice/program/libsclo.so")
SCHEMA = Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json"
FORMULAS = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\n=1+1",
    "＝1+1",
    "http://evil.example",
    "12",
)
TEXT = "# Design\n\nNothing.\n\nthree replicas run and more\n" + "\n".join(FORMULAS)


def searched(query: str) -> Searched:
    near = Nearest(
        passage="p1", file="design.md", line_start=3, line_end=5, heading=("Design",), score=1,
        similarity=0.31,
    )  # fmt: skip
    return Searched(queries=(query,), nearest=(near,), share_read=1)


def rows() -> dict[str, Coverage]:
    start = TEXT.index("three")
    cited = make_citation("three replicas run", start)
    aspects = ("resources.cost", "risk.reliability", "risk.scalability", "security.audit")
    found = {
        aspect: make_row(aspect, Status.PARTIAL, make_citation(formula, TEXT.index(formula)), cited)
        for aspect, formula in zip(aspects, FORMULAS, strict=False)
    }
    found["security.encryption"] = make_row(
        "security.encryption", Status.MISSING, searched=searched(FORMULAS[0])
    )
    found["resources.energy"] = make_row(
        "resources.energy", Status.PARTIAL, make_citation("made up", verified=False), cited
    )
    found["security.compliance"] = make_row(
        "security.compliance", Status.UNJUDGED, rationale="=it timed out"
    )
    found["risk.latency-throughput"] = make_row("risk.latency-throughput", Status.NOT_APPLICABLE)
    return found


@pytest.fixture(scope="module")
def review(knowledge: Knowledge) -> Review:
    return make_review(knowledge, rows(), title=FORMULAS[0])


TOLD = sorted(name for name, form in FORMS.items() if not form.needs_document)
"""Forms that tell a review alone; those made of the author's file have tests of their own."""


@pytest.fixture(scope="module")
def reports(review: Review, knowledge: Knowledge) -> dict[str, bytes]:
    """Every form of the review that can be written of a Markdown design."""
    document = make_document(TEXT)
    return {name: FORMS[name].render(review, knowledge, document) for name in TOLD}


# --- parity ---------------------------------------------------------------------------------------

Read = Callable[[bytes], set[tuple[str, str]]]


def from_json(data: bytes) -> set[tuple[str, str]]:
    return {(f["fingerprint"], f["severity"]) for f in json.loads(data)["findings"]}


def from_html(data: bytes) -> set[tuple[str, str]]:
    return set(
        re.findall(r'<article class="finding" id="f-(\w+)" data-severity="(\w+)"', data.decode())
    )


def from_markdown(data: bytes) -> set[tuple[str, str]]:
    found = re.findall(r"^### .*\((\w+)\)\n\n.*fingerprint `(\w+)`", data.decode(), re.M)
    return {(fingerprint, severity) for severity, fingerprint in found}


def from_sarif(data: bytes) -> set[tuple[str, str]]:
    (run,) = json.loads(data)["runs"]
    return {
        (result["partialFingerprints"]["archreview/v1"], result["properties"]["severity"])
        for result in run["results"]
    }


def from_junit(data: bytes) -> set[tuple[str, str]]:
    return {
        (str(failure.text).rsplit("Fingerprint: ", 1)[1], failure.attrib["message"].split(":")[0])
        for failure in ET.fromstring(data).iter("failure")
    }


def from_csv(data: bytes) -> set[tuple[str, str]]:
    table = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return {(row["fingerprint"], row["severity"]) for row in table}


def from_xlsx(data: bytes) -> set[tuple[str, str]]:
    head, *body = openpyxl.load_workbook(io.BytesIO(data))["Findings"].iter_rows(values_only=True)
    table = [dict(zip(head, row, strict=True)) for row in body]
    return {(str(row["fingerprint"]), str(row["severity"])) for row in table}


READ: dict[str, Read] = {
    "json": from_json,
    "html": from_html,
    "md": from_markdown,
    "sarif": from_sarif,
    "junit": from_junit,
    "csv": from_csv,
    "xlsx": from_xlsx,
}


@pytest.mark.parametrize("form", TOLD)
def test_every_form_carries_every_finding_with_its_severity(
    form: str, reports: dict[str, bytes], review: Review
) -> None:
    expected = {(f.fingerprint, f.severity.value) for f in review.findings}
    if form in READ:
        assert READ[form](reports[form]) == expected
    else:  # made for reading: titles and severities in order
        text = " ".join(reports[form].decode().split())
        at = 0
        for finding in review.findings:
            at = text.index(finding.title, at)
            assert finding.severity.value.upper() in text[max(0, at - 40) : at]


@pytest.mark.parametrize("form", sorted(READ))
def test_a_finding_that_is_left_out_would_be_noticed(
    form: str, reports: dict[str, bytes], review: Review, knowledge: Knowledge
) -> None:
    short = review.model_copy(update={"findings": review.findings[1:]})
    data = FORMS[form].render(short, knowledge, None)
    assert READ[form](reports[form]) - READ[form](data) == {
        (review.findings[0].fingerprint, review.findings[0].severity.value)
    }


@pytest.mark.parametrize("form", TOLD)
def test_the_same_review_gives_the_same_bytes(
    form: str, reports: dict[str, bytes], review: Review, knowledge: Knowledge
) -> None:
    assert FORMS[form].render(review, knowledge, make_document(TEXT)) == reports[form]


# --- SARIF ----------------------------------------------------------------------------------------


def sarif(data: bytes) -> Any:
    log = json.loads(data)
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(log)
    (run,) = log["runs"]
    return run


def test_sarif_is_valid_and_points_at_the_lines_of_the_quote(
    reports: dict[str, bytes], review: Review
) -> None:
    run = sarif(reports["sarif"])
    by_print = {r["partialFingerprints"]["archreview/v1"]: r for r in run["results"]}
    for finding in review.findings:
        result = by_print[finding.fingerprint]
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] == finding.aspect
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        (place,) = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "design.md"
        cited = [c for c in finding.citations if c.verified]
        region = place["physicalLocation"]["region"]
        assert region["startLine"] == (cited[0].line_start if cited else 1)
        if cited:
            assert region["endLine"] == cited[0].line_end
        assert result["message"]["text"].startswith(finding.title)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "timed out" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_scores_security_alone_as_security(reports: dict[str, bytes]) -> None:
    rules = sarif(reports["sarif"])["tool"]["driver"]["rules"]
    assert len(rules) == 31
    for rule in rules:
        score = rule["properties"].get("security-severity")
        secure = "security" in rule["properties"]["tags"]
        assert (score is not None) == secure
        assert score is None or 0 < float(score) <= 10
        assert len(rule["fullDescription"]["text"]) <= 1024


def test_sarif_gives_no_lines_where_an_editor_shows_none(
    review: Review, knowledge: Knowledge
) -> None:
    paged = [
        f.model_copy(
            update={
                "citations": tuple(
                    c.model_copy(update={"file": "a b.pdf", "page": 7}) for c in f.citations
                )
            }
        )
        for f in review.findings
    ]
    info = review.document.model_copy(update={"path": "a b.pdf", "files": ("a b.pdf",)})
    made = review.model_copy(update={"document": info, "findings": tuple(paged)})
    results = sarif(FORMS["sarif"].render(made, knowledge, None))["results"]
    places = [place for result in results for place in result["locations"]]
    assert all("region" not in place["physicalLocation"] for place in places)
    assert {p["physicalLocation"]["artifactLocation"]["uri"] for p in places} == {"a%20b.pdf"}
    assert any("page 7" in place.get("message", {}).get("text", "") for place in places)


def test_sarif_paths_start_at_the_repository(
    review: Review, knowledge: Knowledge, tmp_path: Path
) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    path = tmp_path / "repo" / "docs" / "design.md"
    info = review.document.model_copy(update={"path": str(path), "files": (str(path),)})
    made = review.model_copy(update={"document": info})
    run = sarif(FORMS["sarif"].render(made, knowledge, None))
    assert [a["location"]["uri"] for a in run["artifacts"]] == ["docs/design.md"]


def test_sarif_names_a_design_outside_in_full_and_doubles_braces(
    review: Review, knowledge: Knowledge
) -> None:
    info = review.document.model_copy(update={"path": "../x.md", "files": ("../x.md",)})
    first = review.findings[0].model_copy(update={"what": "PUT /models/{id} is open."})
    made = review.model_copy(update={"document": info, "findings": (first,)})
    run = sarif(FORMS["sarif"].render(made, knowledge, None))
    (artifact,) = run["artifacts"]
    assert artifact["location"]["uri"] == (Path.cwd().parent / "x.md").as_uri()
    assert artifact["properties"] == {"designTextSha256": info.digest}
    assert "PUT /models/{{id}} is open." in run["results"][0]["message"]["text"]


def test_several_designs_make_one_sarif_run(review: Review, knowledge: Knowledge) -> None:
    join = FORMS["sarif"].join
    assert join
    assert len(sarif(join([review, review], knowledge))["results"]) == 2 * len(review.findings)


# --- JUnit ----------------------------------------------------------------------------------------


def test_junit_has_a_case_for_each_aspect_and_counts_what_it_holds(
    reports: dict[str, bytes], review: Review
) -> None:
    (suite,) = ET.fromstring(reports["junit"])
    assert len(suite) == int(suite.attrib["tests"]) == len(review.coverage) == 30
    failed = {f.aspect for f in review.findings} | {a for f in review.findings for a in f.also}
    assert int(suite.attrib["failures"]) == len(failed)
    assert (suite.attrib["errors"], suite.attrib["skipped"]) == ("1", "1")
    assert "timed out" in suite.find("testcase/error").attrib["message"]  # type: ignore[union-attr]


@pytest.mark.parametrize("form", sorted({*TOLD} - {"json"}))
def test_characters_that_no_file_or_no_xml_can_hold_break_no_form(
    form: str, review: Review, knowledge: Knowledge
) -> None:
    odd = review.findings[0].model_copy(update={"what": "half a pair \ud83d, \ufffe and \uffff"})
    hostile = review.model_copy(update={"findings": (odd, *review.findings[1:])})
    data = FORMS[form].render(hostile, knowledge, None)
    assert form == "text" or READ[form](data) == READ[form](
        FORMS[form].render(review, knowledge, None)
    )


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS[:9])
def test_a_formula_becomes_text(text: str) -> None:
    assert inert(text) == f"'{text}"
    assert inert(f"the {text}") == f"the {text}"


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    assert inert(-1.5) == -1.5
    assert inert("a = b") == "a = b"


def test_csv_is_rfc_4180_and_no_cell_of_it_is_a_formula(reports: dict[str, bytes]) -> None:
    data = reports["csv"]
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    assert len({len(row) for row in table}) == 1
    cells = [cell for row in table for cell in row]
    assert not [c for c in cells if c.lstrip().startswith(("=", "+", "-", "@"))]
    assert any("HYPERLINK" in cell for cell in cells)


def test_no_cell_of_the_workbook_is_a_formula_a_link_or_a_number_by_accident(
    reports: dict[str, bytes], review: Review
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(reports["xlsx"]))
    assert book.sheetnames == ["Scorecard", "Findings", "Coverage", "Questions"]
    assert [book[name].max_row - 1 for name in book.sheetnames] == [
        9,
        len(review.findings),
        30,
        len(review.questions),
    ]
    for sheet in book:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert not [cell for cell in cells if cell.hyperlink]
    quotes = [row[14].value for row in book["Findings"].iter_rows(min_row=2)]
    assert any(str(quote).startswith("=HYPERLINK") for quote in quotes)


def test_libreoffice_opens_workbook_and_csv_and_evaluates_nothing(
    reports: dict[str, bytes], review: Review, tmp_path: Path
) -> None:
    need(CALC)
    (tmp_path / "book.xlsx").write_bytes(reports["xlsx"])
    (tmp_path / "table.csv").write_bytes(reports["csv"])
    out = tmp_path / "out"
    done = subprocess.run(
        [
            str(SOFFICE), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
            "--convert-to", 'html:HTML (StarCalc)', "--outdir", str(out),
            str(tmp_path / "book.xlsx"), str(tmp_path / "table.csv"),
        ],
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("book.html", "table.html"):
        page = html.unescape((out / name).read_text("utf-8", errors="replace"))
        assert all(finding.fingerprint in page for finding in review.findings)
        assert "HYPERLINK(" in page
        assert 'href="http://evil' not in page.lower()


# --- a real design --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["24-flytepropeller-horizontal-scaling-rfc.md"])
def test_a_real_design_opens_in_every_form_in_a_reader_that_is_not_ours(
    name: str, benchmark: Path, tmp_path: Path
) -> None:
    engine = make_engine(load_settings(ephemeral=True), "offline")
    one = asyncio.run(finished(benchmark / "dev" / "designs" / name, engine))
    expected = {(f.fingerprint, f.severity.value) for f in one.review.findings}
    assert expected
    for form, read in READ.items():
        data = FORMS[form].render(one.review, engine.knowledge, one.document)
        assert read(data) == expected, form
        (tmp_path / form).write_bytes(data)
    sarif((tmp_path / "sarif").read_bytes())
    text = one.document.text if one.document else ""
    page = tmp_path / "report.html"
    page.write_bytes((tmp_path / "html").read_bytes())
    with chromium() as browser:
        opened = Opened(browser, page)
        shown = opened.page.locator(".l").evaluate_all("all => all.map(l => l.textContent)")
        assert "\n".join(shown) == printable(text)
        assert opened.surprises == []
        assert opened.page.locator(".finding:visible").count() == len(expected)


# --- several designs, no findings, no document ----------------------------------------------------


@pytest.mark.parametrize("form", [name for name, form in FORMS.items() if form.join])
def test_one_file_of_several_reviews_holds_them_all(
    form: str, review: Review, knowledge: Knowledge
) -> None:
    info = review.document.model_copy(update={"path": "other.md"})
    join = FORMS[form].join
    assert join
    both = join([review, review.model_copy(update={"document": info})], knowledge)
    alone = FORMS[form].render(review, knowledge, None)
    assert len(both) > len(alone)
    if form not in ("xlsx",):
        assert b"other.md" in both
        assert b"other.md" not in alone


def test_what_a_model_wrote_into_the_cache_stands_beside_what_was_cached(
    knowledge: Knowledge,
) -> None:
    part = Spending(dimension="risk", prompt_tokens=9622, cached_tokens=1111, written_tokens=8006)
    usage = Usage(cached_tokens=1111, written_tokens=8006, by_dimension=(part,))
    review = make_review(knowledge, {}).model_copy(update={"usage": usage})
    markdown = FORMS["md"].render(review, knowledge, None).decode()
    assert "(1,111 cached, 8,006 written to the cache)" in markdown
    lines = markdown.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| dimension | calls"))
    head, rule, row = ([c.strip() for c in line.split("|")] for line in lines[start : start + 3])
    assert len(head) == len(rule) == len(row)
    assert row[head.index("written to cache")] == "8006"
    page = FORMS["html"].render(review, knowledge, make_document(TEXT)).decode()
    assert '<th scope="col">written to cache</th>' in page
    assert "<td>1111</td><td>8006</td>" in page


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_review_without_findings_has_a_report(form: str, knowledge: Knowledge) -> None:
    clean = make_review(knowledge, {})
    assert clean.findings == ()
    document = make_document("# A design\n\nthree replicas run\n")
    try:
        data = FORMS[form].render(clean, knowledge, document)
    except InputError:
        return  # a form that needs the author's own file
    assert data
    if form in READ:
        assert READ[form](data) == set()
