from __future__ import annotations

import asyncio
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from copilot.judges.model.cache import AnswerCache, CachedAnswers
from copilot.judges.model.requests import Answer, Message, Request

KEY = "ab" + "0" * 62
ANSWER = Answer("text", 10, 5, 3)


def test_what_was_put_is_found_again_by_another_cache(tmp_path: Path) -> None:
    AnswerCache(tmp_path).put(KEY, ANSWER)
    assert AnswerCache(tmp_path).get(KEY) == ANSWER
    assert AnswerCache(tmp_path).get("cd" + KEY[2:]) is None


def test_an_answer_of_an_older_version_loads_without_tokens_written(tmp_path: Path) -> None:
    path = tmp_path / "ab" / f"{KEY}.json"
    path.parent.mkdir()
    path.write_text(
        '{"format": 1, "checksum": '
        '"cb7e9734f70e651d119856d98d1124dd548c32edeb1fee00525e619aefd69f82", "answer": '
        '{"text": "text", "prompt_tokens": 10, "cached_tokens": 5, "completion_tokens": 3, '
        '"stored": false, "cut": false, "calls": 1}}'
    )
    assert AnswerCache(tmp_path).get(KEY) == ANSWER
    written = replace(ANSWER, written_tokens=2)
    AnswerCache(tmp_path).put(KEY, written)
    assert AnswerCache(tmp_path).get(KEY) == written


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[:-20],
        lambda text: text.replace("text", "taxt"),
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: "[]",
        lambda text: text.replace("completion_tokens", "surprise"),
    ],
)
def test_a_damaged_entry_is_a_miss(tmp_path: Path, damage: object) -> None:
    cache = AnswerCache(tmp_path)
    cache.put(KEY, ANSWER)
    (path,) = tmp_path.rglob("*.json")
    path.write_text(damage(path.read_text()))
    assert cache.get(KEY) is None
    cache.put(KEY, ANSWER)
    assert cache.get(KEY) == ANSWER


def _write_often(folder: Path) -> None:
    for _ in range(100):
        AnswerCache(folder).put(KEY, ANSWER)


def test_processes_that_write_at_once_leave_a_sound_entry(tmp_path: Path) -> None:
    writers = [multiprocessing.Process(target=_write_often, args=(tmp_path,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert AnswerCache(tmp_path).get(KEY) in (None, ANSWER)
    for writer in writers:
        writer.join()
    assert AnswerCache(tmp_path).get(KEY) == ANSWER
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{KEY}.json"]


def test_a_folder_that_cannot_be_written_only_costs_a_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = AnswerCache(tmp_path / "file")
    cache.put(KEY, ANSWER)
    assert cache.get(KEY) is None


class Counting:
    def __init__(self) -> None:
        self.asked = 0

    async def answer(self, request: Request) -> Answer:
        self.asked += 1
        return ANSWER

    async def keep(self, request: Request, answer: Answer) -> None:
        raise AssertionError("the cache keeps")


def test_only_what_the_judge_could_use_is_kept_and_everything_counts_in_the_key() -> None:
    inner = Counting()
    answers = CachedAnswers(inner, AnswerCache(None), {"openai:a": "http://one"})
    other = CachedAnswers(inner, answers._cache, {"openai:a": "http://two"})
    request = Request("judge-risk", (Message("user", "hello"),), {"type": "object"}, "openai:a")

    async def steps() -> None:
        assert (await answers.answer(request)).stored is False
        assert (await answers.answer(request)).stored is False
        await answers.keep(request, ANSWER)
        stored = await answers.answer(replace(request, id="another-name"))
        assert (stored.stored, stored.calls, stored.text) == (True, 0, "text")
        for changed in (
            replace(request, messages=(Message("user", "hello!"),)),
            replace(request, schema={"type": "array"}),
            replace(request, model="openai:b"),
            replace(request, parameters={"temperature": 1}),
        ):
            assert (await answers.answer(changed)).stored is False
        assert (await other.answer(request)).stored is False

    asyncio.run(steps())
    assert inner.asked == 7
