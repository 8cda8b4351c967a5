"""What goes wrong around a store: rivals, kills, full disks, strange files. No decision is lost."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import ROOT

from copilot.errors import StoreError
from copilot.schema import Anchor, Decision, Note
from copilot.store import Store, database
from copilot.store.database import Database
from copilot.store.migrations import VERSION

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

WRITER = """
import itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from copilot.schema import Anchor, Decision
from copilot.store import Store

name, strokes = sys.argv[2], int(sys.argv[3])
with Store.open(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in itertools.count() if strokes < 0 else range(strokes):
        made = [
            (
                Anchor(fingerprint=f"{number:015x}{part}", kind="gap", aspect=f"{name}.{part}",
                       severity="high", title="t" * 400),
                Decision(state="dismissed", reason=f"{name} {number}", who=name,
                         at=datetime.now(UTC)),
            )
            for part in range(3)
        ]
        store.triage.add("x.md", made)
        print(number, flush=True)
"""


def writer(workspace: Path, name: str, strokes: int) -> subprocess.Popen[str]:
    """A process that decides about three findings at a stroke, and says when each is kept."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(workspace), name, str(strokes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def start(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()


def made(number: int) -> tuple[Anchor, Decision]:
    """A decision about finding `number`."""
    anchor = Anchor(
        fingerprint=f"{number:016x}", kind="gap", aspect="risk.x", severity="low", title="t" * 500
    )
    return anchor, Decision(state="accepted", who="Ann", at=NOW)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace whose store holds one decision."""
    with Store.open(tmp_path / "work") as store:
        store.triage.add("x.md", [made(0)])
    return tmp_path / "work"


def test_two_processes_that_decide_at_once_lose_nothing(tmp_path: Path) -> None:
    workspace = tmp_path / "fresh"
    pair = [writer(workspace, name, 25) for name in ("Ann", "Bo")]
    start(*pair)
    for process in pair:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert out.split() == [str(n) for n in range(25)]
    with Store.open(workspace) as store:
        reasons = [d.decision.reason for d in store.triage.all("x.md")]
    assert sorted(reasons) == sorted(
        f"{w} {n}" for w in ("Ann", "Bo") for n in range(25) for _ in "123"
    )


def test_a_kill_in_the_middle_of_writing_loses_no_decision_that_was_told(tmp_path: Path) -> None:
    workspace, told = tmp_path / "work", 0
    for round_, after in enumerate((1, 7, 20)):
        process = writer(workspace, f"w{round_}", -1)
        start(process)
        assert process.stdout
        for _ in range(after):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        told += after + len(process.stdout.read().splitlines())
        process.wait()
        process.stdout.close()
        if process.stdin:
            process.stdin.close()
        with Store.open(workspace) as store:
            kept = store.triage.all("x.md")
        strokes = {d.batch for d in kept}
        assert len(kept) == 3 * len(strokes), "a stroke is kept whole"
        assert told <= len(strokes) <= told + round_ + 1
    with closing(sqlite3.connect(workspace / "reviews.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_full_disk_is_told_and_keeps_what_was_there(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Database._connect

    def small(self: Database, parameters: str) -> sqlite3.Connection:
        connection = real(self, parameters)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(Database, "_connect", small)
        with Store.open(workspace) as store:
            with pytest.raises(StoreError, match="disk is full; nothing was changed"):
                store.triage.add("x.md", [made(n) for n in range(1, 500)])
            assert len(store.triage.all()) == 1
            store.triage.add("x.md", [made(1)])
    with Store.open(workspace) as store:
        assert len(store.triage.all()) == 2


def test_a_disk_that_refuses_to_grow_files_is_told_and_keeps_what_was_there(
    workspace: Path,
) -> None:
    """The file size limit of the process makes the write itself fail, in the log as in the file."""
    code = f"""
import resource, sys
sys.path.insert(0, {str(ROOT / "tests")!r})
from pathlib import Path
from test_store_faults import made
from copilot.errors import StoreError
from copilot.store import Store

with Store.open(Path({str(workspace)!r})) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        store.triage.add("x.md", [made(n) for n in range(1, 500)])
    except StoreError as error:
        print(error)
    store.triage.add("x.md", [made(1)])
    print(len(store.triage.all()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    told, count = done.stdout.splitlines() or [done.stderr, ""]
    assert "reviews.sqlite3: " in told
    assert "nothing was changed" in told
    assert count == "2"
    with Store.open(workspace) as store:
        assert len(store.triage.all()) == 2


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(workspace: Path) -> None:
    path = workspace / "reviews.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = digest(path)
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"reviews\.sqlite3: was written by a newer arch"):
            Store.open(workspace, read_only=read_only)
    assert digest(path) == before


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = digest(path)
    with pytest.raises(StoreError, match="of another program"):
        Store.open(tmp_path)
    assert digest(path) == before


@pytest.mark.parametrize("damage", ["no database", "cut short", "a page overwritten", "a record"])
def test_a_damaged_store_is_refused_and_left_as_it_is(workspace: Path, damage: str) -> None:
    path = workspace / "reviews.sqlite3"
    content = path.read_bytes()
    if damage == "no database":
        path.write_bytes(b"not a database at all" * 500)
    elif damage == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "a page overwritten":
        path.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    else:
        path.write_bytes(content.replace(b'"state":"accepted"', b'"state":"accep\x00ed"'))
    before = digest(path)
    wrong = pytest.raises(StoreError, match="is damaged; nothing was changed — restore it")
    with wrong, Store.open(workspace) as store:
        store.triage.all()
    assert digest(path) == before


def test_a_rival_that_holds_the_store_too_long_is_told(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT", 0.05)
    with (
        Store.open(workspace) as store,
        closing(sqlite3.connect(workspace / "reviews.sqlite3", isolation_level=None)) as rival,
    ):
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process has been writing"):
            store.notes.add(Note(design="x.md", text="late", who="Ann", at=NOW))
        assert len(store.triage.all()) == 1, "reading goes on meanwhile"
        rival.execute("ROLLBACK")
        store.notes.add(Note(design="x.md", text="late", who="Ann", at=NOW))


def test_a_failure_within_a_transaction_takes_all_of_it_back(workspace: Path) -> None:
    with Store.open(workspace) as store:
        with pytest.raises(RuntimeError), store.writing():
            store.triage.add("x.md", [made(1)])
            store.notes.add(Note(design="x.md", text="half", who="Ann", at=NOW))
            raise RuntimeError
        assert len(store.triage.all()) == 1
        assert store.notes.of("x.md") == ()


@pytest.fixture
def locked() -> Iterator[Path]:
    """A workspace with one decision in a folder that an ordinary user cannot write."""
    folder = Path(tempfile.mkdtemp())
    try:
        with Store.open(folder) as store:
            store.triage.add("x.md", [made(0)])
        folder.chmod(0o555)
        yield folder
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="folders there have other rights")
def test_a_store_that_cannot_be_written_can_be_read(locked: Path) -> None:
    def triage(*arguments: str) -> subprocess.CompletedProcess[str]:
        # Rights do not bind root, who becomes an ordinary user once everything is imported.
        code = (
            "import os, copilot.cli.triage\n"
            "from copilot.cli.main import main\n"
            "if os.geteuid() == 0: os.setuid(65534)\n"
            "main()"
        )
        return subprocess.run(
            [sys.executable, "-c", code, "triage", *arguments],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
        )

    read = triage("export", "--workspace", str(locked))
    assert read.returncode == 0, read.stderr
    assert "fingerprint: '0000000000000000'" in read.stdout
    undo = triage("undo", "--workspace", str(locked))
    assert undo.returncode == 2
    assert len(undo.stderr.splitlines()) == 1
    assert "check the rights on the folder" in undo.stderr
    assert sorted(path.name for path in locked.iterdir()) == ["reviews.sqlite3"]
