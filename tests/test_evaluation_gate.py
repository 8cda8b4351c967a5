"""The whole evaluation and its gate: a right judge passes, a broken one does not."""

from __future__ import annotations

import asyncio
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from labelled import BrokenJudge, CrashingJudge, QuoteJudge, labels, quiet, write_case, write_cases

from copilot.errors import InputError
from copilot.evaluation.baselines import always_missing, keyword, most_frequent, read_priors
from copilot.evaluation.cases import load_cases
from copilot.evaluation.evaluate import Plan, evaluate
from copilot.evaluation.gate import Gate, checks, read_gate
from copilot.evaluation.intervals import Score
from copilot.evaluation.judges import priors_file
from copilot.evaluation.junit import render_junit
from copilot.evaluation.report import Evaluation
from copilot.knowledge import Knowledge

GATE = Gate(floor={"accuracy": 0.99, "both_right": 0.9}, ceiling={"ece": 0.2})


def run(
    judge: type[QuoteJudge], folder: Path, knowledge: Knowledge, plan: Plan | None = None
) -> Evaluation:
    cases = write_cases(folder, knowledge)
    named = ("cases", "all")
    return asyncio.run(evaluate(judge, knowledge, cases, named, plan or Plan(gate=GATE), quiet))


def test_the_gate_flips_with_a_broken_judge(tmp_path: Path, knowledge: Knowledge) -> None:
    assert run(QuoteJudge, tmp_path, knowledge).passed
    broken = run(BrokenJudge, tmp_path, knowledge)
    assert not broken.passed
    assert {check.name for check in broken.checks if not check.passed} == {
        "floor accuracy",
        "floor both_right",
    }
    suites = {s.get("name"): s for s in ET.fromstring(render_junit(broken))}
    assert suites["gate"].get("failures") == "2"
    assert "accuracy" in suites["gate"].findall("testcase/failure")[0].get("message", "")


def test_a_drop_against_a_stored_baseline_fails_the_gate(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    stored = run(QuoteJudge, tmp_path, knowledge, Plan(mutants=False)).verdicts
    plan = Plan(stored=stored, mutants=False, gate=Gate(drop={"accuracy": 0.01}))
    same = run(QuoteJudge, tmp_path, knowledge, plan)
    assert same.passed and same.comparison is not None
    assert same.comparison.differences["accuracy"] == Score(value=0, low=0, high=0)
    worse = run(BrokenJudge, tmp_path, knowledge, plan)
    assert worse.checks[0].measured == pytest.approx(-2 / 30, abs=1e-6)
    assert not worse.passed


def test_a_baseline_of_other_cases_is_refused(tmp_path: Path, knowledge: Knowledge) -> None:
    stored = run(QuoteJudge, tmp_path, knowledge, Plan(mutants=False)).verdicts
    plan = Plan(stored=stored, mutants=False)
    write_case(tmp_path / "other", labels(knowledge))
    cases = load_cases(tmp_path / "other", knowledge.aspects)
    with pytest.raises(InputError, match="none of these cases"):
        asyncio.run(evaluate(QuoteJudge, knowledge, cases, ("other", "all"), plan, quiet))


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        (Gate(floor={"macro_f1": 0.6}), True),
        (Gate(floor={"macro_f1": 0.65}), False),  # the score is .7, its lower bound is not
        (Gate(ceiling={"ece": 0.09}), True),
        (Gate(ceiling={"ece": 0.07}), False),
        (Gate(drop={"macro_f1": 0.05}), True),
        (Gate(drop={"macro_f1": 0.02}), False),
        (Gate(drop={"ece": 0.03}), True),
        (Gate(drop={"ece": 0.01}), False),
        (Gate(floor={"delete_both_right": 0.0}), False),  # was not measured
    ],
)
def test_limits_bind_the_worse_bound(gate: Gate, passed: bool) -> None:
    scores = {
        "macro_f1": Score(value=0.7, low=0.62, high=0.8),
        "ece": Score(value=0.05, low=0.02, high=0.08),
    }
    differences = {
        "macro_f1": Score(value=0.0, low=-0.04, high=0.04),
        "ece": Score(value=0.0, low=-0.02, high=0.02),
    }
    assert all(c.passed for c in checks(gate, scores, differences, {"ece"})) is passed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read as a gate"),
        ('{"floors": {}}', "cannot be read as a gate"),
        ('{"floor": {"fun": 1}}', "unknown score 'fun'"),
        ("{}", "holds no limit"),
    ],
)
def test_a_gate_file_that_means_nothing_is_refused(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "gate.json"
    file.write_text(content)
    with pytest.raises(InputError, match=said):
        read_gate(file, ["macro_f1"])


def test_scores_slices_and_baselines_stand_in_the_report(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    plan = Plan(baselines=[always_missing(), keyword()], mutants=False)
    made = run(QuoteJudge, tmp_path, knowledge, plan)
    assert made.scores["macro_f1"].value == 1.0
    assert made.scores["rerun_identical"].value == 1.0
    assert made.scores["hit_1"].value == 1.0
    assert made.confusion == ((6, 0, 0, 0), (0, 0, 0, 0), (0, 0, 84, 0))
    assert made.gap_source == "confidence"
    missing = made.baselines["always-missing"]
    assert missing["missing_recall"].value == 1.0
    assert missing["addressed_recall"].value == 0.0
    kinds = {s.kind for s in made.slices}
    assert kinds == {"dimension", "aspect", "archetype", "style", "strength", "length", "format"}
    assert sum(s.rows for s in made.slices if s.kind == "aspect") == made.rows == 90
    assert json.loads(made.model_dump_json())["verdicts"]["cases"][0]["case"] == "case-0"


def test_a_judge_that_crashes_leaves_rows_without_a_verdict(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    made = run(CrashingJudge, tmp_path, knowledge, Plan(mutants=False))
    security = len(knowledge.dimension("security").aspects)
    assert made.scores["unjudged"].value == pytest.approx(security / 30, abs=1e-6)
    assert f'message="{security} aspects without a verdict"' in render_junit(made)


def test_odds_of_the_judge_are_used_for_the_gap(tmp_path: Path, knowledge: Knowledge) -> None:
    class WithOdds(QuoteJudge):
        async def odds(self, document: object) -> dict[str, tuple[float, float, float]]:
            return dict.fromkeys(knowledge.aspects, (0.25, 0.25, 0.5))

    made = run(WithOdds, tmp_path, knowledge, Plan(mutants=False))
    assert made.gap_source == "odds"
    assert set(made.verdicts.cases[0].gap) == {0.75}


def test_most_frequent_follows_the_priors(tmp_path: Path, knowledge: Knowledge) -> None:
    priors = {aspect: [0, 1, 9] for aspect in knowledge.aspects}
    priors["risk.reliability"] = [8, 1, 1]
    plan = Plan(baselines=[most_frequent(priors)], mutants=False)
    made = run(QuoteJudge, tmp_path, knowledge, plan)
    assert made.baselines["most-frequent"]["accuracy"].value == pytest.approx(29 / 30, abs=1e-6)


def test_the_stored_priors_cover_every_aspect(tmp_path: Path, knowledge: Knowledge) -> None:
    priors = read_priors(priors_file(), knowledge)
    assert set(priors) == set(knowledge.aspects)
    broken = tmp_path / "priors.json"
    broken.write_text('{"aspects": {}}')
    with pytest.raises(InputError, match="cannot be read as priors"):
        read_priors(broken, knowledge)
