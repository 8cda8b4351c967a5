"""What the screens show: stored texts, small and changing sizes, hostile documents."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from copilot.documents.load import load_document
from copilot.knowledge import Knowledge
from copilot.schema import Citation, Document, Review, Status
from copilot.store import Store
from copilot.tui.document import DocumentView
from copilot.tui.findings import FindingsTable
from copilot.tui.screens.workspace import DesignTable
from tests.build import make_review, make_row
from tests.screens import check_snapshot, keys, lines, running, text, until

DESIGN = """# Ranking service

## Serving

Three replicas run behind a balancer. A fourth stands by in another zone and takes over within
thirty seconds.

## Cost

Spot nodes are used for training, and nobody has said what a month may cost.
"""
HOSTILE = (
    "# [bold red]Title[/] [@click=app.quit]x[/]\n\n"
    "\x1b[2J\x1b[31mred\x1b[0m \x07bell \u202ereversed\u202c zero\u200bwidth \u2066iso\u2069\n"
    "[/] [link=file:///etc/passwd]link[/link] \ttab \u05d0\u05d1\u05d2 \u8a2d\u8a08\n"
)


def play(journey: Callable[[], Awaitable[None]]) -> None:
    """Run a journey to its end."""
    asyncio.run(journey())  # type: ignore[arg-type]


def cite(document: Document, quote: str) -> Citation:
    """The citation of a quote that stands in the document."""
    start = document.text.index(quote)
    line = document.text.count("\n", 0, start) + 1
    return Citation(
        quote=quote,
        file=document.files[0].path,
        start=start,
        end=start + len(quote),
        line_start=line,
        line_end=line + quote.count("\n"),
        verified=True,
    )


def kept(knowledge: Knowledge, path: Path, *quotes: str) -> Review:
    """A review of the file with one gap and a weakness for each quote, kept in the workspace."""
    document = load_document(path)
    weak = ("risk.reliability", "resources.cost", "security.audit")
    rows = {"security.encryption": make_row("security.encryption", Status.MISSING)}
    for aspect, quote in zip(weak, quotes, strict=False):
        rows[aspect] = make_row(aspect, Status.PARTIAL, cite(document, quote))
    made = make_review(knowledge, rows)
    info = made.document.model_copy(
        update={"path": str(path), "digest": document.digest, "files": (str(path),)}
    )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = made.manifest.model_copy(update={"created": now})
    made = made.model_copy(update={"document": info, "manifest": manifest})
    with Store.open(Path(".archreview")) as store:
        store.reviews.save(path, made, text=document.text)
    return made


@pytest.fixture
def design(knowledge: Knowledge) -> Path:
    """A small design with its review."""
    path = Path("ranking.md")
    path.write_text(DESIGN, encoding="utf-8")
    kept(knowledge, path, "Three replicas run behind a balancer.", "Spot nodes are used")
    return path


async def opened(pilot: Pilot[None]) -> tuple[FindingsTable, DocumentView]:
    """The Review screen on the design under the cursor."""
    await keys(pilot, "enter")
    await until(pilot, lambda: pilot.app.screen.query("#findings"))
    await until(pilot, lambda: pilot.app.screen.query_one(DocumentView).document)
    screen = pilot.app.screen
    return screen.query_one(FindingsTable), screen.query_one(DocumentView)


def timeless(shown: str) -> str:
    """A screen without the day on which it was drawn."""
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-01 00:00", shown)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=str)
def test_screens_look_as_stored(design: Path, knowledge: Knowledge, size: tuple[int, int]) -> None:
    name = f"{size[0]}x{size[1]}"

    async def journey() -> None:
        async with running(design, knowledge=knowledge, size=size) as pilot:
            check_snapshot(f"workspace-{name}", text(pilot))
            table, _ = await opened(pilot)
            await keys(pilot, "j")
            check_snapshot(f"review-{name}", timeless(text(pilot)))
            if size[0] == 80:
                await keys(pilot, "enter")
                check_snapshot(f"review-text-{name}", timeless(text(pilot)))
                await keys(pilot, "f")
                check_snapshot(f"filter-{name}", timeless(text(pilot)))
                await keys(pilot, "escape", "x")
                check_snapshot(f"decide-{name}", timeless(text(pilot)))
            assert table.shown

    play(journey)


def test_resizing_keeps_pane_finding_and_text(design: Path, knowledge: Knowledge) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge, size=(200, 50)) as pilot:
            table, document = await opened(pilot)
            await keys(pilot, "j", "enter")
            finding, offset = table.entry, document.offset_at_cursor
            for size in ((80, 24), (120, 30), (60, 15), (200, 50)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert document.has_focus and document.display
                assert table.entry == finding
                wrapped = document._wrapped
                assert wrapped.row_at(offset) == document.cursor or offset in range(
                    *wrapped.span(document.cursor)
                )
                at = document.cursor - document.scroll_offset.y
                assert 0 <= at < document.size.height, "the cursor is in sight"

    play(journey)


def test_every_size_draws_without_a_line_too_long(design: Path, knowledge: Knowledge) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge, size=(80, 24)) as pilot:
            await opened(pilot)
            for size in ((20, 6), (40, 10), (99, 24), (100, 24), (149, 24), (150, 24)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert len(lines(pilot)) == size[1]
                assert max(map(len, lines(pilot))) <= size[0]

    play(journey)


def test_a_hostile_document_is_shown_literally(knowledge: Knowledge) -> None:
    path = Path("hostile.md")
    path.write_text(HOSTILE, encoding="utf-8")
    kept(knowledge, path, "[/] [link=file:///etc/passwd]link[/link]")

    async def journey() -> None:
        async with running(path, knowledge=knowledge, size=(200, 50)) as pilot:
            await opened(pilot)
            shown = text(pilot)
            assert "# [bold red]Title[/] [@click=app.quit]x[/]" in shown
            assert "<U+001B>[2J<U+001B>[31mred" in shown and "<U+0007>bell" in shown
            assert "<U+202E>reversed<U+202C> zero<U+200B>width" in shown
            assert "[/] [link=file:///etc/passwd]link[/link]" in shown
            await keys(pilot, "j", "d", "=[red]why[/red] \\[", "enter")
            await until(pilot, lambda: "[red]why[/red] \\[" in text(pilot))
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text(pilot))

    play(journey)


def test_a_huge_document_opens_and_scrolls(knowledge: Knowledge) -> None:
    path = Path("huge.md")
    body = "".join(f"Line {n} of the design.\n" for n in range(20_000))
    path.write_text(f"# Huge\n\n{body}\n{'x' * 1_000_000}\nthe end\n", encoding="utf-8")
    kept(knowledge, path, "Line 19999 of the design.", "the end")

    async def journey() -> None:
        async with running(path, knowledge=knowledge, size=(120, 40)) as pilot:
            table, _document = await opened(pilot)
            await until(pilot, lambda: len(table.shown) == 3)
            started = time.process_time()
            table.go_to(
                next(e for e in table.shown if e.finding.kind == "weakness").finding.fingerprint
            )
            await keys(pilot, "enter", "G", "g", "n", "ctrl+d")
            assert time.process_time() - started < 10, "it must not read the whole text per key"
            assert "Line 19999 of the design." in text(pilot)
            await keys(pilot, "n")
            assert "the end" in text(pilot)

    play(journey)


def test_the_doctor_says_what_leaves_the_machine(knowledge: Knowledge) -> None:
    async def journey() -> None:
        async with running(knowledge=knowledge, size=(120, 60)) as pilot:
            await keys(pilot, "7")
            await until(pilot, lambda: "nothing leaves this machine" in text(pilot))
            assert "context_tokens" in text(pilot)

    play(journey)


def test_one_row_alone_is_marked_wherever_the_list_is_scrolled_to(knowledge: Knowledge) -> None:
    folder = Path("many")
    folder.mkdir()
    for number in range(60):
        (folder / f"design-{number:02}.md").write_text("# A design\n", encoding="utf-8")

    async def journey() -> None:
        async with running(folder, knowledge=knowledge, size=(80, 24)) as pilot:
            for pressed in ("G", "k", "k", "ctrl+u", "j", "g", "j"):
                await keys(pilot, pressed)
                table = pilot.app.screen.query_one(DesignTable)
                at = table.cursor - table.scroll_offset.y
                shades = [
                    _background(pilot, y) for y in range(3, 22)
                ]  # below tabs, border and head
                assert len(set(shades)) == 2 and shades.count(shades[at]) == 1, pressed

    play(journey)


def _background(pilot: Pilot[None], y: int) -> object:
    """The colour behind the first letters of a line of the screen, as it was drawn."""
    strip = pilot.app.screen._compositor.render_strips()[y]
    return next(segment.style.bgcolor for segment in strip.crop(4, 8) if segment.style)
