"""What stands alone as a quote, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from copilot.documents.outline import outline
from copilot.judges.offline.model import quote_scores
from copilot.judges.offline.quotable import AWKWARD, awkward
from copilot.judges.offline.units import units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Failed workers are restarted and jobs resume from the last checkpoint.", False),
        ("- Read latency below 20 ms at p95, measured at the gateway", False),
        ("| LLM endpoint | passages are shown without an answer |", False),
        ("The `retry_limit` of each job is 3, set in `jobs.yaml`.", False),
        ("The system offers the following guarantees to its users:", True),
        ("- [Getting started](docs/start.md)", True),
        ("helm install platform charts/platform --namespace ml", True),
        ("spec = {replicas: 3; mode = $MODE; paused = false}; run(spec)", True),
        ("| VERSION | | | | REVIEWED BY | | APPROVED BY | | COMMENTS |", True),
        ("3.5 Performance", True),
    ],
)
def test_what_a_reviewer_would_not_cite(text: str, expected: bool) -> None:
    parts = units(f"# Design\n\nSome words stand here first.\n\n{text}\n", ())
    assert awkward(parts[-1]) is expected


def test_a_repeated_title_is_no_quote() -> None:
    whole = "# Disaster recovery of the platform\n\n1. Disaster recovery of the platform\n"
    assert awkward(units(whole, outline(whole, "markdown"))[-1])


def test_awkward_units_rank_behind_sentences_that_score_alike() -> None:
    parts = units("The design promises these things:\n\nTwo replicas take over within 5 s.\n", ())
    ranked = quote_scores(parts, np.zeros((2, 2), np.float32))
    assert ranked[:, 0].tolist() == [-AWKWARD, 0]
