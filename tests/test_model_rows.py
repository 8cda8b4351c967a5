from __future__ import annotations

import json
from typing import Any

import pytest
from endpoint import row

from copilot.judges.model.rows import ROWS_SCHEMA, parse
from copilot.knowledge import Knowledge
from copilot.schema import Judgement, Met, Status

QUOTE = ("p0003", "three replicas behind a load balancer")


@pytest.fixture
def risk(knowledge: Knowledge) -> Any:
    return knowledge.dimension("risk")


def rows(*statuses: str) -> list[dict[str, Any]]:
    names = ("risk.scalability", "risk.latency-throughput", "risk.reliability")
    return [row(name, status, QUOTE) for name, status in zip(names, statuses, strict=False)]


FULL = rows("addressed", "partial", "missing")


def shape(value: object) -> str:
    return json.dumps(value)


def judgements(answer: str, dimension: Any) -> tuple[Judgement, ...]:
    return parse(answer, dimension.aspects).judgements


def of_row(risk: Any, **fields: Any) -> Judgement:
    """The judgement of the first aspect, in an answer with one row."""
    return judgements(shape({"rows": [row("risk.scalability", **fields)]}), risk)[0]


@pytest.mark.parametrize(
    "answer",
    [
        shape({"rows": FULL}),
        shape(FULL),
        shape({r["aspect"]: {k: v for k, v in r.items() if k != "aspect"} for r in FULL}),
        f"Here you are:\n```json\n{shape({'rows': FULL})}\n```\nDone.",
        f"<think>{{not json}}</think>{shape({'rows': FULL})}",
        "\n".join(map(shape, FULL)),
        shape({"rows": [*FULL, row("security.audit", "addressed")]}),
        shape({"rows": list(reversed(FULL))}),
        shape({"rows": [{**r, "status": r["status"].upper() + " "} for r in FULL]}),
    ],
)
def test_the_rows_are_found_in_whatever_the_model_wraps_them(answer: str, risk: Any) -> None:
    judged = judgements(answer, risk)
    assert [j.aspect for j in judged] == [a.id for a in risk.aspects]
    assert [j.status.value for j in judged] == ["addressed", "partial", "missing"]
    assert judged[0].quotes[0].passage == "p0003"


@pytest.mark.parametrize(
    ("answer", "cut", "unjudged", "says"),
    [
        ("", False, 3, "empty"),
        ("I would rather not.", False, 3, "no JSON"),
        ('{"rows": []}', False, 3, "left this aspect out"),
        (shape({"rows": FULL[:2]}), False, 1, "left this aspect out"),
        (shape({"rows": FULL})[:-150], True, 1, "cut off"),
        (shape({"rows": [{**r, "status": "splendid"} for r in FULL]}), False, 3, "'splendid'"),
        (shape({"rows": [{**r, "status": None} for r in FULL]}), False, 3, "none of the four"),
        ("[" * 100_000, False, 3, "no JSON"),
        ('{"a":' * 50_000, False, 3, "no JSON"),
    ],
)
def test_what_cannot_be_used_is_unjudged_with_its_reason(
    answer: str, cut: bool, unjudged: int, says: str, risk: Any
) -> None:
    parsed = parse(answer, risk.aspects, cut=cut)
    without = [j for j in parsed.judgements if j.status is Status.UNJUDGED]
    assert len(parsed.judgements) == 3
    assert len(without) == len(parsed.broken) == unjudged
    assert all(says in j.rationale for j in without)
    assert parsed.usable is (unjudged < 3)


def test_of_two_rows_for_an_aspect_the_first_usable_one_counts(risk: Any) -> None:
    first, second = row("risk.scalability", "missing"), row("risk.scalability", "addressed")
    broken = row("risk.scalability", "splendid")
    (judged, *_) = judgements(shape({"rows": [broken, first, second]}), risk)
    assert judged.status is Status.MISSING
    assert "3 rows" in judged.rationale
    assert judged.confidence <= 0.5


@pytest.mark.parametrize(
    ("given", "read"),
    [
        *((0.7, 0.7), ("0.7", 0.7), ("70%", 0.7), (70, 0.7), (-1, 0.0), (1e9, 1.0), ("high", 0.5)),
        *((None, 0.5), (True, 0.5), (float("nan"), 0.5), ([], 0.5)),
    ],
)
def test_confidence_is_a_share(given: object, read: float, risk: Any) -> None:
    assert of_row(risk, status="missing", confidence=given).confidence == read


def test_criteria_go_by_short_or_full_ids_and_contradictions_are_unclear(risk: Any) -> None:
    first, second, third, *_ = (c.id for c in risk.aspects[0].criteria)
    judged = of_row(
        risk,
        status="partial",
        criteria_met=[first.rsplit(".", 1)[1], second],
        criteria_unmet=[second, f"{third}: nothing on it", "no-such-criterion"],
    )
    verdicts = {v.criterion: v.verdict for v in judged.criteria}
    assert verdicts[first] is Met.MET
    assert verdicts[second] is Met.UNCLEAR
    assert verdicts[third] is Met.UNMET
    assert len(verdicts) == len(risk.aspects[0].criteria)


@pytest.mark.parametrize(
    "quotes", [None, "text", [None, 3, {}], [{"text": 5}], [["x"]], [{"quote": "a b"}], ["plain"]]
)
def test_malformed_quotes_break_nothing(quotes: object, risk: Any) -> None:
    assert of_row(risk, status="partial", quotes=quotes).status is Status.PARTIAL


def test_lone_surrogates_and_floods_are_tamed(risk: Any) -> None:
    flood = [{"passage": "p1", "text": "x" * 3_000} for _ in range(100)]
    judged = of_row(risk, status="partial", quotes=flood, rationale="\ud800")
    judged.model_dump_json()
    assert len(judged.quotes) <= 6
    assert max(len(q.text) for q in judged.quotes) <= 2_000


def test_the_schema_is_closed_and_requires_every_field() -> None:
    def objects(node: Any) -> Any:
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for child in node.values():
                yield from objects(child)

    found = list(objects(ROWS_SCHEMA))
    assert len(found) == 3
    for node in found:
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])
