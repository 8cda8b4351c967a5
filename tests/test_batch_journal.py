"""The journal of a batch: what survives a kill, and who may write."""

from __future__ import annotations

from pathlib import Path

import pytest

from copilot.batch.journal import Entry, Journal
from copilot.errors import InputError


def entry(key: str, **fields: object) -> Entry:
    return Entry.model_validate({"event": "reviewed", "key": key, **fields})


def reopened(folder: Path) -> Journal:
    journal = Journal(folder)
    journal.close()
    return journal


def test_what_was_added_is_read_back_without_being_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add(entry("a", path="x\ny.md", sizes={".json": 3}))
    text = (tmp_path / "journal.jsonl").read_text()
    journal.close()
    assert text.count("\n") == 1
    assert reopened(tmp_path).entries == [entry("a", path="x\ny.md", sizes={".json": 3})]


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_last_line_that_was_cut_short_is_dropped_and_writing_goes_on(
    cut: int, tmp_path: Path
) -> None:
    journal = Journal(tmp_path)
    journal.add(entry("a"))
    journal.add(entry("b"))
    journal.close()
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(tmp_path)
    journal.add(entry("c"))
    journal.close()
    assert [each.key for each in reopened(tmp_path).entries] == ["a", "c"]


def test_a_broken_line_in_between_is_counted_and_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add(entry("a"))
    journal.close()
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"event": "unheard of", "key": "b"}\n\xff\xff\n' + b"[" * 100_000 + b"\n")
    journal = reopened(tmp_path)
    assert [each.key for each in journal.entries] == ["a"]
    assert journal.unreadable == 3


def test_a_second_batch_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(InputError, match="another batch writes here"):
        Journal(tmp_path)
    journal.close()
    reopened(tmp_path)
