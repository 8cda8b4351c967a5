"""The further real documents: fetched from an index over HTTP, checked against the manifest."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evals.training.corpus import further_documents
from evals.training.fetch import Source, absent, fetch, manifest

REAL = Path(__file__).parents[1] / "evals" / "real"
BODY = b"# A design\n\nThree replicas stand behind a load balancer.\n"


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return out.getvalue()


ARCHIVE = packed(**{"thing-1.0/../../outside.md": b"x", "thing-1.0/docs/design.md": BODY})
SOURCE = Source(
    id="900-thing",
    package="thing",
    archive="thing-1.0.tar.gz",
    archive_sha256=hashlib.sha256(ARCHIVE).hexdigest(),
    path="thing-1.0/docs/design.md",
    file="900-thing.md",
    sha256=hashlib.sha256(BODY).hexdigest(),
    licence="MIT",
    words="9",
)


class Index(http.server.BaseHTTPRequestHandler):
    """A package index of one package."""

    def do_GET(self) -> None:
        if self.path == "/simple/thing/":
            files = [{"filename": SOURCE.archive, "url": f"../../files/{SOURCE.archive}"}]
            body = json.dumps({"files": files}).encode()
        elif self.path == f"/files/{SOURCE.archive}":
            body = ARCHIVE
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


def test_a_document_is_taken_out_of_its_archive_and_nothing_else(
    index: str, tmp_path: Path
) -> None:
    fetch(SOURCE, index, tmp_path / "real")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written == [tmp_path / "real" / "designs" / "900-thing.md"]
    assert written[0].read_bytes() == BODY


@pytest.mark.parametrize("field", ["archive_sha256", "sha256"])
def test_other_bytes_than_the_labelled_ones_are_refused(
    index: str, tmp_path: Path, field: str
) -> None:
    with pytest.raises(ValueError, match="not those that were labelled"):
        fetch(replace(SOURCE, **{field: "0" * 64}), index, tmp_path / "real")
    assert not (tmp_path / "real").exists()


def test_what_the_index_or_the_archive_lacks_is_named(index: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"does not list thing-2\.0\.tar\.gz"):
        fetch(replace(SOURCE, archive="thing-2.0.tar.gz"), index, tmp_path)
    with pytest.raises(ValueError, match=r"holds no thing-1\.0/other\.md"):
        fetch(replace(SOURCE, path="thing-1.0/other.md"), index, tmp_path)


def test_only_encrypted_addresses_and_loopback_are_asked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an https address"):
        fetch(SOURCE, "http://index.example/simple", tmp_path)


def test_training_says_which_document_is_absent_and_what_to_do(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    fields = SOURCE.__dict__
    rows = "\t".join(fields) + "\n" + "\t".join(fields.values()) + "\n"
    (real / "MANIFEST.tsv").write_text(rows, encoding="utf-8")
    assert absent(real) == [SOURCE]
    with pytest.raises(FileNotFoundError, match=r"900-thing\.md first: run python -m"):
        further_documents(tmp_path, ())


def test_every_document_of_the_manifest_has_labels_and_marks_made_for_one_text() -> None:
    for source in manifest(REAL):
        label = json.loads((REAL / "labels" / f"{source.id}.json").read_text(encoding="utf-8"))
        path = REAL.parent / "annotations" / f"{source.id}.json"
        marks = json.loads(path.read_text(encoding="utf-8"))
        assert label["document"] == f"designs/{source.file}"
        assert label["text_sha256"] == marks["text_sha256"]
        assert len(label["aspects"]) == 30
        assert {mark[3] for mark in marks["marks"]} <= {"addressed", "partial", "none"}
