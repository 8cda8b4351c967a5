"""`archreview report`, and where reports go: one line and exit code 2 for what cannot be done."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from build import make_citation, make_review, make_row

from copilot.cli.main import main
from copilot.documents.load import load_document
from copilot.knowledge import Knowledge
from copilot.reports.formats import FORMS
from copilot.schema import Review, Status

TEXT = "# Design\n\nthree replicas run\n"

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def archreview(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Run the command in this process: exit code, stdout, stderr."""

    def call(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["archreview", *map(str, args)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capfd.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


@pytest.fixture
def design(tmp_path: Path) -> Path:
    path = tmp_path / "design.md"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def review(design: Path, knowledge: Knowledge) -> Review:
    cited = make_citation("three replicas run", TEXT.index("three"))
    row = make_row("resources.cost", Status.PARTIAL, cited)
    made = make_review(knowledge, {"resources.cost": row})
    digest = load_document(design).digest
    info = made.document.model_copy(update={"digest": digest, "path": "design.md"})
    return made.model_copy(update={"document": info})


@pytest.fixture
def saved(tmp_path: Path, review: Review) -> Path:
    path = tmp_path / "review.json"
    path.write_text(review.model_dump_json(), "utf-8")
    return path


def refused(result: tuple[int, str, str], *said: str) -> None:
    """One line on stderr that says these things, nothing on stdout, exit code 2."""
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("archreview: ")
    assert err.count("\n") == 1
    assert all(part in err for part in said), err


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_saved_review_is_written_in_every_form_without_judging(
    form: str, archreview: Call, saved: Path, review: Review, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    code, out, _ = archreview("report", saved, "--format", form, "--out", tmp_path / "out")
    assert (code, out) == (0, "")
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == "design" + FORMS[form].suffix_for(review)
    assert file.stat().st_size > 500


def test_the_page_holds_the_document_that_was_reviewed(
    archreview: Call, saved: Path, tmp_path: Path
) -> None:
    code, out, err = archreview("report", saved, "--format", "html")
    assert (code, err) == (0, "")
    assert 'mark data-c="1"' in out


def test_a_changed_or_missing_document_is_left_out_and_told(
    archreview: Call, saved: Path, design: Path
) -> None:
    for damage, said in (
        (lambda: design.write_text(TEXT + "More.\n", "utf-8"), "has changed since it was reviewed"),
        (design.unlink, "does not exist"),
    ):
        damage()
        code, out, err = archreview("report", saved, "--format", "html")
        assert code == 0
        assert err.count("\n") == 1
        assert said in err
        assert "text is not part of this report" in out
        assert 'mark data-c="1"' not in out
    assert archreview("report", saved, "--format", "html", "--quiet")[2] == ""


def test_the_document_is_found_beside_the_review(
    archreview: Call, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, out, err = archreview("report", saved, "--format", "html")
    assert (code, err) == (0, "")
    assert 'mark data-c="1"' in out


def edited(path: Path, change: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text("utf-8"))
    change(data)
    path.write_text(json.dumps(data), "utf-8")


@pytest.mark.parametrize("form", ["html", "xlsx"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.update(schema_version="2.0"), "review schema '2.0'"),
        (lambda data: data["findings"][0].pop("title"), "findings.0.title"),
        (lambda data: data["findings"][0].update(aspect="no.such"), "unknown aspect 'no.such'"),
        (lambda data: data["coverage"].pop(), "29 rows of coverage"),
        (lambda data: data["findings"][0].update(confidence=7), "findings.0.confidence"),
        (lambda data: data["findings"][0].update(dimension="x"), "unknown dimension 'x'"),
        (lambda data: data["findings"][0].update(fingerprint="\x1b[2J"), "findings.0.fingerprint"),
        (lambda data: data["manifest"].update(created="yesterday"), "manifest.created"),
        (lambda data: data["manifest"].update(created="2026-01-01T00:00:00"), "no offset"),
    ],
)
def test_an_edited_review_is_refused_before_anything_is_written(
    archreview: Call, saved: Path, tmp_path: Path, form: str, change: Any, said: str
) -> None:
    edited(saved, change)
    before = sorted(tmp_path.rglob("*"))
    refused(archreview("report", saved, "--format", form, "--out", "new.out"), str(saved), said)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"findings": []}', "\ud800", "9" * 5000, None])
def test_what_is_no_review_is_refused(
    archreview: Call, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "review.json"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
    refused(archreview("report", path, "--format", "csv"), "review.json")


@pytest.mark.parametrize("command", ["report", "review"])
def test_an_unknown_form_is_one_line(archreview: Call, saved: Path, command: str) -> None:
    refused(archreview(command, saved, "--format", "powerpoint"), "powerpoint", "sarif", "--help")


@pytest.mark.parametrize("out", ["no/such/report.html", "review.json/report.html"])
def test_an_output_that_cannot_be_written_is_one_line(
    archreview: Call, saved: Path, out: str
) -> None:
    refused(archreview("report", saved, "--format", "html", "--out", out), "no such folder")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux' /proc")
def test_a_folder_that_takes_no_files_is_one_line(archreview: Call, saved: Path) -> None:
    refused(archreview("report", saved, "--format", "html", "--out", "/proc/x.html"), "/proc")


def test_a_report_never_replaces_the_design_or_the_review(
    archreview: Call, saved: Path, design: Path, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in (saved, design)}
    would = "would replace"
    refused(archreview("report", saved, "--format", "md", "--out", tmp_path), would)
    refused(archreview("report", saved, "--format", "md", "--out", design), would)
    refused(archreview("report", saved, "--format", "json", "--out", saved), would)
    refused(archreview("review", design, "--format", "md", "--out", tmp_path), would)
    assert {path: path.read_bytes() for path in before} == before


def test_a_report_never_replaces_a_design_that_moved_with_its_review_or_a_file_of_a_folder(
    archreview: Call, saved: Path, design: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in (saved, design):
        path.rename(moved / path.name)
    before = {path: path.read_bytes() for path in moved.iterdir()}
    would = "would replace"
    refused(archreview("report", moved / saved.name, "--format", "md", "--out", moved), would)
    out = moved / design.name
    refused(archreview("review", moved, "--format", "md", "--ephemeral", "--out", out), would)
    assert {path: path.read_bytes() for path in moved.iterdir()} == before


def test_a_form_for_one_design_wants_a_folder_for_several(
    archreview: Call, saved: Path, review: Review, design: Path, tmp_path: Path
) -> None:
    saved.write_text(f"[{review.model_dump_json()},{review.model_dump_json()}]", "utf-8")
    refused(archreview("report", saved, "--format", "html"), "--out FOLDER")
    refused(archreview("review", design, design, "--format", "html", "--out", "x"), "--out FOLDER")
    (tmp_path / "out").mkdir()
    assert archreview("report", saved, "--format", "html", "--out", "out")[0] == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "design.html",
        "design~2.html",
    ]


def test_a_report_keeps_all_of_its_designs_name_but_the_suffix(
    archreview: Call, saved: Path, review: Review, tmp_path: Path
) -> None:
    paths = ("a/v1.2", "b/v1.2", "v1.3", "v1.3.md", "PLAN.v2.DOCX", "notes")
    infos = [review.document.model_copy(update={"path": path}) for path in paths]
    reviews = [review.model_copy(update={"document": info}) for info in infos]
    saved.write_text(f"[{','.join(one.model_dump_json() for one in reviews)}]", "utf-8")
    (tmp_path / "out").mkdir()
    assert archreview("report", saved, "--format", "html", "--out", "out")[0] == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "PLAN.v2.html",
        "notes.html",
        "v1.2.html",
        "v1.2~2.html",
        "v1.3.html",
        "v1.3~2.html",
    ]


def test_a_workbook_is_kept_from_the_terminal(
    archreview: Call, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    refused(archreview("report", saved, "--format", "xlsx"), "not for a terminal", "--out")
