"""Questions, meeting, comparison and asking: journeys over the real parts, stored screens."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from copilot.documents.load import load_document
from copilot.knowledge import Knowledge
from copilot.review.findings import findings
from copilot.review.questions import questions
from copilot.schema import Answer, Citation, Review, Status
from copilot.store import Store
from copilot.tui.asked import question_text
from copilot.tui.screens.ask import Conversation
from copilot.tui.screens.compare import ChangeTable, Compare
from copilot.tui.screens.meeting import Meeting
from copilot.tui.screens.questions import QuestionTable
from copilot.tui.screens.review import ReviewPage
from tests.build import make_review, make_row
from tests.screens import check_snapshot, keys, running, text, until

DESIGN = """# Ranking service

## Serving

Three replicas run behind a balancer. A fourth stands by in another zone and takes over within
thirty seconds.

## Cost

Spot nodes are used for training, and nobody has said what a month may cost.
"""
HOSTILE = "[bold red]x[/] [@click=app.quit]y[/] \x1b[2J \u202eback \u200bgap"


def play(journey: Callable[[], Awaitable[None]]) -> None:
    """Run a journey to its end."""
    asyncio.run(journey())  # type: ignore[arg-type]


def keep(knowledge: Knowledge, path: Path, quote: str) -> Review:
    """A review of the file in the workspace: two gaps and one weakness that cites the quote."""
    document = load_document(path)
    start = document.text.index(quote)
    line = document.text.count("\n", 0, start) + 1
    cited = Citation(
        quote=quote,
        file=str(path),
        start=start,
        end=start + len(quote),
        line_start=line,
        line_end=line,
        verified=True,
    )
    made = make_review(
        knowledge,
        {
            "risk.reliability": make_row("risk.reliability", Status.PARTIAL, cited),
            "resources.cost": make_row("resources.cost", Status.MISSING),
            "security.encryption": make_row("security.encryption", Status.MISSING),
        },
    )
    found = findings(made.coverage, knowledge, "offline")
    info = {"path": str(path), "digest": document.digest, "files": (str(path),)}
    created = datetime.now(UTC).isoformat(timespec="seconds")
    made = made.model_copy(
        update={
            "document": made.document.model_copy(update=info),
            "manifest": made.manifest.model_copy(update={"created": created}),
            "findings": found,
            "questions": questions(found, made.coverage, knowledge),
        }
    )
    with Store.open(Path(".archreview")) as store:
        store.reviews.save(path, made, text=document.text)
    return made


@pytest.fixture
def design(knowledge: Knowledge) -> Path:
    """A small design with its review."""
    path = Path("ranking.md")
    path.write_text(DESIGN, encoding="utf-8")
    keep(knowledge, path, "Three replicas run behind a balancer.")
    return path


async def go(pilot: Pilot[None], key: str) -> None:
    """Open the design under the cursor, then go to a screen."""
    await keys(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ReviewPage))
    await keys(pilot, key)
    await pilot.pause(0.1)


def timeless(shown: str) -> str:
    """A screen without the time at which it was drawn."""
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-01 00:00", shown)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_screens_look_as_stored(design: Path, knowledge: Knowledge, size: tuple[int, int]) -> None:
    keep(knowledge, design, "Spot nodes are used for training")
    name = f"{size[0]}x{size[1]}"

    async def journey() -> None:
        async with running(design, knowledge=knowledge, size=size) as pilot:
            await go(pilot, "3")
            check_snapshot(f"questions-{name}", timeless(text(pilot)))
            assert "then ask" in question_text(pilot.app.screen.item, knowledge).plain
            await keys(pilot, "4")
            check_snapshot(f"meeting-{name}", timeless(text(pilot)))
            await keys(pilot, "5")
            table = pilot.app.screen.query_one(ChangeTable)
            await until(pilot, lambda: table.changes)
            check_snapshot(f"compare-{name}", timeless(text(pilot)))
            await keys(pilot, "6")
            check_snapshot(f"ask-{name}", timeless(text(pilot)))

    play(journey)


def test_questions_are_edited_reordered_marked_left_out_and_it_lasts(
    design: Path, knowledge: Knowledge
) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge) as pilot:
            await go(pilot, "3")
            table = pilot.app.screen.query_one(QuestionTable)
            first, second, *_ = (item.key for item in table.items)
            await keys(pilot, "J")
            assert [item.key for item in table.items[:2]] == [second, first]
            assert table.item and table.item.key == first
            await keys(pilot, "e", f"={HOSTILE[:15]}", "ctrl+s", "space")
            assert table.item.text.endswith("[bold red]x[/] ".strip()) and table.item.edited
            assert table.item.asked
            await keys(pilot, "g", "x")
            assert second not in [item.key for item in table.items]
            await keys(pilot, "+", "=And who pays?", "ctrl+s")
            assert "And who pays?" in text(pilot)
            await keys(pilot, "f")
            role = table.border_title
            assert " for " in str(role)
        async with running(design, knowledge=knowledge) as pilot:
            await go(pilot, "3")
            table = pilot.app.screen.query_one(QuestionTable)
            assert str(table.border_title) == str(role)
            await keys(pilot, "F")
            again = [item.key for item in table.items]
            assert second not in again and first in again and again[-1].startswith("own:")

    play(journey)


def test_an_answer_in_the_meeting_moves_the_scorecard_and_is_told_apart(design: Path) -> None:
    answer = (
        "We pay 18 to 25 thousand dollars a month, 60% for GPU serving, and it grows with load."
    )

    async def journey() -> None:
        async with running(design) as pilot:
            session = pilot.app.session
            await go(pilot, "4")
            meeting = pilot.app.screen
            assert isinstance(meeting, Meeting)
            while not (meeting.item and meeting.item.aspect == "resources.cost"):
                await keys(pilot, "n")
            key = meeting.item.key
            await keys(pilot, "s", "enter", "ctrl+s")
            assert "answer is empty" in text(pilot)
            await keys(pilot, f"={answer}", "tab", "=Dana Lee", "ctrl+s")
            await until(pilot, lambda: session.current.review.answers)
            await pilot.pause(0.3)
            assert meeting.item and meeting.item.key == key and meeting.item.answers
            row = next(r for r in session.current.review.coverage if r.aspect == "resources.cost")
            assert row.status is not Status.MISSING
            assert "answer" in {c.source for c in row.citations}
            shown = text(pilot)
            assert "1 answer counted" in shown and "▲" in shown
            told = question_text(meeting.item, session.knowledge).plain
            assert "answer 1 (Dana Lee), not in the document" in told
            assert "answered by" in shown or "settled by its answer" in shown
            assert meeting.clock.runs and meeting.clock.of(key) > 0
            with Store.open(Path(".archreview")) as store:
                assert [a.text for a in store.answers.of("ranking.md")] == [answer]
                assert not store.designs.list()[0].stale

    play(journey)


def test_next_previous_skip_and_minutes(design: Path, knowledge: Knowledge) -> None:
    async def journey() -> None:
        async with running(design, knowledge=knowledge, size=(80, 24)) as pilot:
            await go(pilot, "4")
            meeting = pilot.app.screen
            assert isinstance(meeting, Meeting)
            order = [item.key for item in meeting._items]
            await keys(pilot, "n", "n", "p")
            assert meeting._key == order[1]
            await keys(pilot, "x")
            assert meeting._key == order[2]
            assert [item.key for item in meeting._items][-1] == order[1]
            await keys(pilot, " ")
            assert meeting._items[1].key == order[2] and meeting._items[1].asked
            assert "1 asked" in text(pilot)
            await keys(pilot, "<", "<")
            assert "of 15:00" in text(pilot)
            await keys(pilot, "c")
            assert "Whole design" in text(pilot)

    play(journey)


def test_two_reviews_are_compared_swapped_and_chosen(design: Path, knowledge: Knowledge) -> None:
    other = Path("other.md")
    other.write_text(DESIGN.replace("Ranking", "Search"), encoding="utf-8")
    keep(knowledge, other, "Three replicas run behind a balancer.")
    keep(knowledge, design, "Spot nodes are used for training")

    async def journey() -> None:
        async with running(design, other, knowledge=knowledge) as pilot:
            await keys(pilot, "G")
            while pilot.app.screen.query_one("#designs").design.design != "ranking.md":
                await keys(pilot, "k")
            await go(pilot, "5")
            page = pilot.app.screen
            assert isinstance(page, Compare)
            await until(pilot, lambda: page.table.changes)
            pair = page._pair
            assert pair[0] < pair[1] and "3 open" in text(pilot)
            await keys(pilot, "x")
            await until(pilot, lambda: page._pair == pair[::-1])
            await keys(pilot, "o", "G", "end", "enter")
            await until(pilot, lambda: page._pair[0] not in pair)
            assert "other.md" in text(pilot)
            await keys(pilot, "x", "f")
            await until(pilot, lambda: "only" in str(page.table.border_title))

    play(journey)


def test_a_question_is_answered_by_a_citation_that_leads_to_the_text(design: Path) -> None:
    async def journey() -> None:
        async with running(design) as pilot:
            await go(pilot, "6")
            replies = pilot.app.screen.query_one(Conversation)
            await keys(pilot, "=how many replicas run behind the balancer?", "enter")
            await until(pilot, lambda: replies.replies)
            assert "Three replicas run behind a balancer." in text(pilot)
            assert replies.has_focus and replies.line and replies.line.citation
            await keys(pilot, "enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, ReviewPage))
            await pilot.pause(0.3)
            page = pilot.app.screen
            assert page.text.has_focus and page.text._current
            start = DESIGN.index("Three replicas")
            assert page.text._current.start == start

    play(journey)


def test_hostile_words_are_shown_literally(design: Path, knowledge: Knowledge) -> None:
    with Store.open(Path(".archreview")) as store:
        made = store.reviews.latest("ranking.md")
        assert made is not None
        question = made.questions[0]
        store.answers.add(
            Answer(
                design="ranking.md",
                aspect=question.aspect,
                criterion=question.criterion,
                question=question.text,
                text=HOSTILE,
                who=HOSTILE,
                at=datetime.now(UTC),
            )
        )

    async def journey() -> None:
        async with running(design, knowledge=knowledge, size=(160, 40)) as pilot:
            await go(pilot, "3")
            for key, following in (("3", "j"), ("4", "n")):
                await keys(pilot, key)
                while not pilot.app.screen.item.answers:
                    await keys(pilot, following)
                shown = text(pilot)
                assert "[bold red]x[/] [@click=app.quit]y[/] <U+001B>[2J <U+202E>back" in shown
                assert "\x1b" not in shown and "\u202e" not in shown

    play(journey)
