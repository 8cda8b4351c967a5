"""`archreview diff` and `archreview review --baseline` as their users call them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from build import make_citation, make_review, make_row
from command import Command
from conftest import ROOT

from copilot.documents.load import Limits
from copilot.documents.revision import check_out
from copilot.knowledge import Knowledge
from copilot.reports.formats import render_json
from copilot.review.compare import compare
from copilot.schema import Citation, Review, Severity, Status

SAMPLE = ROOT / "evals" / "designs" / "realtime-serving-2.md"
HOSTILE = "[bold]keys[/bold] \x1b[31m<script>alert(1)</script> | `x` are rotated"


@pytest.fixture
def archreview(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def save(review: Review, name: str) -> Path:
    path = Path(name)
    path.write_text(render_json(review), "utf-8")
    return path


def made(knowledge: Knowledge, **statuses: Status) -> Review:
    """A review in which some aspects (dots written as __) have another status than addressed."""
    quotes: dict[Status, list[Citation]] = {Status.PARTIAL: [make_citation(HOSTILE)]}
    return make_review(
        knowledge,
        {
            aspect: make_row(aspect, status, *quotes.get(status, []))
            for name, status in statuses.items()
            for aspect in [name.replace("__", ".")]
        },
    )


@pytest.fixture
def pair(knowledge: Knowledge) -> tuple[Path, Path]:
    """Two saved reviews: cost resolved, audit regressed, encryption open with hostile text."""
    old = made(knowledge, resources__cost=Status.MISSING, security__encryption=Status.MISSING)
    new = made(knowledge, security__audit=Status.MISSING, security__encryption=Status.PARTIAL)
    return save(old, "old.json"), save(new, "new.json")


def test_saved_reviews_are_compared_in_every_form(
    archreview: Command, pair: tuple[Path, Path]
) -> None:
    text = archreview("diff", *pair).out
    assert "1 regressed, 0 new, 1 still open, 1 resolved" in text
    assert "was a gap, is a weakness" in text
    assert "\x1b" not in text and "[bold]keys[/bold]" in text
    page = archreview("diff", *pair, "--format", "md").out
    assert "## Regressed (1)" in page and "<script>" not in page
    data = json.loads(archreview("diff", *pair, "--format", "json").out)
    found = {(c["new"] or c["old"])["aspect"]: c["outcome"] for c in data["changes"]}
    assert found == {
        "security.audit": "regressed",
        "security.encryption": "open",
        "resources.cost": "resolved",
    }
    archreview("diff", *pair, "--format", "md", "--out", "diff.md")
    assert Path("diff.md").read_text("utf-8") == page


def test_fail_on_new_counts_what_is_new_or_worse_and_nothing_else(
    archreview: Command, pair: tuple[Path, Path], knowledge: Knowledge
) -> None:
    data = json.loads(archreview("diff", *pair, "--format", "json").out)
    (regressed,) = (c["new"] for c in data["changes"] if c["outcome"] == "regressed")
    severity = Severity(regressed["severity"])
    above = list(Severity)[severity.rank - 1].value
    archreview("diff", *pair, "--fail-on", f"new:{severity.value}", code=1)
    archreview("diff", *pair, "--fail-on", f"new:{above}")
    archreview("diff", pair[1], pair[1], "--fail-on", "new:info")
    archreview("diff", pair[1], pair[1], "--fail-on", "info", code=1)
    everything = save(made(knowledge), "clean.json")
    archreview("diff", pair[0], everything, "--fail-on", "info")
    archreview("diff", *pair, "--fail-on", "new:bad", code=2)


def test_an_aspect_without_a_verdict_fails_a_comparison_as_it_fails_a_review(
    archreview: Command, pair: tuple[Path, Path], knowledge: Knowledge
) -> None:
    unjudged = save(made(knowledge, security__audit=Status.UNJUDGED), "unjudged.json")
    archreview("diff", pair[0], unjudged, "--fail-on", "new:high", code=3)
    archreview("diff", unjudged, pair[0])


def test_an_edited_review_puts_no_markup_into_a_comment(
    archreview: Command, pair: tuple[Path, Path]
) -> None:
    data = json.loads(pair[1].read_text("utf-8"))
    for finding in data["findings"]:
        finding["aspect"] = "a` <img src=x onerror=alert(1)>\n\n# Approved"
    pair[1].write_text(json.dumps(data), "utf-8")
    page = archreview("diff", *pair, "--format", "md").out
    assert "<img" not in page and "\n# Approved" not in page


def test_a_comparison_never_replaces_the_design(archreview: Command) -> None:
    shutil.copy(SAMPLE, "x.md")
    line = archreview.refused("diff", "x.md@HEAD", "x.md@HEAD~1", "--format", "md", "--out", "x.md")
    assert "would replace" in line


def git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", *arguments],
        check=True,
        capture_output=True,
    )


def test_a_document_is_compared_with_itself_at_a_git_revision_and_with_a_baseline(
    archreview: Command,
) -> None:
    """The author deletes the section on monitoring: it regresses, and CI fails for it alone."""
    Path("docs").mkdir()
    design = Path("docs/design@v1.md")
    shutil.copy(SAMPLE, design)
    git("init", "-q", ".")
    git("add", ".")
    git("commit", "-qm", "first")
    archreview("review", design, "--format", "json", "--out", "base.json", "-q")
    archreview("review", design, "-q", "--baseline", "base.json", "--fail-on", "new:info")
    same = archreview("diff", f"{design}@HEAD", design)
    assert "the same text" in same.out and "0 regressed, 0 new" in same.out
    assert f"{design}@HEAD" in same.out.replace("\n", "")

    before = json.loads(Path("base.json").read_text("utf-8"))
    row = next(r for r in before["coverage"] if r["aspect"] == "security.encryption")
    assert row["status"] != "missing"
    text = design.read_text("utf-8")
    lines = [line for line in text.splitlines() if "ncrypt" not in line and "TLS" not in line]
    design.write_text("\n".join(lines), "utf-8")
    done = archreview("diff", f"{design}@HEAD", design, "--format", "json")
    outcomes = {c["outcome"] for c in json.loads(done.out)["changes"]}
    assert "regressed" in outcomes
    limit = ("--baseline", "base.json", "--fail-on", "new:low")
    failed = archreview("review", design, *limit, code=1)
    assert "  regressed: " in failed.err and "regressed" in failed.err
    folder = archreview("diff", "docs@HEAD", "docs", "--format", "json")
    assert json.loads(folder.out)["old"]["path"] == "docs@HEAD"


def test_the_pictures_of_a_folder_are_left_in_the_repository() -> None:
    Path("docs").mkdir()
    Path("docs/plan.md").write_text("# Plan")
    Path("docs/photo.png").write_bytes(bytes(2_000))
    git("init", "-q", ".")
    git("add", ".")
    git("commit", "-qm", "first")
    there = check_out(Path("docs"), "HEAD", Path("out"), Limits(max_bytes=1_000))
    assert [file.name for file in there.iterdir()] == ["plan.md"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["diff", "no.md", "x.md"], "no.md: does not exist"),
        (["diff", "x.md@v9", "x.md"], "x.md@v9: "),
        (["diff", "x.md@--output=y", "x.md"], "x.md@--output=y: "),
        (["diff", "broken.json", "x.md"], "broken.json:1: is not whole JSON"),
        (["diff", "two.json", "two.json"], "holds 2 reviews"),
        (["review", "x.md", "--fail-on", "new:high"], "give --baseline"),
        (["review", "x.md", "--baseline", "broken.json"], "broken.json:1: "),
        (["review", "x.md", "--baseline", "none.json"], "none.json: "),
        (["diff", "x.md", "x.md", "--out", "no/such/folder.md"], "no such folder"),
    ],
)
def test_bad_input_is_one_line(
    archreview: Command, knowledge: Knowledge, arguments: list[str], said: str
) -> None:
    shutil.copy(SAMPLE, "x.md")
    Path("broken.json").write_text('{"schema_version": "1.0", ')
    one = render_json(made(knowledge))
    Path("two.json").write_text(f"[{one},{one}]", "utf-8")
    assert said in archreview.refused(*arguments)


def test_designs_are_found_in_a_baseline_however_their_paths_are_written(
    archreview: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.md", "b.md"):
        Path(name).write_text("# Serving\n\nRequests go through a gateway to the model server.\n")
    whole = [Path(name).resolve() for name in ("a.md", "b.md")]
    archreview("review", *whole, "--format", "json", "--out", "base.json", "-q", "--ephemeral")
    made: list[object] = []
    monkeypatch.setattr(
        "copilot.cli.baseline.compare", lambda *both: made.append(both) or compare(*both)
    )
    limit = ("--baseline", "base.json", "--fail-on", "new:info", "--ephemeral")
    done = archreview("review", "a.md", "./b.md", *limit)
    assert done.err.count("0 regressed, 0 new") == 2
    assert len(made) == 2


def test_designs_are_found_in_a_baseline_from_another_checkout(
    archreview: Command, knowledge: Knowledge
) -> None:
    text = "# Serving\n\nRequests go through a gateway to the model server.\n"
    for folder in ("one/docs", "two/docs", "two/new"):
        Path(folder).mkdir(parents=True)
    designs = [Path("one/docs", name).resolve() for name in ("a.md", "b.md")]
    for design in (*designs, Path("two/docs/a.md"), Path("two/docs/b.md"), Path("two/new/a.md")):
        design.write_text(text)
    base = Path("base.json").resolve()
    archreview("review", *designs, "--format", "json", "--out", base, "-q", "--ephemeral")
    os.chdir("two")
    limit = ("--baseline", base, "--fail-on", "new:info", "--ephemeral")
    done = archreview("review", "docs/b.md", "docs/a.md", *limit)
    assert done.err.count("0 regressed, 0 new") == 2
    assert f"docs/b.md: against {base} (there {designs[1]}): " in done.err
    done = archreview("review", "new/a.md", *limit, code=1)
    assert f"new/a.md: not in {base}, so all of its findings are new" in done.err

    reviews = json.loads(base.read_text("utf-8"))
    reviews[1]["document"]["path"] = "/another/docs/a.md"
    base.write_text(json.dumps(reviews), "utf-8")
    done = archreview("review", "docs/a.md", *limit, code=1)
    assert f"no telling which design of {base} it is ({designs[0]}, /another/docs/a.md)" in done.err


def test_a_design_without_a_baseline_is_all_new(
    archreview: Command, pair: tuple[Path, Path], knowledge: Knowledge
) -> None:
    shutil.copy(SAMPLE, "x.md")
    other = save(made(knowledge), "one.json").read_text("utf-8")
    Path("base.json").write_text(f"[{other},{other}]", "utf-8")
    done = archreview("review", "x.md", "--baseline", "base.json", "--fail-on", "new:low", code=1)
    assert "x.md: not in base.json, so all of its findings are new" in done.err
