"""The folder of a persistent index: who may use it, whether it is sound, where to start anew.

Chroma's folder serves one process at a time: a second one waits on SQLite for up to 1,000 s, and
two writers overwrite each other's vector files. Its vector files carry no checksum either; with
damaged ones it returns wrong vectors or crashes the process. So a lock file admits one process,
and a seal (sizes and CRC-32 of the vector files) is checked before Chroma sees them.

    index/format.json    {"format": 1, "store": "store-1", "seal": {...}}
    index/store-1/       Chroma's own folder; a damaged one is moved to `damaged/`
    index.lock           held from open to close
"""

from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path

from filelock import FileLock, Timeout

FORMAT = 1
"""Goes up when a new archreview cannot use an old folder."""

_SQLITE = b"SQLite format 3\x00"
Seal = dict[str, tuple[int, int]]


class Busy(Exception):
    """Another process holds the index."""


class IndexFolder:
    """One index folder, locked for this process from construction to `release`."""

    def __init__(self, root: Path, wait: float) -> None:
        """Create the folder if needed and lock it; raise Busy after `wait` seconds, or OSError."""
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        # One lock object per path and process: threads share it, other processes wait.
        self._lock = FileLock(f"{root}.lock", thread_local=False, is_singleton=True)
        self._shared = self._lock.is_locked
        try:
            self._lock.acquire(timeout=wait)
        except Timeout as error:
            raise Busy from error
        self._number = 1
        self._stats: dict[Path, tuple[int, int]] = {}

    @property
    def store(self) -> Path:
        """Where Chroma keeps its files now."""
        return self.root / f"store-{self._number}"

    def release(self) -> None:
        """Let other processes in."""
        self._lock.release()

    def damage(self) -> str | None:
        """Say what is wrong with the files on disk, or None when they may be opened."""
        try:
            record = json.loads((self.root / "format.json").read_text("utf-8"))
            self._number = int(record["store"].removeprefix("store-"))
            version, seal = record["format"], record["seal"]
        except FileNotFoundError:
            self._number = self._free_number()
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._number = self._free_number() - 1
            return "its format.json cannot be read"
        if version != FORMAT:
            return f"it has format {version}, this archreview uses {FORMAT}"
        return None if self._shared else self._broken(seal)  # a sharer may be writing now

    def _broken(self, seal: object) -> str | None:
        database = self.store / "chroma.sqlite3"
        try:
            with database.open("rb") as file:
                if file.read(len(_SQLITE)) != _SQLITE:
                    return "its database is damaged"
        except OSError:
            return "its database is gone"
        if seal != {name: list(sum_) for name, sum_ in self._sums().items()}:
            return "its vector files are damaged, or the last run was killed while it wrote them"
        return None

    def seal(self) -> None:
        """Record the vector files as they are now, if they changed since the last time."""
        stats = {
            path: (stat.st_size, stat.st_mtime_ns)
            for path in self._vector_files()
            for stat in [path.stat()]
        }
        if stats == self._stats and (self.root / "format.json").exists():
            return
        record = {"format": FORMAT, "store": self.store.name, "seal": self._sums()}
        draft = self.root / "format.json.new"
        draft.write_text(json.dumps(record), "utf-8")
        draft.replace(self.root / "format.json")
        self._stats = stats

    def start_anew(self) -> None:
        """Move the store aside (one damaged store is kept) and name a fresh one.

        The name is fresh because Chroma remembers a folder that it failed to open.
        """
        aside = self.root / "damaged"
        if self.store.exists():
            shutil.rmtree(aside, ignore_errors=True)
            self.store.rename(aside)
        (self.root / "format.json").unlink(missing_ok=True)
        self._number += 1
        self._stats = {}

    def _free_number(self) -> int:
        taken = [path.name.removeprefix("store-") for path in self.root.glob("store-*")]
        return max((int(name) for name in taken if name.isdigit()), default=0) + 1

    def _vector_files(self) -> list[Path]:
        """Files of the collections that Chroma has saved: each of those has a pickle of ids.

        Until then (1,000 passages) the vectors stand in the database, and what is in the files
        is written afresh whenever they are opened.
        """
        saved = [ids.parent for ids in self.store.glob("*/index_metadata.pickle")]
        return sorted(path for folder in saved for path in folder.iterdir() if path.is_file())

    def _sums(self) -> Seal:
        return {
            path.relative_to(self.store).as_posix(): (path.stat().st_size, _crc(path))
            for path in self._vector_files()
        }


def _crc(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            total = zlib.crc32(block, total)
    return total
