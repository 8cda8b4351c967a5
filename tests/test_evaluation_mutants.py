"""Mutants: what should go is gone, what should stay stays, and every edit is repeatable."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest
from build import make_document
from labelled import DESIGN, QUOTES, BrokenJudge, QuoteJudge, labels, quiet, write_case, write_cases

from copilot.documents.sentences import sentences
from copilot.evaluation.cases import load_cases
from copilot.evaluation.edits import Edit, apply, remove_sentences, units
from copilot.evaluation.intervals import resamples
from copilot.evaluation.mutants import Mutant, mutants
from copilot.evaluation.neutral import neutral_texts
from copilot.evaluation.run import judge_cases, load
from copilot.evaluation.trials import groups, mutant_scores, try_mutants
from copilot.knowledge import Knowledge
from copilot.schema import Status


@pytest.fixture
def made(tmp_path: Path, knowledge: Knowledge) -> list[Mutant]:
    write_case(tmp_path, labels(knowledge))
    return list(mutants(load(load_cases(tmp_path, knowledge.aspects)[0]), knowledge))


def of_kind(made: list[Mutant], kind: str) -> dict[str, Mutant]:
    return {mutant.aspect: mutant for mutant in made if mutant.kind == kind}


def words(text: str) -> Counter[str]:
    """Words without the marks of lists and headings and without the numbers of headings."""
    return Counter(re.findall(r"[^\W\d_]{2,}", text.casefold()))


def test_every_kind_is_made_and_repeatable(
    made: list[Mutant], tmp_path: Path, knowledge: Knowledge
) -> None:
    assert {m.kind for m in made} == {
        "delete",
        "degrade",
        "contradict",
        "retract",
        "decoy",
        "neutral",
    }
    again = list(mutants(load(load_cases(tmp_path, knowledge.aspects)[0]), knowledge))
    assert again == made
    assert len({m.name for m in made}) == len(made)


def test_a_deletion_removes_the_evidence_and_nothing_else(made: list[Mutant]) -> None:
    deleted = of_kind(made, "delete")["security.encryption"]
    item = "- All traffic between services is encrypted with TLS 1.3 and disks with AES-256 keys.\n"
    assert deleted.text == DESIGN.replace(item, "")
    assert deleted.accept == {Status.MISSING}


def test_a_section_that_is_left_empty_goes_with_its_heading(made: list[Mutant]) -> None:
    deleted = of_kind(made, "delete")["risk.reliability"]
    assert "## Failures" not in deleted.text
    assert "checkpoint" not in deleted.text
    for kept in ("## Overview", "## Data", "## Rollout", "encrypted with TLS"):
        assert kept in deleted.text


def test_a_degraded_aspect_is_only_promised(made: list[Mutant]) -> None:
    for aspect, mutant in of_kind(made, "degrade").items():
        assert " ".join(QUOTES[aspect].split()) not in " ".join(mutant.text.split())
        assert re.search(r"We will look into|TODO|still to be decided", mutant.text)
        assert Status.ADDRESSED not in mutant.accept
    assert "\n- " in of_kind(made, "degrade")["security.encryption"].text


def test_a_contradicted_aspect_keeps_its_words_behind_a_denial(made: list[Mutant]) -> None:
    for aspect, mutant in of_kind(made, "contradict").items():
        text = " ".join(mutant.text.split())
        assert re.search(rf"\w+: {re.escape(' '.join(QUOTES[aspect].split()))}", text)
        assert not words(DESIGN) - words(mutant.text)


def test_a_retraction_is_a_paragraph_of_its_own_behind_the_evidence(made: list[Mutant]) -> None:
    for aspect, mutant in of_kind(made, "retract").items():
        evidence = " ".join(QUOTES[aspect].split())
        paragraphs = [" ".join(part.split()) for part in mutant.text.split("\n\n")]
        at = next(i for i, part in enumerate(paragraphs) if evidence in part)
        assert re.match(r"Note: contrary|Correction:|Contrary to", paragraphs[at + 1])
        assert not words(DESIGN) - words(mutant.text)


def test_quotes_of_a_second_annotator_widen_a_deletion(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    content = labels(knowledge)
    also = "Others follow when it has run for a month."
    content["aspects"]["risk.reliability"]["second"] = {"status": "addressed", "evidence": [also]}
    write_case(tmp_path, content)
    loaded = load(load_cases(tmp_path, knowledge.aspects)[0])
    made = list(mutants(loaded, knowledge))
    assert also in of_kind(made, "delete")["risk.reliability"].text
    wide = of_kind(made, "delete-all")
    assert set(wide) == {"risk.reliability"}
    assert also not in wide["risk.reliability"].text


def test_a_decoy_only_adds_words_about_a_missing_aspect(made: list[Mutant]) -> None:
    decoys = of_kind(made, "decoy")
    assert decoys
    for aspect, mutant in decoys.items():
        assert aspect not in QUOTES
        kept = [line for line in DESIGN.splitlines() if line]
        assert set(kept) <= set(mutant.text.splitlines())
        assert Status.ADDRESSED not in mutant.accept


def test_neutral_mutants_keep_every_word(made: list[Mutant]) -> None:
    neutral = {m.variant: m.text for m in made if m.kind == "neutral"}
    assert set(neutral) >= {"reorder", "reflow", "bullets", "headings", "blank-lines", "crlf"}
    renamed = words(neutral.pop("headings"))
    assert renamed - words(DESIGN) == Counter({"summary": 1})
    for variant, text in neutral.items():
        assert words(text) == words(DESIGN), variant
    assert neutral["reorder"].index("## Rollout") < neutral["reorder"].index("## Overview")


@pytest.mark.parametrize(
    ("form", "text", "variant"),
    [
        ("markdown", "# T\n\n```\n- a: 1\n- b: 2\n```\n\nA line.\nAnother line.\n", "bullets"),
        ("markdown", "# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "reflow"),
        ("markdown", "# T\n\nOne section only, and nothing to reorder here.\n", "reorder"),
        ("text", "Plain words.\n\n# not a heading\n", "headings"),
    ],
)
def test_what_a_neutral_edit_would_damage_is_left_alone(form: str, text: str, variant: str) -> None:
    document = make_document(text, "design.md" if form == "markdown" else "design.txt", form)
    assert variant not in dict(neutral_texts(document))


def test_contested_and_unsure_labels_are_not_edited(tmp_path: Path, knowledge: Knowledge) -> None:
    quote = [QUOTES["risk.reliability"]]
    unsure = {"status": "addressed", "evidence": quote, "confidence": 0.5}
    contested = {"status": "addressed", "accept": ["addressed", "partial"], "evidence": quote}
    for label in (unsure, contested):
        write_case(tmp_path, labels(knowledge, risk__reliability=label))
        made = mutants(load(load_cases(tmp_path, knowledge.aspects)[0]), knowledge)
        assert "risk.reliability" not in {m.aspect for m in made}


def test_edits_are_made_in_order_and_overlaps_once() -> None:
    assert apply("abcdef", [Edit(4, 5, "X"), Edit(0, 2, ""), Edit(1, 3, "Y")]) == "cdXf"


def test_units_are_paragraphs_items_and_rows() -> None:
    text = "One here. Two here.\n\n- item one\n- item two\n\n| a | b |\n| c | d |\n"
    grouped = units(text, sentences(text))
    assert [len(unit) for unit in grouped] == [2, 1, 1, 1, 1]
    first = {*grouped[0]}
    left = apply(text, remove_sentences(text, (), sentences(text), first))
    assert "One" not in left and "Two" not in left and "item one" in left


@pytest.mark.parametrize(
    ("judge", "both_right"), [(QuoteJudge(), 1.0), (BrokenJudge(), 0.0)], ids=["right", "broken"]
)
def test_trials_tell_a_right_judge_from_a_broken_one(
    judge: QuoteJudge, both_right: float, tmp_path: Path, knowledge: Knowledge
) -> None:
    loaded = [load(case) for case in write_cases(tmp_path, knowledge)]

    async def try_all() -> dict[str, float | None]:
        judged = await judge_cases(judge, knowledge, loaded, quiet)
        trials = await try_mutants(judge, knowledge, judged, quiet)
        assert sum(group.mutants for group in groups(trials)) == sum(map(len, trials))
        measured = mutant_scores(trials, resamples(len(trials), 100))
        return {name: one.value for name, one in measured.items()}

    got = asyncio.run(try_all())
    assert got["both_right"] == got["delete_both_right"] == both_right
    assert got["neutral_invariance"] == 1.0
    assert got["collateral"] == 0.0
    assert got["decoy_false_accept"] == 0.0
