"""What a batch costs and how it grows: `python -m evals.bench.batch SUBCOMMAND` prints it.

offline [N...]   designs/s and CPU seconds of the offline judge with one and two processes, for
                 libraries of N generated designs of 2,000 words; peak memory of the process tree,
                 disk of reports and index; designs/s and CPU of those more than in the run before
model [N] [S]    N designs at the scripted server (S seconds a call, 0.5 when not given, 32 in
                 flight): share of the ideal throughput, most calls in flight, CPU. Where others
                 use the processors, calls of 2 s tell the scheduling from the sharing
rate [N] [R]     N designs at R requests per minute, in this machine's processes and on Ray with two
                 workers: most requests that came in any 60 seconds, by the server's own clock
kill [N] [K]     a run of N designs killed with SIGKILL at K random moments and resumed each time,
                 against an undisturbed run
killmodel [N] [K]   the same with a model judge at the scripted server, and the calls made twice

Everything runs through the command line in processes of its own. Nothing here passes or fails.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evals.bench.library import ROOT, write_library
from evals.bench.model import server

MODEL = ("--judge", "model", "--model", "openai:scripted", "--concurrency", "32")
VOLATILE = (
    *(("usage", field) for field in ("seconds", "calls", "by_dimension", "prompt_tokens")),
    *(
        ("usage", field)
        for field in ("cached_tokens", "completion_tokens", "written_tokens", "cost_usd")
    ),
    ("manifest", "created"),
)
"""Fields of a review that differ between two runs over the same design: a stored answer is free."""
_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""


@dataclass(frozen=True)
class Run:
    """What one call of the command line took."""

    seconds: float
    cpu: float
    peak_mb: float
    """Most resident memory of the process and its children together."""
    output: str


def batch(library: Path, out: Path, *options: object, **settings: object) -> Run:
    """Run `archreview batch` over a library; `settings` go into its environment."""
    work = out.with_name(f"{out.name}-work")
    command = [sys.executable, "-m", "copilot.cli.main", "batch", library, "--out", out, "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "none"}
    environment |= {f"ARCHREVIEW_{name.upper()}": str(each) for name, each in settings.items()}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    adopt()
    others = children(os.getpid())
    started = time.perf_counter()
    before = os.times()
    process = subprocess.Popen(
        [*map(str, command), "--workspace", str(work), *map(str, options)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    peak = Peak(process.pid)
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    for orphan in children(os.getpid()) - others:
        with suppress(ChildProcessError):
            os.waitpid(orphan, 0)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system
    return Run(seconds, cpu - before.children_system, peak.stop(), output)


def adopt() -> None:
    """Become the parent of orphans (Linux), so that the server of the workers is counted, too."""
    ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


class Peak:
    """Watches the memory of a process and its descendants, twice a second, while it runs."""

    def __init__(self, pid: int) -> None:
        self._pid, self._most, self._ended = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The most that was seen, in MB."""
        self._ended.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self._most = max(self._most, sum(map(resident, descendants(self._pid))))


def descendants(pid: int) -> list[int]:
    """The process and all below it."""
    return [pid, *(found for child in children(pid) for found in descendants(child))]


def children(pid: int) -> set[int]:
    """The processes that a process has begun, or adopted."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found.update(map(int, task.read_text().split()))
    return found


def resident(pid: int) -> float:
    """Proportional set size in MB: pages that processes share are counted once in the sum."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        return 0.0
    return 0.0


def size_mb(folder: Path) -> float:
    """Bytes of all files below a folder, in MB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def offline(counts: Sequence[int]) -> None:
    print(f"{'designs':>8} {'processes':>9} {'seconds':>8} {'designs/s':>9} {'CPU s/design':>12} "
          f"{'peak MB':>8} {'reports MB':>10} {'index MB':>8} {'more':>16}")  # fmt: skip
    before: dict[int, tuple[int, Run]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            library = write_library(Path(folder) / f"library-{count}", count)
            for processes in (1, 2):
                out = Path(folder) / f"out-{count}-{processes}"
                run = batch(library, out, "--processes", processes)
                print(
                    f"{count:8} {processes:9} {run.seconds:8.1f} {count / run.seconds:9.2f} "
                    f"{run.cpu / count:12.3f} {run.peak_mb:8.0f} {size_mb(out / 'reports'):10.1f} "
                    f"{size_mb(out.with_name(f'{out.name}-work')):8.1f} "
                    f"{_more(before.get(processes), count, run):>16}",
                    flush=True,
                )
                before[processes] = (count, run)


def _more(before: tuple[int, Run] | None, count: int, run: Run) -> str:
    """Designs/s and CPU s/design of those that this run had more than the one before: no start."""
    if before is None or count <= before[0]:
        return ""
    more, less = count - before[0], before[1]
    return f"{more / (run.seconds - less.seconds):.2f}/s {(run.cpu - less.cpu) / more:.3f}"


def model(count: int, latency: float = 0.5) -> None:
    with tempfile.TemporaryDirectory() as folder, server(latency=latency) as (url, tell):
        library = write_library(Path(folder) / "library", count, words=1_000)
        run = batch(library, Path(folder) / "out", *MODEL, "--base-url", url)
        served = tell()
    ideal = served.calls * latency / 32
    print(run.output)
    print(f"{served.calls} calls, ideal {ideal:.1f} s, most in flight {served.peak} of 32")
    print(
        f"  first call to last reply {served.span:.1f} s = {ideal / served.span:.1%} of the ideal"
    )
    print(f"  the whole command {run.seconds:.1f} s: {ideal / run.seconds:.0%}")
    print(
        f"  CPU {run.cpu:.1f} s ({run.cpu / count:.3f} s a design with all starts), of the server "
        f"{served.cpu:.1f} s ({1000 * served.cpu / served.calls:.1f} ms a call); "
        f"peak {run.peak_mb:.0f} MB; load {os.getloadavg()[0]:.1f}"
    )


def rate(count: int, limit: int) -> None:
    print(f"{count} designs, at most {limit} requests a minute")
    for executor in ("local", "ray"):
        with tempfile.TemporaryDirectory() as folder, server(latency=0.5) as (url, tell):
            library = write_library(Path(folder) / "library", count, words=1_000)
            options = (*MODEL, "--base-url", url, "--processes", 2, "--executor", executor)
            run = batch(library, Path(folder) / "out", *options, requests_per_minute=limit)
            served = tell()
        print(run.output.splitlines()[0] if run.output else "the run failed")
        print(
            f"  {executor}: {served.calls} calls in {served.span:.1f} s, most in any 60 s "
            f"{within(served.arrived, 60.0)}, in any 6 s {within(served.arrived, 6.0)}; "
            f"most in flight {served.peak} of 32; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def within(times: Sequence[float], seconds: float) -> int:
    """Most of the times that lie within so many seconds of each other."""
    ordered = sorted(times)
    return max(
        (bisect_left(ordered, start + seconds) - i for i, start in enumerate(ordered)), default=0
    )


def kill(count: int, kills: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _kills(Path(folder), write_library(Path(folder) / "library", count), kills)


def killmodel(count: int, kills: int) -> None:
    with tempfile.TemporaryDirectory() as folder, server(latency=0.5) as (url, tell):
        library = write_library(Path(folder) / "library", count, words=1_000)
        _kills(Path(folder), library, kills, *MODEL, "--base-url", url)
        needed = 9 * count
        print(f"calls: {needed} undisturbed, {tell().calls - needed} by the run that was killed")
        print(f"  the difference is at most {kills} x 32, those in flight at a kill")


def _kills(home: Path, library: Path, kills: int, *options: object, seed: int = 7) -> None:
    """An undisturbed run and one that is killed again and again, and how they differ."""
    draw = random.Random(seed)
    batch(library, home / "whole", *options)
    for number in range(kills):
        after = draw.uniform(0.0, 1.0)
        done = _killed(library, home / "out", after, options)
        print(f"killed {number + 1}: {after:.1f} s after a review, {done} lines in the journal")
    last = batch(library, home / "out", *options)
    print(last.output.splitlines()[0])
    keys = [json.loads(x)["key"] for x in (home / "out/journal.jsonl").read_text().splitlines()]
    print(f"reviews in the journal: {len(keys)}, of different designs: {len(set(keys))}")
    same = _reviews(home / "whole") == _reviews(home / "out")
    print(f"reports and batch.json, without what calls took and when, identical: {same}")


def _killed(library: Path, out: Path, seconds: float, options: Sequence[object]) -> int:
    """Start a batch and kill it so long after its first review; lines of its journal then."""
    work = out.with_name(f"{out.name}-work")
    command = [sys.executable, "-m", "copilot.cli.main", "batch", library, "--out", out, *options]
    process = subprocess.Popen(
        [*map(str, command), "--workspace", str(work)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "none"},
    )
    before, started = _lines(out), time.monotonic()
    while _lines(out) == before and process.poll() is None and time.monotonic() - started < 60:
        time.sleep(0.05)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return _lines(out)


def _lines(out: Path) -> int:
    journal = out / "journal.jsonl"
    return journal.read_text().count("\n") if journal.exists() else 0


def _reviews(out: Path) -> dict[str, object]:
    said: dict[str, object] = {"batch.json": json.loads((out / "batch.json").read_text())}
    for path in (out / "reports").glob("*.json"):
        review = json.loads(path.read_text("utf-8"))
        for part, field in VOLATILE:
            review[part].pop(field, None)
        said[path.name] = review
    return said


def main() -> None:
    name, *numbers = sys.argv[1:] or ["help"]
    given = [int(number) for number in numbers if number.isdecimal()]
    match name:
        case "offline":
            offline(given or [10, 100, 1_000, 2_000])
        case "model":
            model(*(given[:1] or [100]), *map(float, numbers[1:]))
        case "rate":
            rate(*(given or [50, 300]))
        case "kill":
            kill(*(given or [100, 10]))
        case "killmodel":
            killmodel(*(given or [40, 5]))
        case _:
            print(__doc__)


if __name__ == "__main__":
    main()
