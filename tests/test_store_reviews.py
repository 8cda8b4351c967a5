"""Designs, reviews, notes, answers, edits of questions: kept, listed, found again."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from build import make_review, make_row

from copilot.errors import StoreError
from copilot.knowledge import Knowledge
from copilot.schema import Answer, Note, QuestionEdit, Review, Severity, Status
from copilot.store import Store
from copilot.store.identity import stamp

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASPECT = "security.encryption"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "work") as store:
        yield store


@pytest.fixture
def review(knowledge: Knowledge) -> Review:
    return make_review(knowledge, {ASPECT: make_row(ASPECT, Status.MISSING)})


def test_one_file_is_one_design_however_it_is_named(store: Store, tmp_path: Path) -> None:
    design = tmp_path / "docs" / "x.md"
    design.parent.mkdir()
    design.write_text("# X")
    (tmp_path / "link.md").symlink_to(design)
    names = [design, Path("docs/x.md"), Path("./docs/../docs/x.md"), Path("link.md")]
    assert {store.identity(name) for name in names} == {"docs/x.md"}
    assert store.path("docs/x.md").samefile(design)
    assert store.identity(Path("/elsewhere/x.md")) == "/elsewhere/x.md"


def test_a_workspace_that_moves_with_its_checkout_keeps_its_designs(
    tmp_path: Path, review: Review
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    (first / "x.md").write_text("# X")
    with Store.open(first / ".archreview") as store:
        store.reviews.save(first / "x.md", review)
    first.rename(tmp_path / "second")
    with Store.open(tmp_path / "second" / ".archreview") as store:
        (summary,) = store.designs.list()
        assert (summary.design, summary.exists, summary.stale) == ("x.md", True, False)


def test_a_design_is_listed_with_its_last_review_and_is_stale_once_edited(
    store: Store, review: Review
) -> None:
    design = Path("x.md")
    design.write_text("# X")
    store.designs.add(design)
    (new,) = store.designs.list()
    assert (new.last, new.reviews, new.stale) == (None, 0, True)
    first, second = store.reviews.save(design, review), store.reviews.save(design, review)
    (summary,) = store.designs.list()
    assert summary.last is not None
    assert (summary.last.id, summary.reviews, summary.stale) == (second, 2, False)
    assert [each.id for each in store.reviews.of("x.md")] == [second, first]
    assert sum(summary.last.severities.values()) == 1
    assert summary.last.severities[Severity.LOW] in (0, 1)
    assert summary.last.score == pytest.approx(29 / 30)
    os.utime(design, (1, 1))
    assert not store.designs.list()[0].stale, "touched, but not edited"
    design.write_text("# Y")
    assert store.designs.list()[0].stale
    design.unlink()
    assert not store.designs.list()[0].exists


def test_a_folder_is_stale_when_a_file_joins_it_and_an_edit_during_a_review_is_not_missed(
    store: Store, review: Review
) -> None:
    folder = Path("docs")
    folder.mkdir()
    (folder / "a.md").write_text("# A")
    store.reviews.save(folder, review)
    assert not store.designs.list()[0].stale
    (folder / "b.md").write_text("# B")
    assert store.designs.list()[0].stale
    before = stamp(folder)
    (folder / "a.md").write_text("# A, edited while the review ran")
    store.reviews.save(folder, review, seen=before)
    assert store.designs.list()[0].stale


def test_what_is_no_file_has_no_stamp(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert stamp(tmp_path / "pipe.md") == stamp(tmp_path / "none.md") == {}


def test_a_removed_design_comes_back_with_its_reviews(store: Store, review: Review) -> None:
    design = Path("x.md")
    design.write_text("# X")
    store.reviews.save(design, review)
    store.designs.remove("x.md")
    assert store.designs.list() == ()
    store.designs.add(design)
    assert store.designs.list()[0].reviews == 1


def test_reviews_come_back_whole(store: Store, review: Review) -> None:
    number = store.reviews.save(Path("x.md"), review, text="# X \ud800")
    assert store.reviews.get(number) == store.reviews.latest("x.md") == review
    assert store.reviews.text(review.document.digest) == "# X \ud800"
    assert store.reviews.latest("other.md") is None
    with pytest.raises(StoreError, match="no review 99"):
        store.reviews.get(99)


def test_notes_answers_and_edits_of_questions_are_kept_by_design(store: Store) -> None:
    note = store.notes.add(Note(design="x.md", about=ASPECT, text="ask Bo", who="Ann", at=NOW))
    answer = store.answers.add(
        Answer(
            design="x.md",
            aspect=ASPECT,
            criterion=f"{ASPECT}.at-rest",
            question="Which key?",
            text="Ours, in the HSM.",
            who="Bo",
            at=NOW,
        )
    )
    assert store.notes.of("x.md") == (note,)
    assert store.answers.of("x.md") == (answer,)
    assert store.notes.of("y.md") == store.answers.of("y.md") == ()
    assert store.notes.remove(note.id)
    assert not store.notes.remove(note.id)
    edit = QuestionEdit(design="x.md", key="k", position=1.5, asked=NOW)
    store.questions.set(edit, QuestionEdit(design="x.md", key="l", hidden=True))
    store.questions.set(edit.model_copy(update={"text": "Whose key?"}))
    assert list(store.questions.of("x.md")) == ["k", "l"]
    assert store.questions.of("x.md")["k"].text == "Whose key?"
    store.questions.clear("x.md", "l")
    assert list(store.questions.of("x.md")) == ["k"]


def test_the_screen_remembers_what_it_was_told(store: Store) -> None:
    assert store.screen.get("filters", {"severity": "all"}) == {"severity": "all"}
    store.screen.set("filters", {"severity": ["high"]})
    store.screen.set("filters", {"severity": ["low"]})
    assert store.screen.get("filters") == {"severity": ["low"]}


def test_threads_share_a_store(store: Store) -> None:
    def note(number: int) -> None:
        store.notes.add(Note(design="x.md", text=f"note {number}", who="Ann", at=NOW))

    threads = [threading.Thread(target=note, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n.text for n in store.notes.of("x.md")} == {f"note {i}" for i in range(8)}
