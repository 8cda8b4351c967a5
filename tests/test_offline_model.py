from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from copilot.documents.outline import outline
from copilot.errors import JudgeError
from copilot.index.embedders import local_embedder
from copilot.judges.offline.evidence import MAX_WORDS, best_spans
from copilot.judges.offline.features import Bag
from copilot.judges.offline.model import LearnedModel, Prediction
from copilot.judges.offline.units import units
from copilot.schema import Status

DESIGN = """\
# Scoring service

## Security

All traffic between the services uses mutual TLS 1.3, the feature store is encrypted at rest with
AES-256 and keys are kept in Vault and rotated every 90 days. Access is granted by RBAC roles that
are bound to Kubernetes service accounts; each tenant has its own namespace.

People sign in with OIDC through Keycloak, and an OPA policy refuses what their role does not allow.

## Operations

Prometheus scrapes latency and error metrics, Grafana shows them on a dashboard, and an alert pages
the on-call engineer when p99 latency is above 200 ms for five minutes. Logs go to Loki.

Three replicas stand behind a load balancer; failed pods are restarted and jobs resume from the
last checkpoint.
"""


@pytest.fixture(scope="module")
def model() -> LearnedModel:
    return LearnedModel.load()


def predict(model: LearnedModel, text: str) -> dict[str, Prediction]:
    return model.predict(text, outline(text, "markdown"), local_embedder().embed)


def test_plainly_stated_aspects_are_addressed_and_silent_ones_missing(model: LearnedModel) -> None:
    found = predict(model, DESIGN)
    assert found["security.access-control"].status is Status.ADDRESSED
    assert found["maintainability.observability"].status is Status.ADDRESSED
    assert found["resources.energy"].status is Status.MISSING
    assert found["lifecycle.retraining"].status is Status.MISSING


def test_every_aspect_has_chances_that_add_up_and_spans_of_the_text(model: LearnedModel) -> None:
    found = predict(model, DESIGN)
    assert len(found) == 30
    for prediction in found.values():
        assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-3)
        assert bool(prediction.near) is (prediction.status is Status.MISSING)
        for start, end, score in prediction.evidence + prediction.near:
            assert 0 < len(DESIGN[start:end].split()) <= MAX_WORDS
            assert DESIGN[start:end] == DESIGN[start:end].strip()
            assert 0 <= score <= 1


def test_the_quote_stands_where_the_matter_is_spoken_of(model: LearnedModel) -> None:
    best = predict(model, DESIGN)["security.encryption"].evidence[0]
    assert "TLS" in DESIGN[best.start : best.end]


def test_two_loads_predict_the_same(model: LearnedModel) -> None:
    assert predict(LearnedModel.load(), DESIGN) == predict(model, DESIGN)


@pytest.mark.parametrize("text", ["", "\n\n", "# Title only\n"])
def test_a_text_without_sentences_misses_everything(model: LearnedModel, text: str) -> None:
    found = predict(model, text)
    assert {prediction.status for prediction in found.values()} == {Status.MISSING}


@pytest.mark.parametrize("content", [None, b"not an archive"])
def test_unreadable_weights_say_where_and_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "arrays.npz").write_bytes(content)
        (tmp_path / "tables.json").write_text("{}", encoding="utf-8")
    with pytest.raises(JudgeError, match="make train") as raised:
        LearnedModel.load(tmp_path)
    assert raised.value.where == tmp_path


def test_runs_of_units_do_not_overlap_and_take_in_close_neighbours() -> None:
    text = "Alpha one two three four five six seven eight. Beta one two three. Gamma. Delta."
    parts = units(text, ())
    scores = np.array([2.0, 1.9, -3.0, -4.0], np.float32)
    spans = best_spans(parts, scores, 5)
    assert text[spans[0].start : spans[0].end].endswith("Beta one two three.")
    assert [span.start for span in spans] == sorted({span.start for span in spans})


def test_a_bag_multiplies_like_the_matrix_it_stands_for() -> None:
    bag = Bag(np.array([2, 0, 1]), np.array([1, 2, 3], np.float32), np.array([0, 1, 1, 3]))
    weights = np.arange(6, dtype=np.float32).reshape(3, 2)
    dense = np.array([[0, 0, 1], [0, 0, 0], [2, 3, 0]], np.float32)
    assert np.array_equal(bag.dot(weights), dense @ weights)


def test_a_single_short_word_is_no_quote() -> None:
    text = "# A\n\nREVIEW\n\n# B\n\nThe review board signs off every change of a model.\n"
    parts = units(text, outline(text, "markdown"))
    scores = np.array([2.0, 1.0], np.float32)
    assert [text[s.start : s.end] for s in best_spans(parts, scores, 2)] == [parts[1].text]
