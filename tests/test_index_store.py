"""The Chroma store: what is embedded when, and what happens to a folder that is not sound."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from copilot.errors import IndexFault
from copilot.index.embedders import Vectors, normalised
from copilot.index.search import HybridSearch
from copilot.index.store import PassageIndex
from copilot.schema import Document, Passage

TOPICS = "scale gpu train serve audit encrypt cost carbon drift registry pipeline retry"
WORDS = TOPICS.split()
QUERIES = ["how it scales on gpu nodes", "encrypt and audit", "drift of the registry"]


class CountingEmbedder:
    """A small deterministic embedder that counts the texts it was given."""

    dimensions = 16

    def __init__(self, id: str = "counting-16") -> None:
        self.id = id
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row[sha256(word.encode()).digest()[0] % self.dimensions] += 1
        return normalised(rows)


def design(seed: str, count: int = 12) -> tuple[Document, tuple[Passage, ...]]:
    """A document of `count` one-line passages."""
    lines = [
        " ".join(WORDS[(i * step + len(seed)) % len(WORDS)] for step in range(1, 6)) + f" {seed}{i}"
        for i in range(count)
    ]
    text = "\n".join(lines)
    digest = sha256(text.encode()).hexdigest()
    document = Document(
        path=f"{seed}.md", title=seed, text=text, digest=digest, format="markdown", files=()
    )
    starts = [0]
    for line in lines[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    passages = tuple(
        Passage(
            id=f"p{n:04d}",
            start=start,
            end=start + len(line),
            line_start=n,
            line_end=n,
            file=document.path,
            heading=(),
            text=line,
        )
        for n, (start, line) in enumerate(zip(starts, lines, strict=True), 1)
    )
    return document, passages


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "index"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Chroma server on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    chroma = str(Path(sys.executable).with_name("chroma"))
    command = [chroma, "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_an_unchanged_document_embeds_nothing(root: Path) -> None:
    document, passages = design("a")
    first, second = CountingEmbedder(), CountingEmbedder()
    with PassageIndex.open(root, first) as index:
        assert index.add(document, passages) == len(passages)
        assert index.add(document, passages) == 0
    with PassageIndex.open(root, second) as index:
        assert index.add(document, passages) == 0
        index.vectors(document, passages)
        assert index.warnings == []
    assert (first.texts, second.texts) == (len(passages), 0)


def test_a_changed_document_or_another_cut_is_embedded_again(root: Path) -> None:
    document, passages = design("a")
    changed, changed_passages = design("b")
    joined = passages[0].model_copy(
        update={
            "end": passages[1].end,
            "text": document.text[passages[0].start : passages[1].end],
        }
    )
    with PassageIndex.open(root, CountingEmbedder()) as index:
        assert index.add(document, passages) == len(passages)
        assert index.add(changed, changed_passages) == len(changed_passages)
        assert index.add(document, (joined, *passages[2:])) == len(passages) - 1
        assert index.vectors(document, (joined, *passages[2:])).shape == (len(passages) - 1, 16)
        assert index.add(changed, changed_passages) == 0


def test_vectors_of_two_embedders_are_kept_apart(root: Path) -> None:
    document, passages = design("a")
    for embedder in (CountingEmbedder("one/model@1"), CountingEmbedder("one model 1")):
        with PassageIndex.open(root, embedder) as index:
            assert index.add(document, passages) == len(passages)


def test_vectors_come_back_in_passage_order(root: Path) -> None:
    document, passages = design("a")
    embedder = CountingEmbedder()
    with PassageIndex.open(root, embedder) as index:
        index.add(document, tuple(reversed(passages)))
        vectors = index.vectors(document, passages)
    expected = embedder.embed([passage.text for passage in passages])
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_a_document_without_passages_is_fine() -> None:
    document, _ = design("a")
    with PassageIndex.open(None, CountingEmbedder()) as index:
        assert index.add(document, ()) == 0
        assert HybridSearch(index, document, ()).search(QUERIES, 3) == [[], [], []]


def test_memory_folder_and_server_give_the_same_hits(root: Path, server: str) -> None:
    document, passages = design("a", 40)
    found = []
    for location in (None, root, root, str(root), server, server + "/"):
        with PassageIndex.open(location, CountingEmbedder()) as index:
            found.append(HybridSearch(index, document, passages).search(QUERIES, 7))
            assert index.warnings == []
    assert all(hits == found[0] for hits in found)
    assert [len(hits) for hits in found[0]] == [7, 7, 7]


def test_a_server_embeds_an_unchanged_document_once(server: str) -> None:
    document, passages = design("served")
    embedded = []
    for _ in range(2):
        with PassageIndex.open(server, CountingEmbedder("served")) as index:
            embedded.append(index.add(document, passages))
    assert embedded == [len(passages), 0]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "HTTP://127.0.0.1:1/"])
def test_a_server_that_is_not_there_is_said(url: str) -> None:
    with pytest.raises(IndexFault, match="Chroma server failed") as caught:
        PassageIndex.open(url, CountingEmbedder())
    assert caught.value.where == url
    assert "chroma run" in caught.value.todo


def test_memory_is_private_to_its_index() -> None:
    document, passages = design("a")
    embedder = CountingEmbedder()
    with PassageIndex.open(None, embedder) as one, PassageIndex.open(None, embedder) as two:
        assert one.add(document, passages) == len(passages)
        assert two.add(document, passages) == len(passages)
        one.close()
        assert two.add(document, passages) == 0


# --- damaged folders --------------------------------------------------------------------------

BIG = 1_200
"""More passages than Chroma keeps before it writes its vector files."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two indexed documents, one of them big, and a file of someone else."""
    workspace = tmp_path_factory.mktemp("sound")
    with PassageIndex.open(workspace / "index", CountingEmbedder()) as index:
        index.add(*design("a"))
        index.add(*design("big", BIG))
    (workspace / "reviews.db").write_text("kept")
    (workspace / "index" / "notes.txt").write_text("kept")
    return workspace


def database(root: Path) -> Path:
    return next(root.glob("store-*/chroma.sqlite3"))


def vector_file(root: Path, name: str) -> Path:
    return next(root.glob(f"store-*/*/{name}"))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


def blot(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
    path.write_bytes(content)


def set_format(root: Path) -> None:
    record = json.loads((root / "format.json").read_text())
    (root / "format.json").write_text(json.dumps(record | {"format": 999}))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "database truncated": lambda root: truncate(database(root)),
    "database overwritten": lambda root: overwrite(database(root)),
    "database blotted": lambda root: blot(database(root)),
    "database emptied": lambda root: database(root).write_bytes(b""),
    "database deleted": lambda root: database(root).unlink(),
    "vectors overwritten": lambda root: overwrite(vector_file(root, "data_level0.bin")),
    "vectors truncated": lambda root: truncate(vector_file(root, "data_level0.bin")),
    "vectors deleted": lambda root: vector_file(root, "data_level0.bin").unlink(),
    "header deleted": lambda root: vector_file(root, "header.bin").unlink(),
    "ids deleted": lambda root: vector_file(root, "index_metadata.pickle").unlink(),
    "all vector files deleted": lambda root: shutil.rmtree(vector_file(root, "header.bin").parent),
    "store deleted": lambda root: shutil.rmtree(database(root).parent),
    "another format": set_format,
    "format.json truncated": lambda root: truncate(root / "format.json"),
    "format.json of another shape": lambda root: (root / "format.json").write_text("[1]"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_folder_is_said_and_built_anew(
    sound: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(sound, workspace)
    root = workspace / "index"
    damage(root)
    document, passages = design("a")
    with PassageIndex.open(root, CountingEmbedder()) as index:
        assert index.add(document, passages) == len(passages)
        hits = HybridSearch(index, document, passages).search(QUERIES, 3)
        assert len(index.warnings) == 1
        assert "built anew because" in index.warnings[0]
    with PassageIndex.open(None, CountingEmbedder()) as index:
        assert hits == HybridSearch(index, document, passages).search(QUERIES, 3)
    with PassageIndex.open(root, CountingEmbedder()) as index:
        assert (index.add(document, passages), index.warnings) == (0, [])
    assert (workspace / "reviews.db").read_text() == "kept"
    assert (root / "notes.txt").read_text() == "kept"


def test_a_sound_folder_is_left_alone(sound: Path, tmp_path: Path) -> None:
    root = tmp_path / "workspace" / "index"
    shutil.copytree(sound / "index", root)
    for _ in range(3):
        with PassageIndex.open(root, CountingEmbedder()) as index:
            assert index.add(*design("big", BIG)) == 0
            assert index.vectors(*design("a")).shape == (12, 16)
            assert index.warnings == []


def test_damage_that_shows_up_while_open_is_mended(root: Path) -> None:
    document, passages = design("a")
    with PassageIndex.open(root, CountingEmbedder()) as index:
        index.add(document, passages)
        assert index._collection
        index._collection.delete(where={"digest": document.digest})
        shutil.rmtree(database(root).parent)
        assert index.vectors(document, passages).shape == (12, 16)
        assert any("built anew" in warning for warning in index.warnings)


def test_a_folder_that_cannot_be_made_is_replaced_by_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    document, passages = design("a")
    with PassageIndex.open(tmp_path / "file" / "index", CountingEmbedder()) as index:
        assert index.add(document, passages) == len(passages)
        assert index.add(document, passages) == 0
        assert "in memory" in index.warnings[0]
    assert (tmp_path / "file").read_text() == "in the way"


# --- several users of one folder --------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from test_index_store import CountingEmbedder, PassageIndex, design
for seed in sys.argv[4:]:
    with PassageIndex.open(Path(sys.argv[3]), CountingEmbedder()) as index:
        document, passages = design(seed, 300)
        index.add(document, passages)
        assert index.vectors(document, passages).shape == (300, 16)
        assert index.warnings == [], index.warnings
"""


def child(root: Path, *seeds: str) -> subprocess.Popen[str]:
    tests = Path(__file__).resolve().parent
    command = [sys.executable, "-c", CHILD, str(tests), str(tests.parent), str(root), *seeds]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_processes_that_write_at_once_lose_nothing(root: Path) -> None:
    seeds = [("a", "b", "c", "d"), ("e", "f", "c", "g")]
    for process in [child(root, *each) for each in seeds]:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    with PassageIndex.open(root, CountingEmbedder()) as index:
        for seed in "abcdefg":
            assert index.add(*design(seed, 300)) == 0
            assert index.vectors(*design(seed, 300)).shape == (300, 16)
        assert index.warnings == []


def test_a_folder_in_use_elsewhere_is_replaced_by_memory(root: Path) -> None:
    code = (
        "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); "
        "print('held', flush=True); sys.stdin.read()"
    )
    root.parent.mkdir(parents=True)
    command = [sys.executable, "-c", code, f"{root}.lock"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with PassageIndex.open(root, CountingEmbedder(), wait=0.1) as index:
            assert index.add(*design("a")) == 12
            assert "another process" in index.warnings[0]
        assert holder.stdin
        holder.stdin.close()
        holder.wait(timeout=20)
    with PassageIndex.open(root, CountingEmbedder(), wait=0.1) as index:
        assert index.warnings == []


def test_one_process_may_open_a_folder_twice(root: Path) -> None:
    embedder = CountingEmbedder()
    with PassageIndex.open(root, embedder, wait=0.1) as one:
        one.add(*design("a"))
        with PassageIndex.open(root, embedder, wait=0.1) as two:
            assert two.add(*design("a")) == 0
            two.add(*design("b"))
        assert one.add(*design("b")) == 0
        assert one.warnings == two.warnings == []


# --- no network ---------------------------------------------------------------------------------


def test_memory_and_folder_open_no_socket(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for location in (None, root):
        with PassageIndex.open(location, CountingEmbedder()) as index:
            index.add(*design("a"))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux's /proc")
def test_the_engine_itself_holds_no_network_socket(root: Path) -> None:
    def open_sockets() -> dict[str, int]:
        links = {
            path: str(path.readlink())
            for path in Path("/proc/self/fd").iterdir()
            if path.is_symlink()
        }
        return {link: int(path.name) for path, link in links.items() if "socket:" in link}

    before = open_sockets()
    with PassageIndex.open(root, CountingEmbedder()) as index:
        index.add(*design("a"))
        new = [number for link, number in open_sockets().items() if link not in before]
        for number in new:  # its event loop may wake itself through a local pair
            with socket.socket(fileno=os.dup(number)) as found:
                assert found.family == socket.AF_UNIX


def test_a_dotenv_file_in_the_working_folder_changes_nothing(root: Path) -> None:
    Path(".env").write_text("ANONYMIZED_TELEMETRY=true\nCHROMA_SERVER_HOST=evil.example\n")
    with PassageIndex.open(root, CountingEmbedder()) as index:
        assert index._client
        settings = index._client.get_settings()
        assert (settings.anonymized_telemetry, settings.chroma_server_host) == (False, None)
