"""The remote embedder against a real HTTP server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from copilot.errors import IndexFault
from copilot.index.embedders import make_embedder
from copilot.index.remote import RemoteEmbedder

Reply = tuple[int, Any]
SECRET = "sk-secret-key"


def vector(text: str, size: int) -> list[float]:
    return [float(len(text)), 1.0, *([0.0] * (size - 2))]


def good(body: dict[str, Any], size: int = 4) -> Reply:
    """Answer as the API does, with the rows out of order."""
    rows = [
        {"object": "embedding", "index": place, "embedding": vector(text, size)}
        for place, text in enumerate(body["input"])
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    data = list(reversed(rows))
    return 200, {"object": "list", "data": data, "model": body["model"], "usage": usage}


class Server(ThreadingHTTPServer):
    """Answers with the scripted replies first, then as a working server would."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Callable[[dict[str, Any]], Reply]] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.keys.add(self.headers["Authorization"])
        status, answer = self.server.script.pop(0)(body) if self.server.script else good(body)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def failing(status: int) -> Callable[[dict[str, Any]], Reply]:
    return lambda body: (status, {"error": {"message": f"no, {SECRET}", "code": "x"}})


def test_texts_are_sent_in_batches_and_come_back_in_order(server: Server) -> None:
    embedder = RemoteEmbedder(server.url, "embed-1", SECRET, dimensions=4, batch=2)
    texts = ["a", "bb", "", "cccc", "   ", "eeeee"]
    rows = embedder.embed(texts)
    assert [request["input"] for request in server.requests] == [["a", "bb"], ["cccc", "eeeee"]]
    assert {request["dimensions"] for request in server.requests} == {4}
    assert server.keys == {f"Bearer {SECRET}"}
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0, 1, 0, 1], atol=1e-6)
    np.testing.assert_allclose(rows[[0, 1, 3], 0] / rows[[0, 1, 3], 1], [1, 2, 4], rtol=1e-5)


def test_the_size_is_learned_once_when_it_was_not_given(server: Server) -> None:
    embedder = RemoteEmbedder(server.url, "embed-1", None)
    assert server.requests == []
    assert (embedder.dimensions, embedder.id[:19]) == (4, "openai-embed-1-4-at")
    assert len(server.requests) == 1
    assert "dimensions" not in server.requests[0]


def test_ids_differ_by_model_size_and_server() -> None:
    built = [
        RemoteEmbedder(url, model, None, dimensions=size).id
        for url in ("http://one/v1", "http://two/v1")
        for model in ("m", "n")
        for size in (4, 8)
    ]
    assert len(set(built)) == 8
    assert RemoteEmbedder("http://one/v1/", "m", None, dimensions=4).id == built[0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_retried(server: Server, status: int) -> None:
    server.script = [failing(status), failing(status)]
    embedder = RemoteEmbedder(server.url, "embed-1", SECRET, dimensions=4)
    assert embedder.embed(["a"]).shape == (1, 4)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "requests", "todo"),
    [
        (400, 1, "model's name"),
        (401, 1, "API key"),
        (403, 1, "API key"),
        (404, 1, "base URL"),
        (429, 3, "wait"),
        (500, 3, "server runs"),
    ],
)
def test_a_lasting_failure_says_what_where_and_what_to_do(
    server: Server, status: int, requests: int, todo: str
) -> None:
    server.script = [failing(status)] * 5
    embedder = RemoteEmbedder(server.url, "embed-1", SECRET, dimensions=4, retries=2)
    with pytest.raises(IndexFault, match=f"embed-1 failed .HTTP {status}") as caught:
        embedder.embed(["a"])
    assert caught.value.where == server.url
    assert todo in caught.value.todo
    assert SECRET not in str(caught.value)
    assert len(server.requests) == requests


def short(body: dict[str, Any]) -> Reply:
    status, answer = good(body)
    return status, answer | {"data": answer["data"][:1]}


def rows_of(embedding: list[Any]) -> Callable[[dict[str, Any]], Reply]:
    rows = [{"index": place, "embedding": embedding} for place in (0, 1)]
    return lambda body: (200, {"data": rows})


def not_numbers(body: dict[str, Any]) -> Reply:
    status, answer = good(body)
    answer["data"][0]["embedding"] = [float("nan")] * 4
    return status, answer


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (lambda body: good(body, size=8), "vectors of 8 numbers came back instead of 4"),
        (short, "1 vectors came back for 2 texts"),
        (not_numbers, "not a number"),
        (lambda body: (200, {"data": None}), "not a list of embeddings"),
        (lambda body: (200, {"data": []}), "0 vectors came back for 2 texts"),
        (lambda body: (200, []), "not a list of embeddings"),
        (lambda body: (200, {"data": [{"index": 0}, {"index": 1}]}), "not a list of embeddings"),
        (rows_of([]), "an empty vector"),
        (rows_of(["a", "b", "c", "d"]), "not a number"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(
    server: Server, reply: Callable[[dict[str, Any]], Reply], message: str
) -> None:
    server.script = [reply]
    embedder = RemoteEmbedder(server.url, "embed-1", SECRET, dimensions=4)
    with pytest.raises(IndexFault, match=message):
        embedder.embed(["a", "bb"])


def test_a_server_that_is_not_there_is_said() -> None:
    embedder = RemoteEmbedder("http://127.0.0.1:1/v1", "m", None, dimensions=4, retries=0)
    with pytest.raises(IndexFault, match="APIConnectionError") as caught:
        embedder.embed(["a"])
    assert "server runs" in caught.value.todo


def test_the_setting_names_the_model(server: Server) -> None:
    embedder = make_embedder("openai:org/model:tag", base_url=server.url, dimensions=4)
    assert embedder.embed(["a"]).shape == (1, 4)
    assert server.requests[0]["model"] == "org/model:tag"
