"""Measures what a user of the terminal application feels: first paint, keys, stalls.

`python -m evals.bench.tui` prints a table; nothing here passes or fails.

- First paint: from the start of the command in a real pseudo-terminal to the first line of the
  table of designs on it.
- Key to paint: in the running application, without its screen driver, from a key to the end of the
  layout and drawing that it caused, with 1,000 findings and a document of 500 KB.
The machine's own load is in all wall-clock figures; the processor time that this process took is
printed beside them, and is what an idle machine would need.

- Stall: the longest time for which the event loop answered nobody while a design was reviewed,
  beside the same on an idle loop: the rest is what the machine itself takes.
"""

from __future__ import annotations

import asyncio
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import time
from fcntl import ioctl
from pathlib import Path
from statistics import median, quantiles
from termios import TIOCSWINSZ

from copilot.schema import Citation, Document, Finding, Review
from copilot.tui.app import ArchReview
from copilot.tui.session import Session

ROOT = Path(__file__).resolve().parents[2]
DESIGNS = ROOT / "evals" / "designs"
FINDINGS, CHARACTERS = 1_000, 500_000
KEYS = (
    ["j"] * 40
    + ["G", "g", "ctrl+d", "ctrl+d", "s", "S", "n", "n", "space", "tab", "tab"]
    + [
        *["j"] * 20,
        *["ctrl+d"] * 10,
        *["G", "g", "n", "n", "n", "enter", "tab", "tab"],
        *["slash", *"cache miss", "enter", "escape"],
        *["f", "escape", "question_mark", "escape"],
    ]
)


def first_paint(workspace: Path, compiled: Path) -> tuple[float, float]:
    """Seconds from the start of `archreview tui` to its first screen, in a pseudo-terminal.

    The second figure is the processor time that the command took until then.

    Modules are compiled into the folder `compiled`, as an installer does: the first call is slow.
    """
    started = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.environ |= {"PYTHONPYCACHEPREFIX": str(compiled)}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "copilot.cli.main", "tui", "--workspace", str(workspace)]
        os.execv(sys.executable, command)
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    while b"Designs" not in seen and time.perf_counter() - started < 60:
        if select.select([terminal], [], [], 0.01)[0]:
            seen += os.read(terminal, 65_536)
    took = time.perf_counter() - started
    os.kill(child, signal.SIGKILL)
    used = os.wait4(child, 0)[2]
    os.close(terminal)
    return took, used.ru_utime + used.ru_stime


def many_findings(review: Review, document: Document) -> Review:
    """The review with 1,000 findings, each citing another place of the document."""
    findings: list[Finding] = []
    step = len(document.text) // FINDINGS
    for number in range(FINDINGS):
        model = review.findings[number % len(review.findings)]
        start = number * step
        quote = document.text[start : start + 120]
        citation = Citation(
            quote=quote,
            file=document.files[0].path,
            start=start,
            end=start + len(quote),
            line_start=1 + document.text.count("\n", 0, start),
            line_end=1 + document.text.count("\n", 0, start + len(quote)),
            verified=True,
        )
        changes = {"fingerprint": f"{number:016x}", "citations": (citation,), "kind": "weakness"}
        findings.append(model.model_copy(update=changes))
    return review.model_copy(update={"findings": tuple(findings)})


async def until(condition: object, app: ArchReview, seconds: float = 120.0) -> None:
    """Wait until `condition()` holds."""
    end = time.perf_counter() + seconds
    while not condition():  # type: ignore[operator]
        if time.perf_counter() > end:
            raise TimeoutError
        await asyncio.sleep(0.02)


Gap = tuple[float, float]
"""Seconds by the clock, and seconds that all threads of this process computed meanwhile."""


async def probe(gaps: list[Gap], tick: float = 0.002) -> None:
    """Note how much later than asked for the loop comes back, until it is cancelled."""
    while True:
        asked, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(tick)
        gaps.append((time.perf_counter() - asked - tick, time.process_time() - used))


async def measure_stalls(workspace: Path) -> tuple[list[Gap], list[Gap], float]:
    """Gaps of an idle loop and of one while a design is reviewed, and the review's seconds."""
    idle: list[Gap] = []
    busy: list[Gap] = []
    app = ArchReview(Session(options={"workspace": workspace}, paths=(DESIGNS,)))
    async with app.run_test(size=(120, 40)):
        await until(lambda: app.session.knowledge is not None, app)
        await asyncio.sleep(4)  # the other process makes its engine ready
        path = app.session.path(app.session.designs[0].design)
        app.open(path)
        await asyncio.sleep(1)
        for gaps, reviewing in ((idle, False), (busy, True)):
            task = asyncio.create_task(probe(gaps))
            started = time.perf_counter()
            if reviewing:
                app.review([path])
                await until(lambda: not app.queued, app)
            else:
                await asyncio.sleep(3)
            took = time.perf_counter() - started
            task.cancel()
    return idle, busy, took


async def measure_keys(workspace: Path) -> tuple[list[tuple[float, float, str]], float]:
    """Seconds from each key to the end of what it draws, and to open the large review."""
    from copilot.documents.load import load_document
    from copilot.tui.document import DocumentView

    text = "\n\n".join(path.read_text("utf-8") for path in sorted(DESIGNS.glob("*.md")))
    large = workspace.parent / "large.md"
    large.write_text((text * 3)[:CHARACTERS], encoding="utf-8")
    times: list[tuple[float, float, str]] = []
    app = ArchReview(Session(options={"workspace": workspace}))
    async with app.run_test(size=(160, 50)) as pilot:
        await until(lambda: app.session.knowledge is not None, app)
        await asyncio.sleep(4)
        assert app.session.store is not None
        small = app.session.store.reviews.latest(app.session.designs[0].design)
        assert small is not None
        document = load_document(large)
        app.session.store.reviews.save(large, many_findings(small, document), text=document.text)
        started = time.perf_counter()
        app.open(large)
        await until(lambda: app.screen.query(DocumentView), app)
        await until(lambda: app.screen.query_one(DocumentView).document, app)
        await pilot.pause()
        opened = time.perf_counter() - started
        for key in KEYS:
            key = "space" if key == " " else key
            await asyncio.sleep(0.03)
            started, used = time.perf_counter(), time.process_time()
            await _pressed(app, key)
            took = time.perf_counter() - started
            times.append((took, time.process_time() - used, key))
    return times, opened


async def _pressed(app: ArchReview, key: str) -> None:
    """Press a key and wait until the screen has drawn what came of it.

    `Pilot.press` waits for fixed times of 20 ms and more; this waits for the queues alone.
    """
    from textual import events
    from textual.keys import _character_to_key

    name = _character_to_key(key) if len(key) == 1 else key
    event = events.Key(name, key if len(key) == 1 else None)
    event.set_sender(app)
    app.post_message(event)
    for _ in range(3):  # the key, the message that it causes, the drawing of that
        drawn = asyncio.Event()
        await asyncio.sleep(0)
        screen = app.screen
        screen.call_after_refresh(drawn.set)
        while not drawn.is_set() and screen is app.screen:  # a dialog that closes calls nobody
            await asyncio.sleep(0.001)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        idle, busy, took = asyncio.run(measure_stalls(workspace))
        for what, gaps in (("idle loop", idle), (f"review of {took:.1f} s", busy)):
            wall, own = (max(gap[n] for gap in gaps) * 1000 for n in (0, 1))
            print(f"longest stall, {what}: {wall:.1f} ms, own work {own:.1f} ms (target 50)")
        times, opened = asyncio.run(measure_keys(workspace))
        print(
            f"key to paint over {len(times)} keys; {FINDINGS:,} findings, {CHARACTERS:,} characters"
        )
        walls, works = [each[0] * 1000 for each in times], [each[1] * 1000 for each in times]
        for what, only in (("by the clock", walls), ("own work", works)):
            p95 = quantiles(only, n=20)[-1]
            print(f"  {what}: median {median(only):.1f}, p95 {p95:.1f}, longest {max(only):.1f} ms")
        slow = sorted(((own, key) for _, own, key in times), reverse=True)[:6]
        told = ", ".join(f"{key} {own * 1000:.0f}" for own, key in slow)
        print(f"  most work: {told} ms; opening that review took {opened:.2f} s")
        compiled = Path(folder) / "compiled"
        first_paint(workspace, compiled)
        starts = [first_paint(workspace, compiled) for _ in range(5)]
        paints, computed = sorted(wall for wall, _ in starts), [used for _, used in starts]
        print(
            f"first paint from the shell: median {median(paints):.2f} s, "
            f"best {paints[0]:.2f} s, worst {paints[-1]:.2f} s (target 1.0), own work "
            f"{median(computed):.2f} s; load "
            f"{os.getloadavg()[0]:.1f}"
        )


if __name__ == "__main__":
    main()
