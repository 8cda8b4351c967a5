"""How the model judge behaves at an endpoint: `python -m evals.bench.model [reviews]`.

Prints what was measured; nothing here passes or fails. The endpoint is the scripted server of the
tests (tests/endpoint.py), in a process of its own, over HTTP on loopback. "Ideal" is the time that
the same calls would take if the limit of calls in flight were always full: the server's own sum of
seconds in flight, divided by the limit.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.judges.model.context import estimate_tokens
from copilot.judges.model.judge import ModelJudge
from copilot.judges.model.requests import Request
from copilot.judges.model.setup import make_model_judge
from copilot.judges.model.wire import estimate_request, to_langchain
from copilot.judges.protocol import Evidence, JudgesAll
from copilot.knowledge import Knowledge, load_knowledge
from copilot.review import coverage
from copilot.review.citations import Verifier
from copilot.schema import Coverage, Document, Status
from copilot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DESIGNS = sorted((ROOT / "evals" / "designs").glob("*.md"))
REAL = ROOT.parent / "shared" / "benchmark" / "dev" / "designs"
MIXED = (
    *("429", "500", "503", "hang", "drop", "truncated", "prose", "refusal", "empty", "html"),
    *("enum", "missing", "doubled", "lies"),
)
FAULTY = 0.3
TIMEOUT = 2.0


@dataclass(frozen=True)
class Served:
    """What the server saw."""

    calls: int
    peak: int
    seconds: float
    """Sum of the seconds that requests were in flight."""
    faults: int
    arrived: tuple[float, ...]
    """When each request came, in seconds."""
    span: float
    """Seconds from the first request to the last reply."""
    cpu: float
    """CPU seconds of the server itself, since the first request."""


def _script(share: float) -> Any:
    """Faults by the digest of the request and its attempt, so that every run meets the same."""

    def script(call: Any) -> str:
        body = json.dumps(call.body["messages"][-1])
        draw = int(hashlib.sha256(f"{body}{call.attempt}".encode()).hexdigest()[:12], 16)
        if (draw % 10_000) / 10_000 >= share:
            return "ok"
        return MIXED[draw // 10_000 % len(MIXED)]

    return script


def _serve(pipe: Any, share: float, latency: float) -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    from endpoint import ScriptedEndpoint  # type: ignore[import-not-found,unused-ignore]

    faults = 0
    inner = _script(share)

    def script(call: Any) -> str:
        nonlocal faults
        fault: str = inner(call)
        faults += fault != "ok"
        return fault

    with ScriptedEndpoint(script, latency=latency, hang=30, keep_calls=False) as endpoint:
        pipe.send(endpoint.url)
        idle = time.process_time()
        while pipe.recv() == "tell":
            arrived = tuple(endpoint.arrived)
            span = endpoint.ended - arrived[0] if arrived else 0.0
            cpu = time.process_time() - idle
            seconds = sum(endpoint.served)
            pipe.send(Served(endpoint.count, endpoint.peak, seconds, faults, arrived, span, cpu))


@contextmanager
def server(share: float = 0.0, latency: float = 0.0) -> Iterator[tuple[str, Any]]:
    """The address of a scripted server in another process, and a function that asks it."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(there, share, latency), daemon=True)
    process.start()

    def tell() -> Served:
        here.send("tell")
        served: Served = here.recv()
        return served

    try:
        yield here.recv(), tell
    finally:
        here.send("stop")
        process.join(10)


def judge_at(url: str, knowledge: Knowledge, **options: Any) -> ModelJudge:
    """A model judge without a workspace at a scripted server."""
    given = {"model": "openai:scripted", "base_url": url, "redact": False, "ephemeral": True}
    return make_model_judge(Settings(**{**given, **options}), knowledge)


def documents(count: int) -> list[Evidence]:
    """The bundled designs over and over, each time with another first line."""
    made = []
    for number in range(count):
        document = load_document(DESIGNS[number % len(DESIGNS)])
        text = f"Copy {number}.\n\n{document.text}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        files = (document.files[0].model_copy(update={"end": len(text)}),)
        copy = Document(
            path=document.path, title=document.title, text=text, digest=digest,
            format=document.format, files=files,
        )  # fmt: skip
        made.append(Evidence(copy, split(copy), {}))
    return made


@asynccontextmanager
async def closing(judge: ModelJudge) -> AsyncIterator[ModelJudge]:
    """The judge, its connections given back at the end."""
    try:
        yield judge
    finally:
        await judge.close()


async def review(judge: JudgesAll, evidence: Evidence, knowledge: Knowledge) -> list[Coverage]:
    """The verified rows of one review."""
    verifier = Verifier(evidence.document, evidence.passages)
    rows: list[Coverage] = []
    async for verdict in judge.judge_all(knowledge.dimensions, evidence):
        dimension = knowledge.dimension(verdict.dimension)
        rows += coverage.rows(dimension, verdict.judgements, evidence, verifier)
    return rows


async def review_all(
    judge: ModelJudge, given: Sequence[Evidence], knowledge: Knowledge, at_once: int
) -> list[list[Coverage]]:
    """Many reviews, some at once, through one judge."""
    slots = asyncio.Semaphore(at_once)

    async def one(evidence: Evidence) -> list[Coverage]:
        async with slots:
            return await review(judge, evidence, knowledge)

    async with closing(judge):
        return list(await asyncio.gather(*map(one, given)))


def faults(knowledge: Knowledge, reviews: int, limit: int = 16, latency: float = 0.4) -> None:
    """Many reviews while a share of all calls fails."""
    given = documents(reviews)
    with server(FAULTY, latency) as (url, tell):
        judge = judge_at(url, knowledge, concurrency=limit, timeout=TIMEOUT)
        started = time.perf_counter()
        reviewed = asyncio.run(review_all(judge, given, knowledge, at_once=2 * limit))
        wall = time.perf_counter() - started
        served = tell()
    rows = [row for one in reviewed for row in one]
    without = [row for row in rows if row.status is Status.UNJUDGED]
    doubled = len(rows) - sum(len({row.aspect for row in one}) for one in reviewed)
    lies = sum(
        row.status in (Status.ADDRESSED, Status.PARTIAL)
        and not any(citation.verified for citation in row.citations)
        for row in rows
    )
    ideal = served.seconds / limit
    print(f"{reviews} reviews, {FAULTY:.0%} mixed faults, {latency} s a call, limit {limit}")
    print(f"  rows {len(rows)} of {30 * reviews}, doubled {doubled}")
    print(f"  judged {len(rows) - len(without)}, unjudged {len(without)}", end=", ")
    print(f"of them without a reason {sum(not row.rationale for row in without)}")
    print(f"  rejected quotes counted as evidence {lies}")
    print(f"  requests {served.calls}, of them faulty {served.faults}, peak {served.peak}")
    print(f"  wall {wall:.1f} s, ideal {ideal:.1f} s, ratio {wall / ideal:.2f}")


def concurrency(knowledge: Knowledge, latency: float = 0.5) -> None:
    """One review of nine dimensions without faults; the libraries are imported before."""
    (warm, *given) = documents(6)
    print(f"one review, {latency} s a call")
    for limit in (8, 4, 2):
        ideal = latency * (1 + -(-8 // limit))
        with server(latency=latency) as (url, tell):
            judge = judge_at(url, knowledge, concurrency=limit)

            async def timed(judge: ModelJudge = judge) -> list[float]:
                seconds = []
                async with closing(judge):
                    await review(judge, warm, knowledge)
                    for evidence in given:
                        started = time.perf_counter()
                        await review(judge, evidence, knowledge)
                        seconds.append(time.perf_counter() - started)
                return seconds

            wall = median(asyncio.run(timed()))
            print(
                f"  limit {limit}: {wall:.2f} s, ideal {ideal:.2f} s, ratio {wall / ideal:.2f}, "
                f"peak {tell().peak}"
            )


def repeat(knowledge: Knowledge) -> None:
    """The same review twice through one cache."""
    (evidence,) = documents(1)
    with server() as (url, tell):

        async def twice() -> tuple[int, int]:
            async with closing(judge_at(url, knowledge)) as judge:
                await review(judge, evidence, knowledge)
                first = tell().calls
                await review(judge, evidence, knowledge)
                return first, tell().calls - first

        first, second = asyncio.run(twice())
    print(f"the same review twice: {first} requests, then {second}")


def prefix(knowledge: Knowledge) -> None:
    """Share of the prompt that all calls have in common, schema included, from the second on."""
    for name, paths in (("bundled designs", DESIGNS), ("real designs", _real())):
        if not paths:
            continue
        shares, words = [], []
        judge = judge_at("http://127.0.0.1:1/v1", knowledge)
        for path in paths:
            document = load_document(path)
            requests = judge.requests(knowledge.dimensions, Evidence(document, split(document), {}))
            shares += [_shared(request) for request in requests[1:]]
            words.append(document.words)
        print(
            f"shared prefix, {len(paths)} {name} (median {median(words):,.0f} words): "
            f"mean {mean(shares):.1%}, median {median(shares):.1%}, least {min(shares):.1%}"
        )


def _real() -> list[Path]:
    return sorted(path for path in REAL.glob("*") if path.suffix in (".md", ".rst"))


def _shared(request: Request) -> float:
    total = estimate_request(request)
    return (total - estimate_tokens(request.messages[-1].content)) / total


def overhead(knowledge: Knowledge, calls: int = 90) -> None:
    """A call's time and this process's CPU time, beside the bare client with the same request."""
    given = documents(calls // 9 + 1)
    judge = judge_at("http://127.0.0.1:1/v1", knowledge)
    requests = [r for e in given[1:] for r in judge.requests(knowledge.dimensions, e)]
    with server() as (url, _):
        asyncio.run(_bare(url, requests[:1]))  # imports
        bare = _per_call(lambda: asyncio.run(_bare(url, requests)), len(requests))

        async def judged() -> tuple[float, float]:
            async with closing(judge_at(url, knowledge, concurrency=1)) as judge:
                await review(judge, given[0], knowledge)
                wall, cpu = time.perf_counter(), time.process_time()
                for evidence in given[1:]:
                    await review(judge, evidence, knowledge)
                return time.perf_counter() - wall, time.process_time() - cpu

        ours = [1000 * seconds / len(requests) for seconds in asyncio.run(judged())]
    print("a call, one after the other, ms (wall, CPU of the client)")
    print(f"  with context, LangChain, parsing, checked quotes: {ours[0]:.1f}, {ours[1]:.1f}")
    print(f"  bare openai client: {bare[0]:.1f}, {bare[1]:.1f}")
    print(f"  overhead: {ours[0] - bare[0]:.1f}, {ours[1] - bare[1]:.1f}")


def _per_call(work: Callable[[], None], calls: int) -> list[float]:
    """Milliseconds of wall clock and of CPU for each call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return [1000 * (time.perf_counter() - wall) / calls, 1000 * (time.process_time() - cpu) / calls]


async def _bare(url: str, requests: Sequence[Request]) -> None:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
        for request in requests:
            messages: Any = [
                {"role": "system" if m.type == "system" else "user", "content": m.content}
                for m in to_langchain(request, "json_schema", "openai")
            ]
            schema: Any = {
                "type": "json_schema",
                "json_schema": {"name": "ReviewRows", "schema": request.schema},
            }
            await client.chat.completions.create(
                model="scripted", messages=messages, response_format=schema, max_tokens=8000
            )


def main() -> None:
    """Run all measurements."""
    knowledge = load_knowledge()
    prefix(knowledge)
    repeat(knowledge)
    overhead(knowledge)
    concurrency(knowledge)
    faults(knowledge, int(sys.argv[1]) if len(sys.argv) > 1 else 200)


if __name__ == "__main__":
    main()
