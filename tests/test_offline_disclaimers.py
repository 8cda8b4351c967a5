"""A sentence that takes back what it names is no evidence for it."""

from __future__ import annotations

import numpy as np
import pytest

from copilot.documents.outline import outline
from copilot.judges.offline.disclaimers import PENALTY, disclaims, discount
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
    parts = [unit("Keywords: autoscaling."), unit("Pods autoscale from 2 to 40.")]
    aspects = ("risk.scalability", "tradeoffs.alternatives")
    hits = frozenset({(0, "autoscal*"), (1, "keywords")})
    hints = UnitHints((hits, hits), (hits, hits), (hits, hits))
    scores = np.ones((2, 4), np.float32)
    kept, lowered = discount(parts, hints, scores, aspects)
    assert lowered.tolist() == [[1 - PENALTY, 1, 1 - PENALTY, 1], [1, 1, 1, 1]]
    assert kept.cues == (frozenset({(1, "keywords")}), hits)
    assert scores.min() == 1
