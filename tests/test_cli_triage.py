"""`archreview triage` as its users call it, and `archreview review` keeping its reviews for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from build import make_citation, make_review, make_row
from command import Command
from conftest import ROOT

from copilot.knowledge import Knowledge
from copilot.schema import Finding, Status
from copilot.store import Store

SAMPLE = ROOT / "evals" / "designs" / "realtime-serving-2.md"
ASPECTS = ("security.encryption", "security.audit", "resources.cost", "lifecycle.monitoring")


@pytest.fixture
def archreview(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
    return Command(monkeypatch, capsys)


@pytest.fixture
def findings(knowledge: Knowledge) -> tuple[Finding, ...]:
    """The four findings of the one review in the workspace, of x.md."""
    rows = {aspect: make_row(aspect, Status.MISSING) for aspect in ASPECTS[:3]}
    quote = make_citation("Drift is looked at by hand now and then")
    rows[ASPECTS[3]] = make_row(ASPECTS[3], Status.PARTIAL, quote)
    review = make_review(knowledge, rows)
    Path("x.md").write_text("# X")
    with Store.open(Path(".archreview")) as store:
        store.reviews.save(Path("x.md"), review)
    return review.findings


def states(archreview: Command, *arguments: str) -> dict[str, str]:
    """Fingerprint -> state, from the JSON list."""
    listed = json.loads(archreview("triage", "list", "--format", "json", *arguments).out)
    return {f["fingerprint"]: f["state"] for each in listed for f in each["findings"]}


def test_a_dismissed_finding_stays_dismissed_after_an_edit_and_a_new_review(
    archreview: Command,
) -> None:
    shutil.copy(SAMPLE, "design.md")
    archreview("review", "design.md", "-q")
    gap, *_ = states(archreview)
    archreview("triage", "set", "design.md", gap[:8], "--state", "dismissed", "--reason", "known")
    text = Path("design.md").read_text("utf-8")
    Path("design.md").write_text(text + "\n\nThe next meeting of the group is in March.\n", "utf-8")
    archreview("review", "./design.md", "-q")
    assert states(archreview, "design.md")[gap] == "dismissed"
    shown = archreview("triage", "list").out
    assert "1 dismissed" in shown.splitlines()[0]
    assert "Ann, " in shown and "known" in shown


def test_several_findings_are_decided_in_one_stroke_and_undone_in_one(
    archreview: Command, findings: tuple[Finding, ...]
) -> None:
    chosen = [finding.fingerprint for finding in findings[:3]]
    done = archreview("triage", "set", "x.md", *chosen, "--state", "accepted", "--owner", "Bo")
    assert [line.split()[0] for line in done.out.splitlines()] == chosen
    assert list(states(archreview, "--state", "accepted")) == chosen
    assert len(archreview("triage", "undo", "x.md").out.splitlines()) == 3
    assert set(states(archreview).values()) == {"open"}
    assert "nothing to undo" in archreview("triage", "undo").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--state", "dismissed"], "needs reason"),
        (["--state", "risk_accepted", "--owner", "Bo"], "needs until"),
        (["--state", "risk_accepted", "--owner", "Bo", "--until", "soon"], "--until: "),
        (["--state", "risk_accepted", "--owner", "Bo", "--until", "2001-01-01"], "lies before"),
        (["--state", "mitigated", "ffffffff"], "no finding 'ffffffff'"),
        (["--state", "mitigated", "ff"], "too short"),
        (["--state", "mitigated", "--workspace", "elsewhere"], "has no review"),
    ],
)
def test_a_wrong_decision_is_refused_in_one_line_and_nothing_is_decided(
    archreview: Command, findings: tuple[Finding, ...], arguments: list[str], said: str
) -> None:
    line = archreview.refused("triage", "set", "x.md", findings[0].fingerprint, *arguments)
    assert said in line
    assert set(states(archreview).values()) == {"open"}


def test_without_a_store_the_way_to_one_is_told(archreview: Command) -> None:
    assert "run `archreview review DESIGN` first" in archreview.refused("triage", "list")
    assert not Path(".archreview").exists()


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_decisions_travel_through_a_file(
    archreview: Command, findings: tuple[Finding, ...], form: str
) -> None:
    first, second = findings[0].fingerprint, findings[1].fingerprint
    why = 'it\'s "fine": {a: [b]}\n# — ünï #'
    archreview("triage", "set", "x.md", first, "--state", "dismissed", "--reason", why)
    date = ("--owner", "Bo", "--until", "2099-12-31")
    archreview("triage", "set", "x.md", second, "--state", "risk_accepted", *date)
    archreview("triage", "export", "--format", form, "--out", "one")
    done = archreview("triage", "import", "one", "--workspace", "other")
    assert done.out == "2 added, 0 known already, 0 in conflict\n"
    assert archreview("triage", "import", "one").out.startswith("0 added, 2 known")
    again = archreview("triage", "export", "--format", form, "--workspace", "other").out
    assert again == Path("one").read_text("utf-8")
    read = yaml.safe_load(again) if form == "yaml" else json.loads(again)
    blocks = {block["fingerprint"]: block for block in read["decisions"]}
    assert blocks[first]["reason"] == why
    assert blocks[second]["until"] == "2099-12-31"


def test_contrary_decisions_are_reported_and_settled_by_take(
    archreview: Command, findings: tuple[Finding, ...]
) -> None:
    ours = findings[0].fingerprint
    archreview("triage", "set", "x.md", ours, "--state", "accepted")
    archreview("triage", "export", "--out", "base.yaml")
    archreview("triage", "import", "base.yaml", "--workspace", "bo")
    other = ("--workspace", "bo", "--who", "Bo")
    with Store.open(Path("bo")) as store, Store.open(Path(".archreview")) as mine:
        review = mine.reviews.latest("x.md")
        assert review is not None
        store.reviews.save(Path("x.md"), review)
    archreview("triage", "set", "x.md", ours, "--state", "mitigated", *other)
    archreview("triage", "export", "--workspace", "bo", "--out", "bo.yaml")
    # Bo's follows on ours: no conflict. Then both decide on.
    assert archreview("triage", "import", "bo.yaml").out.startswith("1 added")
    archreview("triage", "set", "x.md", ours, "--state", "open")
    archreview("triage", "set", "x.md", ours, "--state", "false_positive", *other)
    archreview("triage", "export", "--workspace", "bo", "--out", "bo.yaml")
    done = archreview("triage", "import", "bo.yaml", code=1)
    assert "bo.yaml:4: conflict: x.md" in done.err
    assert "false_positive by Bo" in done.err and "the store's is kept" in done.err
    assert states(archreview)[ours] == "open"
    archreview("triage", "import", "bo.yaml", "--take", "theirs")
    assert states(archreview)[ours] == "false_positive"
    assert archreview("triage", "import", "base.yaml").out.startswith("0 added, 1 known")
    assert states(archreview)[ours] == "false_positive"


BLOCK = """
- design: x.md
  fingerprint: 0123456789abcdef
  state: accepted
  who: Ann
  at: 2026-03-01T12:00:00+00:00
  finding:
    kind: gap
    aspect: security.audit
    severity: high
    title: Audit
"""


def test_a_design_that_only_a_file_names_is_not_put_on_the_list(archreview: Command) -> None:
    Path("in.yaml").write_text(f"format: archreview-triage/1\ndecisions:\n{BLOCK}", "utf-8")
    archreview("triage", "import", "in.yaml")
    with Store.open(Path(".archreview")) as store:
        assert store.designs.list() == ()
        assert len(store.triage.current("x.md")) == 1


def test_what_is_not_there_to_list_or_export_is_told(
    archreview: Command, findings: tuple[Finding, ...]
) -> None:
    told = archreview.refused("triage", "export", "typo.md", "--out", "out.yaml")
    assert "typo.md: has neither review nor decision here" in told
    assert not Path("out.yaml").exists()
    assert "nothing is decided yet" in archreview("triage", "export", "x.md").err
    with Store.open(Path("empty")):
        pass
    listed = archreview("triage", "list", "--workspace", "empty")
    assert (listed.out, listed.err.count("no design has a review")) == ("", 1)


def test_importing_again_brings_back_what_was_undone(
    archreview: Command, findings: tuple[Finding, ...]
) -> None:
    mark = findings[0].fingerprint
    archreview("triage", "set", "x.md", mark, "--state", "accepted")
    archreview("triage", "set", "x.md", mark, "--state", "mitigated")
    archreview("triage", "export", "--out", "all.yaml")
    archreview("triage", "undo")
    assert archreview("triage", "import", "all.yaml").out.startswith("1 added, 0 known")
    assert states(archreview)[mark] == "mitigated"
    archreview("triage", "undo")
    archreview("triage", "undo")
    assert archreview("triage", "import", "all.yaml").out.startswith("1 added, 0 known")
    assert states(archreview)[mark] == "mitigated"
    exported = archreview("triage", "export").out
    assert archreview("triage", "import", "all.yaml").out.startswith("0 added, 1 known")
    assert archreview("triage", "export").out == exported


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("accepted", "dismissed"), 4, "needs reason"),
        (("accepted", "ignored"), 6, "state: "),
        (("0123456789abcdef", "0123"), 5, "fingerprint: "),
        (("design: x.md", 'design: "x.md\\0"'), 4, "design: "),
        (("design: x.md", "design: ../x.md"), 4, "design: "),
        (("design: x.md", "design: ''"), 4, "design: "),
        (("severity: high", "severity: huge"), 12, "severity: "),
        (("who: Ann", "whom: Ann"), 7, "'whom' is no field"),
        (("at: 2026-03-01T12:00:00+00:00", "at: yesterday"), 8, "at: "),
        (("at: 2026-03-01T12:00:00+00:00", "at: 2026-02-30"), 8, "day is out of range"),
        (("kind: gap", f"kind: {'[' * 100_000}{']' * 100_000}"), 10, "nested too deeply"),
        (("triage/1", "triage/9"), 1, "is not 'archreview-triage/1'"),
        (("  who: Ann", "   who: Ann"), 7, "not valid YAML"),
        (("who: Ann", "who: &a Ann\n  owner: *a"), 8, "aliases"),
        (("title: Audit\n", "title: Audit\n" + BLOCK), 15, "same finding as line 4"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line_and_nothing_is_imported(
    archreview: Command, change: tuple[str, str], line: int, said: str
) -> None:
    good = f"format: archreview-triage/1\ndecisions:\n{BLOCK}"
    assert change[0] in good
    Path("good.yaml").write_text(good, "utf-8")
    Path("bad.yaml").write_text(good.replace(*change), "utf-8")
    told = archreview.refused("triage", "import", "good.yaml", "bad.yaml")
    assert f"bad.yaml:{line}: " in told
    assert said in told
    assert not Path(".archreview").exists()


def test_a_review_is_printed_though_it_cannot_be_kept(archreview: Command) -> None:
    shutil.copy(SAMPLE, "design.md")
    Path(".archreview/reviews.sqlite3").mkdir(parents=True)
    done = archreview("review", "design.md", "-q")
    assert "Findings (" in done.out
    (line,) = done.err.splitlines()
    assert "the review is not kept for triage" in line
    assert "--workspace" in line


def test_a_build_passes_when_every_finding_that_would_fail_it_is_settled(
    archreview: Command,
) -> None:
    shutil.copy(SAMPLE, "design.md")
    archreview("review", "design.md", "-q")
    listed = json.loads(archreview("triage", "list", "--format", "json").out)
    marks = [f["fingerprint"] for each in listed for f in each["findings"]]
    settle = ("--state", "risk_accepted", "--owner", "Bo", "--until", "2999-01-01")
    archreview("triage", "set", "design.md", *marks, *settle)
    archreview("triage", "export", "--out", "triage.yaml")
    build = ("review", "design.md", "-q", "--ephemeral", "--fail-on", "low")
    archreview(*build, code=1)
    archreview(*build, "--triage", "triage.yaml")
    archreview("triage", "set", "design.md", marks[0], "--state", "accepted")
    archreview("triage", "export", "--out", "triage.yaml")
    archreview(*build, "--triage", "triage.yaml", code=1)


def test_a_decision_about_one_design_settles_nothing_in_another(archreview: Command) -> None:
    """The same gap has the same fingerprint in every design."""
    for name in ("a.md", "b.md"):
        Path(name).write_text("# Serving\n\nRequests go through a gateway to the model server.\n")
    archreview("review", "a.md", "-q")
    settle = ("--state", "dismissed", "--reason", "a prototype")
    archreview("triage", "set", "a.md", *states(archreview), *settle)
    archreview("triage", "export", "--out", "triage.yaml")
    build = ("-q", "--ephemeral", "--fail-on", "low", "--triage", "triage.yaml")
    archreview("review", "a.md", *build)
    archreview("review", "a.md", "b.md", *build, code=1)
