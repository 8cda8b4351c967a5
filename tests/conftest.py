"""Every test runs without keys, without the user's own folders, and without the network."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from copilot.knowledge import Knowledge, load_knowledge

ROOT = Path(__file__).resolve().parent.parent
BENCHMARK = ROOT.parent / "shared" / "benchmark"


def _is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    return str(address[0]) in {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def isolation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No keys, a home of its own, a working folder of its own, loopback only."""
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "ARCHREVIEW_", "LANGSMITH_", "LANGCHAIN_", "ANTHROPIC_")):
            monkeypatch.delenv(name)
    monkeypatch.delenv("COLUMNS", raising=False)  # pytest-xdist sets it
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.chdir(tmp_path)
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: object) -> object:
        if not _is_loopback(address):
            raise AssertionError(f"a test reached for the network: {address}")
        return real_connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The bundled knowledge, read once."""
    return load_knowledge()


@pytest.fixture(scope="session")
def benchmark() -> Path:
    """The folder of real labelled documents; skips where it is not beside the checkout."""
    if not (BENCHMARK / "GUIDE.md").is_file():
        pytest.skip("needs the real labelled documents in ../shared/benchmark")
    return BENCHMARK
