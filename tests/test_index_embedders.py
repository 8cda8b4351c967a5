"""The packaged embedder and the choice of embedders."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from copilot.errors import IndexFault, InputError
from copilot.index.embedders import LocalEmbedder, local_embedder, make_embedder, normalised

TEXTS = ["autoscaling of inference replicas", "", "   \n", "Grüße 模型 🚀", "x" * 5_000]


def test_rows_have_length_one_or_are_zeros() -> None:
    rows = local_embedder().embed(TEXTS)
    assert rows.shape == (5, 256)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 0, 1, 1], atol=1e-5)


def test_no_texts_give_no_rows() -> None:
    assert local_embedder().embed([]).shape == (0, 256)


def test_a_text_has_the_same_vector_in_any_company_and_wrapping() -> None:
    embedder = local_embedder()
    alone = embedder.embed(["retries with back-off and a dead letter queue"])[0]
    company = embedder.embed([*TEXTS, "retries with\nback-off and a\tdead letter  queue"] * 40)
    assert (company[5::6] == alone).all()


def test_related_texts_are_nearer_than_unrelated_ones() -> None:
    query, near, far = local_embedder().embed(
        ["encrypt data at rest", "disks are encrypted with a managed key", "the team meets weekly"]
    )
    assert query @ near > query @ far + 0.1


def test_its_id_names_model_size_and_version() -> None:
    assert local_embedder().id.startswith("wordllama-l2-supercat-256-v0.4")


def test_it_is_loaded_once() -> None:
    assert local_embedder() is make_embedder("local")


def test_loading_and_embedding_leave_logging_and_the_network_alone() -> None:
    code = (
        "import logging, socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('a socket was opened')\n"
        "socket.socket = socket.getaddrinfo = refuse\n"
        "from copilot.index.embedders import local_embedder\n"
        "local_embedder().embed(['a text'])\n"
        "assert logging.getLogger().handlers == []\n"
        "assert logging.getLogger().level == logging.WARNING\n"
        "assert not {'wordllama', 'requests', 'openai', 'chromadb'} & set(sys.modules)\n"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert socket.socket and logging.getLogger()


def test_a_broken_installation_is_said(tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match="word vectors cannot be read") as caught:
        LocalEmbedder(tmp_path, "1")
    assert caught.value.where == tmp_path
    assert caught.value.todo


@pytest.mark.parametrize("spec", ["", "locale", "openai", "openai:", "cohere:embed"])
def test_an_unknown_embedder_is_refused(spec: str) -> None:
    with pytest.raises(InputError, match="unknown embedder"):
        make_embedder(spec)


def test_normalised_keeps_zeros() -> None:
    rows = np.array([[3, 4], [0, 0]], np.float32)
    np.testing.assert_allclose(normalised(rows), [[0.6, 0.8], [0, 0]])
