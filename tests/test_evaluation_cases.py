"""Cases: good folders are read, bad ones are named with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from labelled import DESIGN, QUOTES, labels, write_case, write_cases

from copilot.errors import InputError
from copilot.evaluation.cases import load_cases, locate
from copilot.evaluation.run import load
from copilot.knowledge import Knowledge
from copilot.schema import Status


def test_a_folder_of_cases_is_read_in_order_of_ids(tmp_path: Path, knowledge: Knowledge) -> None:
    cases = write_cases(tmp_path, knowledge)
    assert [case.id for case in cases] == ["case-0", "case-1", "case-2"]
    assert cases[0].archetype == "batch"
    assert cases[0].labels["risk.reliability"].accept == (Status.ADDRESSED,)
    assert len(load_cases(tmp_path, knowledge.aspects, limit=2)) == 2


def test_a_contested_label_accepts_both_statuses(tmp_path: Path, knowledge: Knowledge) -> None:
    contested = {"status": "missing", "accept": ["missing", "partial"]}
    write_case(tmp_path, labels(knowledge, resources__cost=contested))
    label = load_cases(tmp_path, knowledge.aspects)[0].labels["resources.cost"]
    assert label.contested
    assert set(label.accept) == {Status.MISSING, Status.PARTIAL}


def test_the_sealed_split_is_the_default_where_there_are_splits(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    write_cases(tmp_path, knowledge)
    sealed = labels(knowledge) | {"id": "r", "document": "designs/r.md", "archetype": "rag"}
    write_case(tmp_path, sealed)
    (tmp_path / "splits.json").write_text('{"sealed": ["rag"]}')
    ids = {
        split: [case.id for case in load_cases(tmp_path, knowledge.aspects, split)]
        for split in (None, "sealed", "train", "all")
    }
    assert ids[None] == ids["sealed"] == ["r"]
    assert ids["train"] == ["case-0", "case-1", "case-2"]
    assert len(ids["all"]) == 4


def _drop(record: dict[str, Any]) -> dict[str, Any]:
    del record["aspects"]["risk.latency-throughput"]
    return record


def _with(**fields: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda record: record | fields


def _aspect(name: str, **label: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda record: record | {"aspects": record["aspects"] | {name: label}}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_drop, "no label for risk.latency-throughput"),
        (_with(document="designs/absent.md"), "designs/absent.md does not exist"),
        (_with(document="../../etc/passwd"), "inside the cases folder"),
        (_aspect("risk.fun", status="missing"), "unknown aspect risk.fun"),
        (_aspect("resources.cost", status="unjudged"), "addressed, partial or missing"),
        (_aspect("resources.cost", status="maybe"), "aspects.resources.cost.status"),
        (_aspect("resources.cost", status="missing", confidence=2), "confidence"),
    ],
)
def test_a_bad_label_file_is_named(
    damage: Callable[[dict[str, Any]], dict[str, Any]],
    said: str,
    tmp_path: Path,
    knowledge: Knowledge,
) -> None:
    write_case(tmp_path, labels(knowledge))
    file = tmp_path / "labels" / "one.json"
    file.write_text(json.dumps(damage(labels(knowledge))))
    with pytest.raises(InputError) as caught:
        load_cases(tmp_path, knowledge.aspects)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert caught.value.todo


def test_folders_that_hold_no_cases_are_refused(tmp_path: Path, knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match="no such folder"):
        load_cases(tmp_path / "absent", knowledge.aspects)
    with pytest.raises(InputError, match="holds no labels"):
        load_cases(tmp_path, knowledge.aspects)
    write_case(tmp_path, labels(knowledge))
    with pytest.raises(InputError, match=r"splits\.json"):
        load_cases(tmp_path, knowledge.aspects, "sealed")
    (tmp_path / "labels" / "two.json").write_text("{")
    with pytest.raises(InputError, match=r"two\.json:1"):
        load_cases(tmp_path, knowledge.aspects)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("ranks the parcels that may arrive late", "ranks the parcels that may arrive late"),
        ("so that depots can plan. The depots read", "so that depots can plan.\nThe depots read"),
        ("<p>The first depot</p> starts in May.", "The first depot starts in May"),
        ("a sentence that the design does not hold", None),
    ],
)
def test_quotes_are_found_whitespace_and_markup_aside(quote: str, found: str | None) -> None:
    (span,) = locate([quote], DESIGN)
    assert (DESIGN[slice(*span)] if span else None) == found


def test_the_labelled_quotes_of_a_case_are_located(tmp_path: Path, knowledge: Knowledge) -> None:
    loaded = load(write_cases(tmp_path, knowledge, 1)[0])
    for aspect, quote in QUOTES.items():
        (span,) = loaded.spans[aspect]
        assert loaded.document.text[slice(*span)].split() == quote.split()


def test_every_quote_of_the_real_documents_is_located(
    benchmark: Path, knowledge: Knowledge
) -> None:
    for case in load_cases(benchmark / "dev", knowledge.aspects):
        loaded = load(case)
        for aspect, label in case.labels.items():
            assert len(loaded.spans[aspect]) == len(label.evidence), (case.id, aspect)
