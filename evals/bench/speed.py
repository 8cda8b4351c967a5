"""Measures what a user waits for: start-up, a cold and a warm review, indexing, a hostile file.

`python -m evals.bench.speed` prints a table; nothing here passes or fails. Each time is the wall
clock of a fresh process, imports included; memory is the process's peak resident set.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DESIGN = ROOT / "evals" / "designs" / "realtime-serving-2.md"
WORDS = 3_000


def timed(*args: object) -> tuple[float, float, int]:
    """Seconds, peak MB and exit code of `archreview args` in a fresh process."""
    command = [sys.executable, "-m", "copilot.cli.main", *map(str, args)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - started, usage.ru_maxrss / 1024, process.returncode


def long_design() -> str:
    """A Markdown design of about 3,000 words, joined from the sample designs."""
    text = ""
    for path in sorted(DESIGN.parent.glob("realtime-serving-*.md")):
        text += path.read_text(encoding="utf-8") + "\n\n"
        if len(text.split()) >= WORDS:
            break
    paragraphs = text.split("\n\n")
    while len(" ".join(paragraphs).split()) > WORDS:
        paragraphs.pop()
    return "\n\n".join(paragraphs) + "\n"


def hostile_files() -> Iterator[tuple[str, str]]:
    """Names and texts of about 10 MB each."""
    size = 10_000_000
    yield "one-line.md", "word " * (size // 5)
    yield "headings.md", "".join(f"# heading {n}\n\ntext {n}\n\n" for n in range(100_000)) * 3
    yield "lists.md", "".join(" " * (2 * (n % 400)) + "- item\n" for n in range(25_000)) * 1
    yield "invisible.md", "\u202eabc\u200b def\u2066ghi\u200d. " * (size // 34)


def index_rate() -> tuple[int, float]:
    """Passages in a generated library and the seconds to embed and store them."""
    from copilot.documents.load import load_document
    from copilot.documents.split import split
    from copilot.index.embedders import local_embedder
    from copilot.index.store import PassageIndex

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.md"
        text = "\n\n".join(
            p.read_text(encoding="utf-8") for p in sorted(DESIGN.parent.glob("*.md"))
        )
        path.write_text((text * 8)[:1_900_000], encoding="utf-8")
        document = load_document(path)
        passages = split(document)
        with PassageIndex.open(Path(folder) / "index", local_embedder()) as index:
            started = time.perf_counter()
            count = index.add(document, passages)
            return count, time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the median is printed")
    runs = parser.parse_args().runs
    print(f"{'what':44} {'seconds':>8} {'peak MB':>8}  exit")

    def show(what: str, results: list[tuple[float, float, int]]) -> None:
        seconds, peak, code = sorted(results)[len(results) // 2]
        print(f"{what:44} {seconds:8.2f} {peak:8.0f}  {code}", flush=True)

    show("archreview --help", [timed("--help") for _ in range(runs)])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["PYTHONPATH"] = str(ROOT)
        Path("design.md").write_text(long_design(), encoding="utf-8")
        words = len(long_design().split())
        cold = [timed("review", "design.md", "--workspace", f"w{n}") for n in range(runs)]
        show(f"review, cold, {words:,} words", cold)
        warm = [timed("review", "design.md", "--workspace", "w0") for _ in range(runs)]
        show("review, warm (indexed)", warm)
        show("review --ephemeral", [timed("review", "design.md", "--ephemeral")])
        for name, text in hostile_files():
            Path(name).write_text(text, encoding="utf-8")
            size = Path(name).stat().st_size / 1e6
            show(f"hostile {name}, {size:.0f} MB, default cap", [timed("review", name)])
            cut = Path(f"cut-{name}")
            cut.write_text(text[:1_999_000], encoding="utf-8")
            show(f"hostile {name}, cut below the cap", [timed("review", cut, "--ephemeral")])
        os.chdir(ROOT)
    count, seconds = index_rate()
    print(f"index: {count:,} passages in {seconds:.2f} s = {count / seconds:,.0f} passages/s")
    print(
        f"(this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB peak)"
    )


if __name__ == "__main__":
    main()
