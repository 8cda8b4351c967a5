"""Batches through OpenAI's Batch API over real HTTP: nothing lost or doubled, half the price."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from batch_endpoint import BatchEndpoint
from command import Command, hear_ctrl_c
from endpoint import Call, ScriptedEndpoint, honest, row
from library import write_designs

from copilot.batch.batch_api import NAME, batch_api_executor
from copilot.batch.discovery import discover
from copilot.batch.executor import Job
from copilot.batch.journal import Journal
from copilot.batch.passages import Shelf
from copilot.batch.place import Place, make_executor
from copilot.batch.plan import basis, make_plan, read_designs
from copilot.batch.request_files import FileLimits
from copilot.batch.run import Ended, run_batch
from copilot.errors import CopilotError, InputError
from copilot.judges.model.batch_lines import Lines, Way, read_reply, read_way
from copilot.judges.model.prices import load_prices
from copilot.judges.model.requests import Answer, Message, Request
from copilot.judges.model.rows import ROWS_SCHEMA
from copilot.judges.model.setup import accesses, make_answers, parameters
from copilot.review.engine import make_engine
from copilot.settings import load_settings

MODEL = "openai:gpt-4o-mini"
TWO = ("lifecycle", "risk")
"""Dimensions that most runs ask about: two requests for each design."""


@dataclass
class Run:
    """One run of a batch into a folder."""

    endpoint: ScriptedEndpoint
    out: Path = Path("out")
    dimensions: tuple[str, ...] = ()
    direct: bool = False
    retry: bool = False
    limits: FileLimits | None = None
    stop: Callable[[], object] | None = None
    """The run is stopped, as by Ctrl-C, as soon as this is true."""
    said: list[str] = field(default_factory=list)

    def __call__(self, **options: Any) -> Ended:
        options = {"model": MODEL, "base_url": self.endpoint.url, "batch_poll": 0.02} | options
        settings = load_settings(**options, workspace=self.out / "workspace")
        engine = make_engine(settings, "model")
        self.out.mkdir(exist_ok=True)
        journal = Journal(self.out)
        job = Job(settings, "model", self.dimensions, index=False)

        async def go() -> Ended:
            found = discover(["designs"])
            designs = read_designs(found.designs, found.refused, basis(engine, self.dimensions))
            plan = make_plan(designs, journal.entries, self.out, self.retry)
            executor = (
                make_executor(job, engine, Place())
                if self.direct
                else batch_api_executor(
                    job, engine, journal, self.out, self.said.append, self.limits
                )
            )
            async for event in run_batch(plan, executor, journal, Shelf(engine), self.out):
                if isinstance(event, Ended):
                    return event
            raise AssertionError("the batch did not end")

        try:
            return asyncio.run(self._until(go()))
        finally:
            journal.close()

    async def _until(self, run: Coroutine[Any, Any, Ended]) -> Ended:
        task = asyncio.create_task(run)
        while self.stop and not (self.stop() or task.done()):
            await asyncio.sleep(0.02)
        if self.stop:
            task.cancel()
        return await task

    def reports(self) -> dict[str, Any]:
        """Design's title -> its review."""
        texts = [path.read_text() for path in (self.out / "reports").glob("*.json")]
        return {review["document"]["title"]: review for review in map(json.loads, texts)}


def counts(ended: Ended) -> tuple[int, int, int, int]:
    summary = ended.summary
    assert summary.found == summary.reviewed + summary.cached + len(summary.failed)
    return summary.found, summary.reviewed, summary.cached, len(summary.failed)


def verdicts(run: Run) -> dict[str, Any]:
    """What the reviews say, without what they cost and when they were made."""
    return {
        title: [review[part] for part in ("coverage", "findings", "questions")]
        for title, review in run.reports().items()
    }


def answered(run: Run) -> None:
    """Every aspect that was asked for has a verdict, once."""
    for review in run.reports().values():
        rows = review["coverage"]
        assert len({row["aspect"] for row in rows}) == len(rows) == 30
        asked = [row for row in rows if not run.dimensions or row["dimension"] in run.dimensions]
        assert all(row["status"] != "unjudged" for row in asked)


@pytest.fixture
def designs() -> list[Path]:
    return write_designs(Path("designs"), 3)


# --- lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["openai:gpt-4o-mini", "openai:gpt-5-mini", "openai:o3"])
@pytest.mark.parametrize("mode", ["json_schema", "tools", "text"])
def test_a_line_holds_the_body_of_the_direct_call(model: str, mode: Any) -> None:
    with ScriptedEndpoint(modes=(mode,)) as endpoint:
        settings = load_settings(model=model, base_url=endpoint.url, ephemeral=True)
        messages = (Message("system", "s"), Message("user", "d", True), Message("user", "- a.b"))
        request = Request("judge-risk", messages, ROWS_SCHEMA, model, parameters(settings))

        async def call() -> None:
            answers = make_answers(settings, load_prices())
            await answers.answer(request)
            await answers.close()

        asyncio.run(call())
    line = json.loads(
        Lines(accesses(settings, {})[0], parameters(settings)).line(request, Way(mode))
    )
    sent = {name: value for name, value in endpoint.calls[-1].body.items() if name != "stream"}
    assert line["body"] == sent
    assert line["custom_id"] == request.digest


def completion(**message: Any) -> dict[str, Any]:
    choice = {"message": {"content": "{}"} | message, "finish_reason": "stop"}
    return {"choices": [choice], "usage": {"prompt_tokens": 8, "completion_tokens": 2}}


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        ({"status_code": 200, "body": completion(refusal="No.")}, "refused"),
        ({"status_code": 200, "body": completion(content="  ")}, "useless"),
        ({"status_code": 200, "body": "<html>"}, "useless"),
        ({"status_code": 200, "body": {"choices": [None]}}, "useless"),
        ({"status_code": 200, "body": {"choices": []}}, "useless"),
        ({"status_code": 429, "body": {"error": {"message": "slow down"}}}, "busy"),
        ({"status_code": "?", "body": None}, "server"),
        ({"status_code": 401, "body": {}}, "key"),
        ({"status_code": 400, "body": {"error": "no"}}, "request"),
        (None, "server"),
    ],
)
def test_a_line_without_an_answer_is_a_fault(response: object, kind: str) -> None:
    line = {"custom_id": "d", "response": response, "error": {"message": "Bearer sk-abcdef123"}}
    reply = read_reply(json.dumps(line).encode())
    assert reply is not None
    assert reply.digest == "d"
    assert reply.fault is not None
    assert reply.fault.kind == kind
    assert "abcdef" not in reply.fault.reason


@pytest.mark.parametrize("line", [b'{"custom_id": "d', b"[]", b"7", b'{"custom_id": 7}', b"\xff"])
def test_what_is_no_line_is_none(line: bytes) -> None:
    assert read_reply(line) is None


def test_a_way_is_read_as_it_was_written() -> None:
    for way in (Way(), Way("tools"), Way("text", temperature=False)):
        assert read_way(str(way)) == way
    assert read_way("nonsense") == Way()


# --- runs ----------------------------------------------------------------------------------------


def test_three_designs_in_one_batch_at_half_the_price(designs: list[Path]) -> None:
    with BatchEndpoint() as endpoint:
        run = Run(endpoint)
        ended = run()
        assert counts(ended) == (3, 3, 0, 0)
        answered(run)
        assert (len(endpoint.uploads), len(endpoint.batches)) == (1, 1)
        assert len(endpoint.batches["batch_1"].lines) == 27
        assert endpoint.files == {}  # the service keeps no design
        calls = endpoint.count
        again = Run(endpoint)()
    assert counts(again) == (3, 0, 3, 0)
    assert endpoint.count == calls
    usages = [review["usage"] for review in run.reports().values()]
    taken = {
        "prompt_tokens": sum(usage["prompt_tokens"] for usage in endpoint.told),
        "completion_tokens": sum(usage["completion_tokens"] for usage in endpoint.told),
    }
    assert {name: sum(usage[name] for usage in usages) for name in taken} == taken
    cached = sum(usage["cached_tokens"] for usage in usages)
    written = sum(usage["written_tokens"] for usage in usages)
    assert written == taken["prompt_tokens"] - cached > 0
    full = Answer("", taken["prompt_tokens"], cached, taken["completion_tokens"])
    listed = load_prices().cost(MODEL, full)
    assert listed is not None
    assert ended.summary.cost_usd == pytest.approx(listed / 2, rel=1e-3)
    assert ended.summary.calls == 27
    assert not (run.out / NAME).exists()
    assert not [call for call in endpoint.calls if call.path.endswith("/chat/completions")]


def mixed(call: Call) -> dict[str, Any]:
    """Partial, missing or without a real quote, by the aspect; a critic is shown other verdicts."""
    kinds = [honest(call)["rows"][n] for n in range(len(call.aspects))]
    return {
        "rows": [
            kind if len(kind["aspect"]) % 3 == 0 else row(kind["aspect"], status)
            for kind, status in zip(kinds, ["missing", "partial"] * 30, strict=False)
        ]
    }


def test_all_stages_come_to_what_direct_calls_come_to(designs: list[Path]) -> None:
    with BatchEndpoint(answer=mixed) as endpoint:
        direct = Run(endpoint, Path("direct"), direct=True)
        direct(depth="deep")
        asked = {json.dumps(call.body, sort_keys=True) for call in endpoint.calls}
        batched = Run(endpoint, Path("batched"))
        batched(depth="deep")
    assert verdicts(direct) == verdicts(batched)
    lines = [line for batch in endpoint.batches.values() for line in batch.lines]
    assert len({line["custom_id"] for line in lines}) == len(lines) == len(asked)
    assert len(endpoint.batches) >= 4  # verdicts, repairs or re-asks, critics, completeness


FAULTY = ("500", "429", "no line", "batch_expired", "html", "empty", "broken line", "refusal")


def test_what_failed_in_part_is_asked_again_alone(designs: list[Path]) -> None:
    def script(call: Call) -> str:
        if call.attempt > 1:
            return "ok"
        return (*FAULTY, "twice", "strange")[call.index] if call.index < 10 else "ok"

    with BatchEndpoint(script) as endpoint:
        run = Run(endpoint)
        assert counts(run()) == (3, 3, 0, 0)
    answered(run)
    assert [len(batch.lines) for batch in endpoint.batches.values()] == [27, len(FAULTY)]
    told = next(line for line in run.said if line.startswith("batch_1 completed"))
    assert "19 of 27 answered, 8 to be asked again, 0 given up; 2 lines that answer no" in told
    usages = [review["usage"] for review in run.reports().values()]
    paid = sum(usage["prompt_tokens"] for usage in endpoint.told[:-8])
    assert sum(usage["prompt_tokens"] for usage in usages) >= paid


def test_what_never_works_is_unjudged_with_its_reason_and_asked_again_on_demand(
    designs: list[Path],
) -> None:
    first: set[str] = set()

    def script(call: Call) -> str:
        text = json.dumps(call.body)
        first.update({text} if not first else ())
        return "500" if text in first and call.attempt < 4 else "ok"

    with BatchEndpoint(script) as endpoint:
        run = Run(endpoint, dimensions=TWO)
        ended = run()
        assert counts(ended) == (3, 3, 0, 0)
        assert ended.summary.incomplete == 1
        assert [len(batch.lines) for batch in endpoint.batches.values()] == [6, 1, 1]
        reasons = {
            row["rationale"]
            for review in run.reports().values()
            for row in review["coverage"]
            if row["status"] == "unjudged" and row["dimension"] in TWO
        }
        assert len(reasons) == 1
        assert "HTTP 500" in (reason := reasons.pop())
        assert "(3 batches)" in reason
        run = Run(endpoint, dimensions=TWO, retry=True)
        assert run().summary.incomplete == 0
        assert len(endpoint.batches["batch_4"].lines) == 1
    answered(run)


@pytest.mark.parametrize(
    ("fate", "sizes"),
    [("expired", [6, 3]), ("failed", [6, 6]), ("queue full", [6, 3, 3])],
)
def test_a_batch_that_ends_badly_is_followed_by_one_for_what_is_left(
    designs: list[Path], fate: str, sizes: list[int]
) -> None:
    with BatchEndpoint(fate=lambda number: fate if number == 1 else "completed") as endpoint:
        run = Run(endpoint, dimensions=TWO)
        assert counts(run()) == (3, 3, 0, 0)
    answered(run)
    assert [len(batch.lines) for batch in endpoint.batches.values()] == sizes
    sent = [line["custom_id"] for batch in endpoint.batches.values() for line in batch.lines]
    assert len(set(sent)) == 6


def test_a_cancelled_batch_is_not_sent_again_by_itself(designs: list[Path]) -> None:
    with BatchEndpoint(fate=lambda number: "cancelled" if number == 1 else "completed") as endpoint:
        run = Run(endpoint, dimensions=TWO)
        ended = run()
        assert ended.summary.incomplete == 3
        assert len(endpoint.batches) == 1
        text = json.dumps(run.reports())
        assert "the batch was cancelled" in text
        run = Run(endpoint, dimensions=TWO, retry=True)
        run()
        assert len(endpoint.batches["batch_2"].lines) == 3
    answered(run)


def test_files_keep_within_the_limits_and_what_fits_in_none_has_its_reason(
    designs: list[Path],
) -> None:
    with BatchEndpoint(most_lines=4) as endpoint:
        run = Run(endpoint, Path("few"), dimensions=TWO, limits=FileLimits(requests=4))
        assert counts(run()) == (3, 3, 0, 0)
        answered(run)
        assert [len(batch.lines) for batch in endpoint.batches.values()] == [4, 2]
        size = max(len(json.dumps(line)) for line in endpoint.batches["batch_1"].lines)
    with BatchEndpoint() as endpoint:
        limits = FileLimits(size=size * 5 // 2)
        small = Run(endpoint, Path("small"), dimensions=TWO, limits=limits)
        assert counts(small()) == (3, 3, 0, 0)
        answered(small)
        assert max(len(batch.lines) for batch in endpoint.batches.values()) == 2
        none = Run(endpoint, Path("none"), dimensions=TWO, limits=FileLimits(size=1000))
        ended = none()
    assert counts(ended) == (3, 0, 0, 3)
    assert all("larger than a file" in reason for reason in ended.summary.failed.values())


def test_the_budget_holds_at_half_the_price(designs: list[Path]) -> None:
    with BatchEndpoint() as endpoint:
        whole = Run(endpoint, Path("whole"), dimensions=TWO)
        whole()
        told = next(line for line in whole.said if "is under way" in line)
        estimate = float(told.split("tokens, ")[1].split(" USD")[0])
        part = Run(endpoint, Path("part"), dimensions=TWO)
        ended = part(max_cost=estimate * 0.8)
        assert counts(ended) == (3, 2, 0, 1)
        (reason,) = ended.summary.failed.values()
        assert "the budget of" in reason
        assert ended.summary.cost_usd <= estimate * 0.8
        assert counts(Run(endpoint, Path("part"), dimensions=TWO)()) == (3, 1, 2, 0)
    with pytest.raises(InputError, match="price of openai:unknown is not known"):
        Run(endpoint, dimensions=TWO)(model="openai:unknown", max_cost=1)


def test_requests_are_worded_as_the_endpoint_accepts_them(designs: list[Path]) -> None:
    def script(call: Call) -> str:
        return "temperature" if "temperature" in call.body else "ok"

    with BatchEndpoint(script, modes=("text",)) as endpoint:
        run = Run(endpoint, dimensions=TWO)
        assert counts(run()) == (3, 3, 0, 0)
    answered(run)
    assert len(endpoint.batches) == 4  # without temperature, with a tool, in words


def test_the_key_and_what_is_redacted_go_nowhere_else(
    designs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "AKIA" + "QWERTYUIOPASDFGH"
    designs[0].write_text(designs[0].read_text() + f"\nThe key is {secret}, for jane@corp.io.\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-itself")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    with BatchEndpoint() as endpoint:
        Run(endpoint, dimensions=TWO)()
    assert {call.headers["authorization"] for call in endpoint.calls} == {"Bearer none"}
    assert not [call for call in endpoint.calls if "openai-organization" in call.headers]
    sent = b"".join(call.raw for call in endpoint.calls)
    assert b"Kubernetes" in sent
    assert secret.encode() not in sent
    assert b"jane@corp.io" not in sent


def test_a_server_without_a_batch_api_is_told_at_once(designs: list[Path]) -> None:
    with BatchEndpoint(absent=True) as endpoint, pytest.raises(CopilotError) as caught:
        Run(endpoint, dimensions=TWO)(retries=0)
    assert "Batch API" in str(caught.value)
    with pytest.raises(InputError, match="cannot be asked through OpenAI's Batch API"):
        Run(endpoint)(critic_model="azure_openai:gpt-4o")


def test_calls_that_fail_though_they_arrived_are_not_repeated(designs: list[Path]) -> None:
    stumbles = {"POST /files", "POST /batches", "GET /batches/batch_1", "GET /files/", "DELETE /"}
    with BatchEndpoint(stumbles=stumbles) as endpoint:
        run = Run(endpoint, dimensions=("risk",))
        assert counts(run()) == (3, 3, 0, 0)
        assert not endpoint.stumbles
    answered(run)
    assert (len(endpoint.uploads), len(endpoint.batches)) == (1, 1)


def test_an_upload_that_was_never_confirmed_is_found_again(designs: list[Path]) -> None:
    with BatchEndpoint(mute="/files") as endpoint:
        stopped = Run(endpoint, dimensions=("risk",))
        stopped.stop = lambda: endpoint.uploads
        with pytest.raises(asyncio.CancelledError):
            stopped()
        endpoint.mute = ""
        run = Run(endpoint, dimensions=("risk",))
        assert counts(run()) == (3, 3, 0, 0)
    answered(run)
    assert (len(endpoint.uploads), len(endpoint.batches)) == (1, 1)


def test_what_the_batch_api_cannot_do_is_refused_before_anything_is_written(
    designs: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archreview = Command(monkeypatch, capsys)
    call = ("batch", "designs", "--out", "out", "--via", "batch-api")
    assert "is about a model" in archreview.refused(*call)
    model = ("--model", MODEL, "--base-url", "http://127.0.0.1:9/v1")
    assert "--executor ray has no" in archreview.refused(*call, *model, "--executor", "ray")
    assert "--timeout-per-design" in archreview.refused(*call, *model, "--timeout-per-design", 9)
    assert not Path("out").exists()


def test_a_batch_of_other_requests_is_left_under_way_and_not_waited_for(
    designs: list[Path],
) -> None:
    with BatchEndpoint(fate=lambda number: "never" if number == 1 else "completed") as endpoint:
        stopped = Run(endpoint, dimensions=("lifecycle",))
        stopped.stop = lambda: endpoint._looked["batch_1"]
        with pytest.raises(asyncio.CancelledError):
            stopped()
        assert "(batch_1): left so" in stopped.said[-1]
        run = Run(endpoint, dimensions=("risk",))
        assert counts(run()) == (3, 3, 0, 0)
        assert run.said[0].startswith("taken up: 1 batch under way")
        assert "(batch_1): left so" in run.said[-1]
        endpoint.batches["batch_1"].fate = "completed"
        assert counts(Run(endpoint, dimensions=("lifecycle",))()) == (3, 3, 0, 0)
    assert [len(batch.lines) for batch in endpoint.batches.values()] == [3, 3]


# --- a program that is killed --------------------------------------------------------------------


def command(endpoint: BatchEndpoint) -> subprocess.Popen[str]:
    arguments = ["batch", "designs", "--out", "out", "--judge", "model", "--via", "batch-api"]
    arguments += ["--model", MODEL, "--base-url", endpoint.url, "--dimension", "risk"]
    return subprocess.Popen(
        [sys.executable, "-m", "copilot.cli.main", *arguments],
        env=os.environ | {"ARCHREVIEW_BATCH_POLL": "0.05"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )


def wait_for(happened: Callable[[], object], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 120
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def waiting() -> Iterator[BatchEndpoint]:
    with BatchEndpoint(held=True) as endpoint:
        yield endpoint


@pytest.mark.parametrize("mute", ["", "/batches"], ids=["while it waits", "while it is begun"])
def test_a_killed_program_sends_nothing_again(
    designs: list[Path], waiting: BatchEndpoint, mute: str
) -> None:
    waiting.mute = mute
    killed = command(waiting)
    looked = lambda: waiting.batches and (mute or waiting._looked["batch_1"] > 1)  # noqa: E731
    wait_for(looked, killed)
    killed.kill()
    killed.communicate()
    waiting.held, waiting.mute = False, ""
    second = command(waiting)
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, err
    assert "taken up: 1 batch under way at" in err
    assert "3 found = 3 reviewed + 0 cached + 0 failed" in out
    assert "at half the list price (Batch API)" in out
    assert (len(waiting.uploads), len(waiting.batches)) == (1, 1)


def test_ctrl_c_leaves_the_batch_under_way_and_says_how_to_go_on(
    designs: list[Path], waiting: BatchEndpoint
) -> None:
    stopped = command(waiting)
    wait_for(lambda: waiting._looked["batch_1"] > 1, stopped)
    stopped.send_signal(signal.SIGINT)
    _, err = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert "(batch_1): left so, the same command takes it up again" in err
    assert "Traceback" not in err
    assert waiting.batches["batch_1"].status == "in_progress"
