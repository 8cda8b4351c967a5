"""What people decided about findings, in the Markdown and HTML reports."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from build import make_citation, make_review, make_row
from command import Command
from conftest import ROOT
from markdown_it import MarkdownIt

from copilot.knowledge import Knowledge
from copilot.reports.formats import FORMS, render_json
from copilot.review.anchors import anchor_of
from copilot.review.reviewed import Reviewed
from copilot.review.triage import standing
from copilot.schema import Decided, Decision, Finding, Review, Severity, Status, TriageState
from copilot.store import Store

SAMPLE = ROOT / "evals" / "designs" / "realtime-serving-2.md"
HOSTILE = "</dd><script>alert(1)</script> \x1b[31m **bold** [x](http://evil.example)\n# Title"
TODAY = date(2026, 6, 1)
ASPECTS = ("security.encryption", "security.audit", "resources.cost", "lifecycle.monitoring")


@pytest.fixture
def review(knowledge: Knowledge) -> Review:
    quote = make_citation("Drift is looked at by hand now and then")
    rows = {aspect: make_row(aspect, Status.MISSING) for aspect in ASPECTS[:3]}
    rows[ASPECTS[3]] = make_row(ASPECTS[3], Status.PARTIAL, quote)
    return make_review(knowledge, rows)


def decided(finding: Finding, state: TriageState, **fields: object) -> Decided:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    decision = Decision.model_validate({"state": state, "who": "Ann", "at": at} | fields)
    anchor = anchor_of(finding)
    return Decided(id="0" * 16, design="x.md", anchor=anchor, decision=decision, batch="b")


def triaged(review: Review) -> Reviewed:
    """Dismissed, a risk that has expired, accepted when it was less severe, and changed since."""
    (weak,) = (f for f in review.findings if f.aspect == ASPECTS[3])
    first, second, third = (f for f in review.findings if f is not weak)
    milder = decided(third, TriageState.ACCEPTED, owner="Cy", reason="next quarter")
    anchor = milder.anchor.model_copy(update={"severity": Severity.INFO})
    gone = decided(weak, TriageState.FALSE_POSITIVE)
    other = gone.anchor.model_copy(update={"quotes": ("another text",), "fingerprint": "f" * 16})
    made = [
        decided(first, TriageState.DISMISSED, reason=HOSTILE, who=HOSTILE[:60]),
        decided(second, TriageState.RISK_ACCEPTED, owner="Bo", until=date(2026, 3, 4)),
        milder.model_copy(update={"anchor": anchor}),
        gone.model_copy(update={"anchor": other}),
    ]
    return Reviewed(review, None, triage=standing(review, made, TODAY))


def blocks(text: str, start: str) -> dict[str, str]:
    """Fingerprint -> what a report says about the finding."""
    parts = re.split(start, text)[1:]
    return {re.findall(r"[0-9a-f]{16}", part)[0]: part for part in parts}


@pytest.mark.parametrize(
    ("form", "start"), [("md", "\n### "), ("html", '<article class="finding"')]
)
def test_a_decision_stands_at_its_finding_with_who_decided_and_why(
    form: str, start: str, review: Review, knowledge: Knowledge
) -> None:
    one = triaged(review)
    text = FORMS[form].report(one, knowledge).decode()
    by_state = {triage.decided.decision.state: blocks(text, start)[name]  # type: ignore[union-attr]
                for name, triage in one.triage.items()}  # fmt: skip
    assert "dismissed" in by_state[TriageState.DISMISSED]
    risk = by_state[TriageState.RISK_ACCEPTED]
    assert "open again, risk accepted has expired" in risk
    assert "Ann, 2026-01-02 · owner Bo · until 2026-03-04" in risk
    accepted = by_state[TriageState.ACCEPTED]
    assert "accepted · severity was info then" in accepted and "next quarter" in accepted
    changed = by_state[TriageState.FALSE_POSITIVE]
    assert "open again, changed since it was false positive" in changed
    assert "<script>alert" not in text and "\x1b" not in text


def test_the_states_are_counted_at_the_top(review: Review, knowledge: Knowledge) -> None:
    one = triaged(review)
    head = FORMS["md"].report(one, knowledge).decode().split("## Scorecard")[0]
    assert "**Triage:** 2 open, 1 accepted, 1 dismissed" in head
    page = FORMS["html"].report(one, knowledge).decode()
    top = page[page.index('id="summary"') : page.index('id="scorecard"')]
    assert re.findall(r'class="chip">([^<]+)<', top) == ["2 open", "1 accepted", "1 dismissed"]
    assert "3 points are open" in top
    (settled,) = (n for n, t in one.triage.items() if t.state is TriageState.DISMISSED)
    assert settled not in top  # it is not among what to look at first


def test_what_people_wrote_cannot_pose_as_the_report(review: Review, knowledge: Knowledge) -> None:
    text = FORMS["md"].report(triaged(review), knowledge).decode()
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert page.count("<h1>") == 1
    assert not re.search("<(script|img|a) ?", page)


@pytest.mark.parametrize("form", ["md", "html"])
def test_without_decisions_the_report_is_as_it_was(
    form: str, review: Review, knowledge: Knowledge
) -> None:
    undecided = Reviewed(review, None, triage=standing(review, (), TODAY))
    plain = FORMS[form].render(review, knowledge, None)
    assert FORMS[form].report(undecided, knowledge) == plain
    assert FORMS[form].report(Reviewed(review, None), knowledge) == plain


@pytest.fixture
def archreview(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
    return Command(monkeypatch, capsys)


def test_reports_show_the_decisions_of_the_workspace_and_of_a_triage_file(
    archreview: Command,
) -> None:
    shutil.copy(SAMPLE, "design.md")
    shutil.copy(SAMPLE, "other.md")
    archreview("review", "design.md", "other.md", "-q", "--format", "json", "--out", "both.json")
    listed = archreview("triage", "list", "design.md").out.splitlines()
    name = listed[1].split()[0]
    archreview("triage", "set", "design.md", name, "--state", "dismissed", "--reason", "is known")
    said = r"- \*\*Triage:\*\* \*\*dismissed\*\* · Ann, \d{4}-\d\d-\d\d · is known\n"

    both = archreview("report", "both.json", "--format", "md").out
    first, second = both.split("# Architecture review: ")[1:]
    assert len(re.findall(said, first)) == 1 and f"{name}`\n\n- **Triage:**" in first
    assert "Triage" not in second  # the same gap in another design is open
    assert len(re.findall(said, archreview("review", "design.md", "-q", "--format", "md").out)) == 1
    page = archreview("report", "both.json", "--format", "md", "--workspace", "elsewhere").out
    assert "Triage" not in page and not Path("elsewhere").exists()

    archreview("triage", "export", "--out", "triage.yaml")
    review = ("review", "design.md", "-q", "--ephemeral", "--format", "md")
    assert "Triage" not in archreview(*review).out
    assert len(re.findall(said, archreview(*review, "--triage", "triage.yaml").out)) == 1


def test_a_store_that_cannot_be_read_costs_the_decisions_alone_and_is_told(
    archreview: Command, review: Review
) -> None:
    with Store.open(Path(".archreview")) as store:
        store.reviews.save(Path("design.md"), review)
    (database,) = Path(".archreview").glob("*.sqlite3")
    database.write_bytes(b"no database" * 100)
    Path("one.json").write_text(render_json(review), "utf-8")
    done = archreview("report", "one.json", "--format", "md")
    assert "# Architecture review" in done.out
    assert "goes without the decisions of the workspace" in done.err
    assert archreview("report", "one.json", "--format", "md", "-q").err == ""
