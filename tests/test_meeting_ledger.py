from __future__ import annotations

from pathlib import Path

import pytest
from build import make_document

from copilot.errors import KnowledgeError
from copilot.knowledge import Knowledge
from copilot.knowledge.meeting import MeetingKnowledge, load_meeting
from copilot.meeting.ledger import Entry, ledger
from copilot.meeting.ledger_page import FORMS


@pytest.fixture(scope="module")
def meeting(knowledge: Knowledge) -> MeetingKnowledge:
    return load_meeting(knowledge)


def _entries(meeting: MeetingKnowledge, text: str) -> tuple[Entry, ...]:
    return ledger(make_document(text), meeting)


@pytest.mark.parametrize(
    ("sentence", "taken", "rejected"),
    [
        ("We chose Kafka over RabbitMQ because it replays.", "Kafka", "RabbitMQ"),
        ("We decided to train nightly rather than hourly.", "train nightly", "hourly"),
        ("We decided against using a service mesh.", "", "a service mesh"),
        ("TimescaleDB was chosen because we know PostgreSQL.", "TimescaleDB", ""),
        ("We use Redis because its latency is low.", "Redis", ""),
        ("Chosen option: a single registry.", "a single registry", ""),
        ("A central queue was rejected because it is a bottleneck.", "", "A central queue"),
        (
            "Also considered: anomaly detection on transactions.",
            "",
            "anomaly detection on transactions",
        ),
        (
            "The workers read shards instead of being sent whole files.",
            "shards",
            "being sent whole files",
        ),
    ],
)
def test_a_stated_decision_is_found(
    meeting: MeetingKnowledge, sentence: str, taken: str, rejected: str
) -> None:
    (entry,) = _entries(meeting, f"# Design\n\n{sentence}\n")
    assert entry.taken == taken
    assert entry.rejected == ((rejected,) if rejected else ())
    assert entry.citation.quote == sentence
    assert entry.citation.verified
    assert entry.no_alternative is (not rejected)


@pytest.mark.parametrize(
    "sentence",
    [
        "Users can choose Kafka instead of RabbitMQ.",
        "You may use Redis rather than Memcached.",
        "Should we use Kafka instead of RabbitMQ?",
        "It is not yet decided to use Kafka rather than RabbitMQ.",
        "The model predicts fraud.",
        "| use Kafka instead of RabbitMQ | yes |",
    ],
)
def test_what_is_no_decision_of_the_design_is_not_in_the_ledger(
    meeting: MeetingKnowledge, sentence: str
) -> None:
    assert _entries(meeting, f"# Design\n\n{sentence}\n") == ()


def test_a_stated_cost_is_an_effect_and_lifts_the_flag(meeting: MeetingKnowledge) -> None:
    with_cost = "We chose Kafka over RabbitMQ. It is more scalable, but more complex to run."
    without = "We chose Kafka over RabbitMQ. It is more scalable."
    (entry,) = _entries(meeting, with_cost)
    assert not entry.no_cost
    effects = {effect.dimension: effect for effect in entry.effects}
    assert effects["risk"].better == ("scalable",)
    assert effects["maintainability"].worse == ("complex",)
    assert _entries(meeting, without)[0].no_cost


def test_options_under_a_title_of_alternatives_are_rejected_ones(meeting: MeetingKnowledge) -> None:
    text = (
        "# Design\n\n## Alternatives considered\n\n### Option 1: One big queue\n\nIt is simple, "
        "but a bottleneck.\n\n### Polling\n\nIt adds latency.\n\n## Next\n\n### No option\n\n"
        "Text.\n"
    )
    assert [entry.rejected for entry in _entries(meeting, text)] == [
        ("One big queue",),
        ("Polling",),
    ]
    nested = "# D\n\n## Alternative 1: Polling\n\n**Rationale:** it is simple.\n"
    assert [entry.rejected for entry in _entries(meeting, nested)] == [("Polling",)]
    bold = (
        "# D\n\n## Alternatives\n\n**Leases:** they are slow.\n\n- not this\n\n"
        "*Polling.* It waits.\n"
    )
    assert [entry.rejected for entry in _entries(meeting, bold)] == [("Leases",), ("Polling",)]


def test_text_that_the_reader_does_not_see_states_no_decision(meeting: MeetingKnowledge) -> None:
    text = "# Design\n\n<!-- We chose Kafka over RabbitMQ because it replays. -->\n\nWe train.\n"
    assert _entries(meeting, text) == ()


@pytest.mark.parametrize("form", list(FORMS))
def test_a_hostile_document_stays_text_in_a_ledger(
    knowledge: Knowledge, meeting: MeetingKnowledge, form: str
) -> None:
    text = "We chose <script>alert(1)</script> | \x1b[31mKafka over [x](http://evil) RabbitMQ."
    entries = _entries(meeting, text)
    assert entries
    page = FORMS[form]("a|<b>.md", entries, knowledge)
    assert "\x1b" not in page
    if form == "md":
        assert "<script" not in page
        assert all(
            row.replace("\\|", "").count("|") == 7 for row in page.splitlines() if row[:1] == "|"
        )


@pytest.mark.parametrize(
    ("file", "text", "line", "what"),
    [
        ("decisions.yaml", "decisions:\n- id: x\n  pattern: '('\n", 3, "regular expression"),
        ("decisions.yaml", "decisions:\n- id: x\n  pattern: 'a'\n", 3, "groups"),
        ("decisions.yaml", "effects:\n- {id: nowhere, better: [], worse: []}\n", 2, "nowhere"),
        ("questions.yaml", "openings:\n- {id: no.such, unsaid: x, holds: figures}\n", 2, "no.such"),
        ("questions.yaml", "openings:\n- id: risk.scalability\n  holds: tea\n", 3, "holds"),
        ("questions.yaml", "same:\n- {id: s, criteria: [no.such.one]}\n", 2, "no.such.one"),
        ("questions.yaml", "opnings: []\n", 1, "opnings"),
        ("tensions.yaml", "tensions:\n- id: scale-without-budget\n  source: x#y\n", 2, "x#y"),
        ("glossary.yaml", "terms:\n- {id: SLO, plain: [1]}\n", 2, "plain"),
    ],
)
def test_a_bad_pack_names_file_and_line(
    knowledge: Knowledge, tmp_path: Path, file: str, text: str, line: int, what: str
) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(KnowledgeError, match=what) as caught:
        load_meeting(knowledge, [tmp_path])
    assert f"{file}:{line}" in str(caught.value) or what == "x#y"


def test_a_pack_adds_and_overrides(knowledge: Knowledge, tmp_path: Path) -> None:
    (tmp_path / "glossary.yaml").write_text(
        "terms:\n- {id: SLO, plain: Ours.}\n- {id: Grommet, plain: A ring.}\n"
        "- {id: GPU, disable: true}\n"
    )
    terms = {term.id: term.plain for term in load_meeting(knowledge, [tmp_path]).terms}
    assert terms["SLO"] == "Ours." and terms["Grommet"] == "A ring." and "GPU" not in terms
