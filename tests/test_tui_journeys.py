"""What people do in the terminal application, from key to screen; the real parts run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from copilot.knowledge import Knowledge
from copilot.review.engine import make_engine
from copilot.review.events import Done, Read
from copilot.review.run import review
from copilot.schema import Document, Review, TriageState
from copilot.settings import load_settings
from copilot.store import Store
from copilot.tui.document import DocumentView
from copilot.tui.findings import FindingsTable
from tests.conftest import ROOT
from tests.screens import keys, reviewed, running, text, until

DESIGN = ROOT / "evals" / "designs" / "realtime-serving-3.md"


def play(journey: Callable[[], Awaitable[None]]) -> None:
    """Run a journey to its end."""
    asyncio.run(journey())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def offline() -> tuple[Review, Document]:
    """The offline review of the sample design, made once."""

    async def run() -> tuple[Review, Document]:
        engine = make_engine(load_settings(ephemeral=True), "offline")
        document = None
        async for event in review(DESIGN, engine):
            if isinstance(event, Read):
                document = event.document
            if isinstance(event, Done):
                assert document is not None
                return event.review, document
        raise AssertionError

    return asyncio.run(run())


@pytest.fixture
def design(offline: tuple[Review, Document]) -> Path:
    """A copy of the sample design in the working folder, reviewed, in a workspace beside it."""
    path = Path("design.md")
    path.write_text(DESIGN.read_text("utf-8"), encoding="utf-8")
    made, document = offline
    with Store.open(Path(".archreview")) as store:
        store.reviews.save(path, made, text=document.text)
    return path


async def opened(pilot: Pilot[None]) -> tuple[FindingsTable, DocumentView]:
    """The Review screen on the design under the cursor."""
    await keys(pilot, "enter")
    await until(pilot, lambda: pilot.app.screen.query("#findings"))
    await until(pilot, lambda: pilot.app.screen.query_one(DocumentView).document)
    screen = pilot.app.screen
    return screen.query_one(FindingsTable), screen.query_one(DocumentView)


def test_a_newcomer_reviews_filters_reads_dismisses_and_it_lasts() -> None:
    folder = Path("designs")
    folder.mkdir()
    for name in ("realtime-serving-3.md", "rag-1.md"):
        (folder / name).write_text((DESIGN.parent / name).read_text("utf-8"), encoding="utf-8")

    async def journey() -> None:
        async with running(folder) as pilot:
            assert "not reviewed" in text(pilot)
            await keys(pilot, "j", "r")
            await reviewed(pilot)
            table, document = await opened(pilot)
            everything = len(table.shown)
            # only high findings about security
            await keys(pilot, "f", "down", "space", "tab", "tab", "tab")
            await keys(pilot, "j", "j", "j", "space", "enter")
            assert 0 < len(table.shown) < everything
            assert {e.finding.dimension for e in table.shown} == {"security"}
            assert {e.finding.severity.value for e in table.shown} == {"high"}
            await keys(pilot, "enter")
            assert document.has_focus
            dismissed = table.entry
            assert dismissed is not None
            await keys(pilot, "tab", "tab", "d", "enter")
            assert "needs a reason" in text(pilot)
            await keys(pilot, "=covered by the platform", "enter")
            assert table.entry and table.entry.triage.state is TriageState.DISMISSED
            assert "covered by the platform" in text(pilot)
            await keys(pilot, "r")
            await reviewed(pilot)
            fingerprint = dismissed.finding.fingerprint
            again = next(e for e in table.entries if e.finding.fingerprint == fingerprint)
            assert again.triage.state is TriageState.DISMISSED
            assert pilot.app.session.store.reviews.of(pilot.app.session.current.design)[1:]

    play(journey)


def test_verdicts_show_while_the_review_still_runs() -> None:
    path = Path("design.md")
    path.write_text(DESIGN.read_text("utf-8"), encoding="utf-8")

    async def journey() -> None:
        async with running(path, knowledge=None) as pilot:
            await opened(pilot)
            page = pilot.app.screen
            seen: list[tuple[int, bool, str]] = []
            stated = page._state

            def watch() -> None:
                stated()
                running_now = pilot.app.session.running is not None
                seen.append(
                    (len(page.aspects.rows), running_now, str(page.query_one("#state").render()))
                )

            page._state = watch
            await keys(pilot, "r")
            await until(pilot, lambda: pilot.app.session.current.review)
            total = len(pilot.app.session.current.review.coverage)
            partial = [(count, said) for count, runs, said in seen if runs and 0 < count < total]
            assert partial and all("dimensions" in said for _, said in partial)
            assert [count for count, _ in partial] == sorted(count for count, _ in partial)
            assert len(page.aspects.rows) == total

    play(journey)


def test_a_cancelled_review_leaves_everything_as_it_was(design: Path) -> None:
    async def journey() -> None:
        async with running(design) as pilot:
            await opened(pilot)
            await keys(pilot, "r", "r")
            await until(pilot, lambda: pilot.app.session.running is not None)
            await keys(pilot, "ctrl+x")
            await reviewed(pilot)
            await until(pilot, lambda: "cancelled" in text(pilot))
            store = pilot.app.session.store
            assert len(store.reviews.of("design.md")) == 1
            assert "missing" in text(pilot)

    play(journey)


def test_a_file_that_cannot_be_read_is_said_with_what_to_do(knowledge: Knowledge) -> None:
    Path("broken.pdf").write_bytes(b"%PDF-1.4 nothing")

    async def journey() -> None:
        async with running(Path("broken.pdf")) as pilot:
            await keys(pilot, "r")
            await reviewed(pilot)
            await until(pilot, lambda: "broken.pdf: " in text(pilot))
            assert "—" in text(pilot), "what to do about it"

    play(journey)


def test_decisions_of_many_findings_are_one_stroke_that_undo_takes_back(
    design: Path, knowledge: Knowledge
) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge) as pilot:
            table, _ = await opened(pilot)
            await keys(pilot, "space", "space", "space")
            assert "3 selected" in text(pilot)
            await keys(pilot, "a")
            states = [entry.triage.state for entry in table.entries]
            assert states.count(TriageState.ACCEPTED) == 3
            assert not table.selected
            await keys(pilot, "m")
            await keys(pilot, "u")
            assert [e.triage.state for e in table.entries] == states
            await keys(pilot, "u")
            assert {e.triage.state for e in table.entries} == {TriageState.OPEN}

    play(journey)


def test_an_accepted_risk_needs_owner_and_a_day_to_come(design: Path, knowledge: Knowledge) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge) as pilot:
            table, _ = await opened(pilot)
            await keys(pilot, "x", "enter")
            assert "needs an owner" in text(pilot)
            await keys(pilot, "=ada", "enter", "=2020-01-01", "enter")
            assert "is past" in text(pilot)
            await keys(pilot, "home", "ctrl+k", "=2999-01-31", "enter")
            assert table.entry and table.entry.triage.state is TriageState.RISK_ACCEPTED
            await until(pilot, lambda: "risk accepted by" in text(pilot))
            assert "owner ada until 2999-01-31" in text(pilot)

    play(journey)


def test_search_narrows_while_typing_and_escape_shows_all(
    design: Path, knowledge: Knowledge
) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge) as pilot:
            table, _ = await opened(pilot)
            everything = len(table.shown)
            word = table.shown[-1].finding.title.split(":")[0].split()[0].lower()
            await keys(pilot, "/", f"={word}")
            assert 0 < len(table.shown) < everything
            await keys(pilot, "enter")
            assert table.has_focus and f"/{word}" in text(pilot)
            await keys(pilot, "escape")
            assert len(table.shown) == everything

    play(journey)


def test_a_line_leads_to_the_findings_that_cite_it_and_back(
    design: Path, knowledge: Knowledge
) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge) as pilot:
            table, document = await opened(pilot)
            citing = [e for e in table.entries if any(c.verified for c in e.finding.citations)]
            wanted = citing[-1].finding
            assert table.entry and table.entry.finding != wanted
            document.focus()
            first = next(c for c in wanted.citations if c.verified)
            document._put(document._wrapped.row_at(first.start))
            await keys(pilot, "enter")
            owners = {mark.owner for mark in document.marks_on_line()}
            assert table.entry.finding.fingerprint in owners and wanted.fingerprint in owners
            assert document.has_focus
            row = document.cursor
            await keys(pilot, "n")
            assert document.cursor != row or not document.marks_on_line()

    play(journey)


def test_copy_note_export_and_help(design: Path, knowledge: Knowledge) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge) as pilot:
            table, _ = await opened(pilot)
            finding = table.shown[0].finding
            await keys(pilot, "Y")
            assert finding.fix in pilot.app.clipboard
            await keys(pilot, "ctrl+y")
            assert pilot.app.clipboard.startswith("### ")
            await keys(pilot, "e", "=ask the platform team", "ctrl+s")
            await until(pilot, lambda: "ask the platform team" in text(pilot))
            await keys(pilot, "E", "down", "enter")
            await until(pilot, lambda: "written" in text(pilot))
            assert finding.title in Path("design-review.md").read_text("utf-8")
            await keys(pilot, "E", "down", "enter")
            await until(pilot, lambda: "enter once more replaces it" in text(pilot))
            await keys(pilot, "escape")
            await keys(pilot, "?")
            await until(pilot, lambda: "write a note" in text(pilot))
            assert "In Findings" in text(pilot)
            await keys(pilot, "escape")

    play(journey)


def test_layout_filters_and_theme_are_there_again_the_next_time(
    design: Path, knowledge: Knowledge
) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge) as pilot:
            table, _ = await opened(pilot)
            await keys(pilot, "T", "s", "f", "space", "enter", "b")
            theme, order, facets = pilot.app.theme, table.order, table.facets
            assert pilot.app.screen.has_class("show-tree")
        async with running(design, knowledge=knowledge) as pilot:
            table, _ = await opened(pilot)
            assert (pilot.app.theme, table.order, table.facets) == (theme, order, facets)
            assert pilot.app.screen.has_class("show-tree")

    play(journey)


def test_a_file_edited_since_shows_the_text_that_was_reviewed(
    design: Path, knowledge: Knowledge, offline: tuple[Review, Document]
) -> None:
    design.write_text("# Another\n\nNothing of the old text.\n", encoding="utf-8")

    async def journey() -> None:
        async with running(design, knowledge=knowledge, size=(200, 50)) as pilot:
            assert "changed" in text(pilot)
            _, document = await opened(pilot)
            assert document.document and document.document.text == offline[1].text
            assert "The file changed since this review" in text(pilot)

    play(journey)


def test_a_dead_endpoint_is_a_message_with_what_to_do(design: Path, knowledge: Knowledge) -> None:
    async def journey() -> None:
        options = {"model": "openai:none", "base_url": "http://127.0.0.1:9/v1", "retries": 0}
        async with running(design, knowledge=knowledge, size=(140, 40), **options) as pilot:
            await opened(pilot)
            await keys(pilot, "r")
            await reviewed(pilot)
            await until(pilot, lambda: "not complete" in text(pilot))
            shown = " ".join(text(pilot).split())
            assert "cannot be reached" in shown and "ctrl+r" in shown

    play(journey)
