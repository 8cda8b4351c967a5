"""A sentence that takes back what it names is no evidence for it."""

from __future__ import annotations

import numpy as np
import pytest

from copilot.documents.outline import outline
from copilot.judges.offline.disclaimers import PENALTY, disclaims, discount, promises, retracts
from copilot.judges.offline.features import UnitHints
from copilot.judges.offline.units import Unit, units


def unit(text: str, title: str = "Design") -> Unit:
    whole = f"# {title}\n\n{text}\n"
    return units(whole, outline(whole, "markdown"))[-1]


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        ("Encryption at rest is out of scope of this document.", "Design", True),
        ("There is no audit log, no lineage in this system, and none is planned.", "Design", True),
        ("Other products offer drift alerts; we do not use any of them.", "Design", True),
        ("Keywords: autoscaling, sharding, replicas.", "Design", True),
        ("We decided against a feature store in the first year.", "Design", True),
        ("Multi-region failover of the registry.", "Non-Goals", True),
        ("Multi-region failover of the registry.", "3.2 Out of scope", True),
        ("Requests out of scope of the token are rejected with 403.", "Design", False),
        ("Every model is encrypted at rest; no plain copy is kept.", "Design", False),
        ("Messages that cannot be parsed go to a dead-letter queue.", "Non-goals met", False),
    ],
)
def test_what_disclaims(text: str, title: str, expected: bool) -> None:
    assert disclaims(unit(text, title)) is expected


def test_only_aspects_about_scope_keep_the_score_and_cues_of_a_disclaimer() -> None:
    parts = units("Keywords: autoscaling.\n\nPods autoscale from 2 to 40.\n", ())
    aspects = ("risk.scalability", "tradeoffs.alternatives")
    hits = frozenset({(0, "autoscal*"), (1, "keywords")})
    hints = UnitHints((hits, hits), (hits, hits), (hits, hits))
    scores = np.ones((2, 4), np.float32)
    kept, lowered = discount(parts, hints, scores, aspects)
    assert lowered.tolist() == [[1 - PENALTY, 1, 1 - PENALTY, 1], [1, 1, 1, 1]]
    assert kept.cues == (frozenset({(1, "keywords")}), hits)
    assert scores.min() == 1


def struck(text: str, cue: str) -> list[bool]:
    """For each sentence, whether access control lost its score; cues stand where the word does."""
    parts = units(text, ())
    hits = tuple(frozenset({(0, cue)} if cue in part.text else ()) for part in parts)
    empty = (frozenset[tuple[int, str]](),) * len(parts)
    hints = UnitHints(hits, empty, empty)
    scores = np.zeros((len(parts), 2), np.float32)
    _, lowered = discount(parts, hints, scores, ("security.access-control",))
    return [bool(value < 0) for value in lowered[:, 0]]


def test_a_denial_that_introduces_a_paragraph_takes_all_of_it_back() -> None:
    text = (
        "Rejected in the last review and out of scope now: users log in by SSO. Roles are kept "
        "in Keycloak. Tokens live for an hour.\n\nThe index has three replicas.\n"
    )
    assert struck(text, "no such cue") == [True, True, True, False]


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Note: contrary to the above, access control was dropped.", [True, True, True]),
        ("Contrary to what is said in the previous section, SSO is no longer planned.", None),
        ("Contrary to the above, none of that is part of this design.", [False, True, True]),
    ],
)
def test_a_retraction_takes_back_what_it_names_or_follows(
    note: str, expected: list[bool] | None
) -> None:
    text = f"The gateway answers in 50 ms.\n\nUsers log in by SSO.\n\n{note}\n"
    assert struck(text, "SSO") == (expected or [False, True, True])


@pytest.mark.parametrize(
    "text",
    [
        "Messages above the limit are dropped.",
        "The number of retries was cut to three.",
        "Access control was described in the previous section.",
    ],
)
def test_what_only_resembles_a_retraction(text: str) -> None:
    assert not retracts(unit(text))


def test_a_bare_promise_stays_a_mention_but_is_not_concrete() -> None:
    parts = units("Encryption at rest: TBD.\n", ())
    empty = (frozenset[tuple[int, str]](),)
    hints = UnitHints(empty, empty, empty)
    _, lowered = discount(parts, hints, np.zeros((1, 2), np.float32), ("security.encryption",))
    assert promises(parts[0])
    assert lowered.tolist() == [[0, -PENALTY]]
