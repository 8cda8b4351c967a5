"""archreview beside the pipeline of LangChain's own tutorial: `python -m evals.bench.peer`.

The peer loads a design, splits it (RecursiveCharacterTextSplitter, 1,000 characters, 200 shared),
puts it into Chroma, and asks for each of the nine dimensions in turn: the four nearest chunks, a
prompt, `with_structured_output`. Embedder, dimensions, aspects and server are ours, so that only
the pipeline differs. What the tutorial leaves out and any user would add is added: a call that
fails costs its dimension and not the run, and a call ends after 60 seconds.

Both sides run in processes of their own, on the same designs, against the same scripted server
(tests/endpoint.py), without faults and with 20% of them. Needs `pip install langchain-chroma
langchain-text-splitters`. Nothing here passes or fails.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from evals.bench.batch import MODEL, Peak, Run, batch
from evals.bench.library import DESIGNS, ROOT
from evals.bench.model import _script

COUNT = 5
LATENCY = 0.5
FAULTY = 0.2
ASPECTS = 30


class Quote(BaseModel):
    """A quote of the peer's."""

    text: str


class Row(BaseModel):
    """One verdict of the peer's."""

    aspect: str
    status: Literal["addressed", "partial", "missing", "not_applicable"]
    rationale: str
    confidence: float
    quotes: list[Quote]


class Rows(BaseModel):
    """What the peer's model answers."""

    rows: list[Row]


PROMPT = """You review the architecture of an ML platform. Judge each aspect that is listed at the \
end by the context: addressed, partial, missing or not_applicable, with a short rationale, your \
confidence and verbatim quotes.

Context:
{context}

Dimension: {dimension}

Aspects:

{aspects}"""


def peer(url: str, folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of all designs of a folder, one call after the other."""
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from copilot.index.embedders import local_embedder
    from copilot.knowledge import load_knowledge

    class Local(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return local_embedder().embed(texts).tolist()  # type: ignore[no-any-return]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    model = ChatOpenAI(model="scripted", base_url=url, api_key="none", temperature=0, timeout=60)
    chain = ChatPromptTemplate.from_template(PROMPT) | model.with_structured_output(Rows)
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    for path in sorted(folder.glob("*.md")):
        text = path.read_text("utf-8")
        chunks = splitter.split_documents([Document(text, metadata={"source": path.name})])
        store = Chroma.from_documents(chunks, Local(), collection_name=path.stem)
        retriever = store.as_retriever()
        for dimension in load_knowledge().dimensions:
            titles = ", ".join(aspect.title for aspect in dimension.aspects)
            found = retriever.invoke(f"{dimension.title}: {titles}")
            asked = {
                "context": "\n\n".join(chunk.page_content for chunk in found),
                "dimension": dimension.title,
                "aspects": "\n".join(f"- {aspect.id}" for aspect in dimension.aspects),
            }
            try:
                answer = chain.invoke(asked)
            except Exception as error:
                print(f"{path.name} {dimension.id}: {type(error).__name__}", file=sys.stderr)
                continue
            wanted = {aspect.id for aspect in dimension.aspects}
            for row in answer.rows if isinstance(answer, Rows) else ():
                if row.aspect in wanted:
                    yield {"design": path.name, **row.model_dump()}


@dataclass(frozen=True)
class Served:
    """What the server saw of one run."""

    requests: int
    peak: int
    prompt: int
    """Tokens of all prompts that were answered, schema included, as characters / 4."""
    cached: int
    """Of them in the longest prefix that one of the 16 prompts before had too."""


def _serve(pipe: Any, share: float) -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    from endpoint import ScriptedEndpoint  # type: ignore[import-not-found,unused-ignore]

    class Counting(ScriptedEndpoint):  # type: ignore[misc,unused-ignore]
        prompt = cached = 0

        def _usage(self, call: Any, content: str) -> dict[str, Any]:
            usage: dict[str, Any] = super()._usage(call, content)
            self.prompt += usage["prompt_tokens"]
            self.cached += usage["prompt_tokens_details"]["cached_tokens"]
            return usage

    with Counting(_script(share), latency=LATENCY, hang=5, keep_calls=False) as endpoint:
        pipe.send(endpoint.url)
        pipe.recv()
        pipe.send(Served(endpoint.count, endpoint.peak, endpoint.prompt, endpoint.cached))


@contextmanager
def served(share: float) -> Iterator[tuple[str, Any]]:
    """The address of a fresh server, and the connection that tells what it saw."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(there, share), daemon=True)
    process.start()
    try:
        yield here.recv(), here
    finally:
        process.join(10)


@dataclass(frozen=True)
class Came:
    """What one side gave."""

    run: Run
    seen: Served
    rows: int
    """Different (design, aspect) pairs with a verdict."""
    made_up: int
    """Rows that are called addressed or partial by a quote that stands in no design."""


def run_peer(folder: Path, share: float) -> Came:
    with served(share) as (url, pipe):
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "evals.bench.peer", "run", url, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
        peak = Peak(process.pid)
        output, _ = process.communicate()
        run = Run(time.perf_counter() - started, 0.0, peak.stop(), output)
        pipe.send("tell")
        seen = pipe.recv()
    rows = [json.loads(line) for line in output.splitlines()]
    return Came(run, seen, *_count(rows, folder))


def run_archreview(folder: Path, share: float, out: Path) -> Came:
    with served(share) as (url, pipe):
        run = batch(folder, out, *MODEL, "--base-url", url)
        pipe.send("tell")
        seen = pipe.recv()
    rows = []
    for path in (out / "reports").glob("*.json"):
        review = json.loads(path.read_text("utf-8"))
        for row in review["coverage"]:
            if row["status"] != "unjudged":
                quotes = [{"text": c["quote"]} for c in row["citations"] if c["verified"]]
                rows.append({**row, "design": review["document"]["path"], "quotes": quotes})
    return Came(run, seen, *_count(rows, folder))


def _count(rows: Sequence[dict[str, Any]], folder: Path) -> tuple[int, int]:
    texts = [" ".join(path.read_text("utf-8").split()) for path in folder.glob("*.md")]

    def stands(quote: str) -> bool:
        return any(" ".join(quote.split()) in text for text in texts)

    bare = sum(
        row["status"] in ("addressed", "partial")
        and not any(stands(quote["text"]) for quote in row["quotes"])
        for row in rows
    )
    return len({(row["design"], row["aspect"]) for row in rows}), bare


def main() -> None:
    if sys.argv[1:2] == ["run"]:
        for row in peer(sys.argv[2], Path(sys.argv[3])):
            print(json.dumps(row), flush=True)
        return
    print(f"{COUNT} designs, {LATENCY} s a call, {COUNT * ASPECTS} rows expected")
    print(f"{'faults':>6} {'side':>10} {'wall s':>7} {'requests':>8} {'in flight':>9} "
          f"{'prompt tokens':>13} {'cached':>6} {'peak MB':>7} {'rows lost':>9} "
          f"{'unfounded':>9}")  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "designs"
        folder.mkdir()
        for path in DESIGNS[:COUNT]:
            shutil.copy(path, folder)
        for share in (0.0, FAULTY):
            out = Path(home) / f"out-{share}"
            for name, came in (
                ("tutorial", run_peer(folder, share)),
                ("archreview", run_archreview(folder, share, out)),
            ):
                seen = came.seen
                print(f"{share:6.0%} {name:>10} {came.run.seconds:7.1f} {seen.requests:8} "
                      f"{seen.peak:9} {seen.prompt:13,} {seen.cached / max(seen.prompt, 1):6.0%} "
                      f"{came.run.peak_mb:7.0f} {COUNT * ASPECTS - came.rows:9} "
                      f"{came.made_up:9}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
