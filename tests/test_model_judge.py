"""The model judge against a hostile server: real HTTP, no client is patched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from endpoint import FAULTS, Call, ScriptedEndpoint, honest, row, statuses

from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.errors import InputError
from copilot.judges.model.judge import ModelJudge
from copilot.judges.model.setup import make_model_judge
from copilot.judges.protocol import Evidence, Verdict
from copilot.knowledge import Knowledge
from copilot.schema import Document, Hit, Judgement, Status
from copilot.settings import Settings

DESIGN = ROOT / "evals" / "designs" / "rag-1.md"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    document = load_document(DESIGN)
    return Evidence(document, split(document), {})


def judge_at(endpoint: ScriptedEndpoint, bundled: Knowledge, /, **options: Any) -> ModelJudge:
    defaults = {"model": "openai:scripted", "base_url": endpoint.url, "redact": False}
    return make_model_judge(Settings(**{**defaults, **options}), bundled)


def run(judge: ModelJudge, evidence: Evidence, knowledge: Knowledge, *only: str) -> list[Verdict]:
    dimensions = [d for d in knowledge.dimensions if not only or d.id in only]

    async def collect() -> list[Verdict]:
        try:
            return [verdict async for verdict in judge.judge_all(dimensions, evidence)]
        finally:
            await judge.close()

    return asyncio.run(collect())


def judgements(verdicts: list[Verdict]) -> list[Judgement]:
    return [judgement for verdict in verdicts for judgement in verdict.judgements]


def assert_all_rows_once(verdicts: list[Verdict], knowledge: Knowledge) -> None:
    """Every aspect exactly once, and every unjudged one with its reason."""
    found = judgements(verdicts)
    assert sorted(j.aspect for j in found) == sorted(knowledge.aspects)
    assert all(len(j.rationale) > 10 for j in found if j.status is Status.UNJUDGED)


@pytest.mark.parametrize("fault", [*FAULTS, "ok"])
@pytest.mark.parametrize("always", [True, False])
def test_no_fault_loses_or_doubles_a_row(
    fault: str, always: bool, evidence: Evidence, knowledge: Knowledge
) -> None:
    def script(call: Call) -> str:
        return fault if always or call.attempt == 1 else "ok"

    hangs = fault == "hang"  # elsewhere a busy machine must not look like a hanging endpoint
    with ScriptedEndpoint(script, hang=4.0) as endpoint:
        judge = judge_at(endpoint, knowledge, timeout=1.5 if hangs else 30.0, retries=1)
        verdicts = run(judge, evidence, knowledge)
    assert_all_rows_once(verdicts, knowledge)
    unjudged = sum(j.status is Status.UNJUDGED for j in judgements(verdicts))
    harmless = ("ok", "prose", "doubled", "lies")
    passes = ("429", "500", "503", "hang", "drop", "refusal", "empty", "html")
    if fault in harmless or (fault in passes and not always):
        assert unjudged == 0
    elif fault in ("missing", "truncated"):  # a repair is a new request: it meets the fault too
        assert 0 < unjudged < 30
    elif always:
        assert unjudged == 30
    assert endpoint.peak <= 8


def test_the_first_call_goes_alone_and_the_limit_holds(
    evidence: Evidence, knowledge: Knowledge
) -> None:
    with ScriptedEndpoint(latency=0.05) as endpoint:
        flying: list[int] = []
        endpoint.script = lambda call: (flying.append(endpoint._flying), "ok")[1]
        run(judge_at(endpoint, knowledge, concurrency=3), evidence, knowledge)
    assert flying[0] == 1
    assert endpoint.peak == 3
    assert len(endpoint.calls) == 9
    first = endpoint.calls[0].body
    for call in endpoint.calls:
        assert call.body["response_format"] == first["response_format"]
        assert call.body["messages"][0] == first["messages"][0]


def test_what_the_calls_cost_is_told_by_dimension(evidence: Evidence, knowledge: Knowledge) -> None:
    with ScriptedEndpoint() as endpoint:
        judge = judge_at(endpoint, knowledge, model="openai:gpt-4o-mini")
        verdicts = run(judge, evidence, knowledge)
    spent = [part for verdict in verdicts for part in verdict.spending]
    assert sorted(part.dimension for part in spent) == sorted(d.id for d in knowledge.dimensions)
    assert all(part.calls == 1 and part.cost_usd for part in spent)
    cached = sorted(part.cached_tokens for part in spent)
    assert cached[0] == 0
    assert cached[1] > 0


def test_an_identical_review_makes_no_call_and_says_the_same(
    evidence: Evidence, knowledge: Knowledge
) -> None:
    with ScriptedEndpoint(lambda call: "missing" if call.index == 2 else "ok") as endpoint:
        first = run(judge_at(endpoint, knowledge), evidence, knowledge)
        asked = len(endpoint.calls)
        second = run(judge_at(endpoint, knowledge), evidence, knowledge)
        assert len(endpoint.calls) == asked == 10  # one repair
    by_id = {verdict.dimension: verdict.judgements for verdict in first}
    assert {verdict.dimension: verdict.judgements for verdict in second} == by_id
    assert sum(part.calls for verdict in second for part in verdict.spending) == 0
    assert sum(part.stored for verdict in second for part in verdict.spending) == 10


def test_a_broken_off_run_resumes_from_the_cache(evidence: Evidence, knowledge: Knowledge) -> None:
    with ScriptedEndpoint(latency=0.05) as endpoint:

        async def break_off() -> int:
            judge, done = judge_at(endpoint, knowledge, concurrency=2), 0
            verdicts: AsyncIterator[Verdict] = judge.judge_all(knowledge.dimensions, evidence)
            async for _ in verdicts:
                done += 1
                if done == 3:
                    break
            await verdicts.aclose()  # as a cancelled task does
            await judge.close()
            return done

        done = asyncio.run(break_off())
        before = len(endpoint.calls)
        verdicts = run(judge_at(endpoint, knowledge), evidence, knowledge)
        again = len(endpoint.calls) - before
    assert_all_rows_once(verdicts, knowledge)
    assert again <= 9 - done


@pytest.mark.parametrize(
    ("known", "used"), [(("tools", "text"), "tools"), (("text",), "text"), (("tools",), "tools")]
)
def test_the_way_of_structured_output_goes_down_to_what_the_endpoint_knows(
    known: tuple[str, ...], used: str, evidence: Evidence, knowledge: Knowledge
) -> None:
    with ScriptedEndpoint(modes=known) as endpoint:
        verdicts = run(judge_at(endpoint, knowledge), evidence, knowledge)
    assert not any(j.status is Status.UNJUDGED for j in judgements(verdicts))
    assert endpoint.calls[-1].mode == used
    assert sum(call.mode != used for call in endpoint.calls) <= 2
    if used == "text":
        assert '"additionalProperties"' in endpoint.calls[-1].body["messages"][0]["content"]


def test_a_temperature_that_is_not_taken_is_left_out(
    evidence: Evidence, knowledge: Knowledge
) -> None:
    with ScriptedEndpoint() as endpoint:
        endpoint.script = lambda call: "temperature" if "temperature" in call.body else "ok"
        verdicts = run(judge_at(endpoint, knowledge), evidence, knowledge)
    assert not any(j.status is Status.UNJUDGED for j in judgements(verdicts))
    assert {call.mode for call in endpoint.calls} == {"json_schema"}


def test_an_endpoint_that_is_not_there_is_given_up_soon(
    evidence: Evidence, knowledge: Knowledge
) -> None:
    with ScriptedEndpoint() as endpoint:
        pass
    verdicts = run(judge_at(endpoint, knowledge, retries=1), evidence, knowledge)
    assert_all_rows_once(verdicts, knowledge)
    assert all("cannot be reached" in j.rationale for j in judgements(verdicts))
    assert sum(part.calls for verdict in verdicts for part in verdict.spending) <= 3


def test_a_refused_key_is_not_sent_again(evidence: Evidence, knowledge: Knowledge) -> None:
    with ScriptedEndpoint(lambda call: "401") as endpoint:
        judge = judge_at(endpoint, knowledge, api_key="my-secret-key-123")
        verdicts = run(judge, evidence, knowledge)
    assert len(endpoint.calls) == 1
    assert endpoint.calls[0].headers["authorization"] == "Bearer my-secret-key-123"
    assert "my-secret-key-123" not in repr(verdicts) + repr(judge)


@pytest.mark.parametrize("redirect", ["307"])
def test_no_redirect_carries_the_document_elsewhere(
    redirect: str, evidence: Evidence, knowledge: Knowledge
) -> None:
    with ScriptedEndpoint() as elsewhere, ScriptedEndpoint(lambda call: redirect) as endpoint:
        endpoint.location = f"{elsewhere.url}/chat/completions"
        verdicts = run(judge_at(endpoint, knowledge, retries=0), evidence, knowledge, "risk")
    assert elsewhere.calls == []
    assert all(j.status is Status.UNJUDGED for j in judgements(verdicts))


def test_other_servers_learn_nothing_of_openai(
    evidence: Evidence, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-real-one")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("LANGSMITH_GATEWAY", "http://127.0.0.1:1")
    with ScriptedEndpoint() as endpoint:
        verdicts = run(judge_at(endpoint, knowledge), evidence, knowledge, "risk")
    assert not any(j.status is Status.UNJUDGED for j in judgements(verdicts))
    seen = json.dumps([call.headers for call in endpoint.calls])
    for secret in ("sk-the-real-one", "org-secret", "proj-secret"):
        assert secret not in seen


def test_rows_without_a_real_quote_are_asked_for_once_more(
    evidence: Evidence, knowledge: Knowledge
) -> None:
    lie = "nothing of this kind is written anywhere at all"

    def answer(call: Call) -> object:
        quote = _first_words(evidence.document) if "could not be used" in call.prompt else lie
        return {"rows": [row(a, "addressed", ("p0001", quote)) for a in call.aspects]}

    with ScriptedEndpoint(answer=answer) as endpoint:
        (verdict,) = run(judge_at(endpoint, knowledge), evidence, knowledge, "risk")
    assert len(endpoint.calls) == 2
    assert "no quote that stands in the text" in endpoint.calls[1].prompt
    for judgement in verdict.judgements:
        real, made_up = (quote.text for quote in judgement.quotes)
        assert real in " ".join(evidence.document.text.split())
        assert made_up == lie  # stays to be shown as rejected


def test_quick_is_one_call(evidence: Evidence, knowledge: Knowledge) -> None:
    with ScriptedEndpoint() as endpoint:
        verdicts = run(judge_at(endpoint, knowledge, depth="quick"), evidence, knowledge)
    assert len(endpoint.calls) == 1
    assert_all_rows_once(verdicts, knowledge)


def _first_words(document: Document) -> str:
    return " ".join(max(document.text.splitlines(), key=len).split()[:12])


def deep_answer(critic: str, quote: str) -> Callable[[Call], object]:
    """First addressed without doubt; the critic answers otherwise; completeness finds it."""

    def answer(call: Call) -> object:
        status = critic if "You are the critic" in call.prompt else "missing"
        if "found nothing, or nothing usable" in call.prompt:
            status = "partial"
        return {"rows": [row(aspect, status, ("p0001", quote)) for aspect in call.aspects]}

    return answer


@pytest.mark.parametrize(
    ("critic", "lie", "status", "says"),
    [
        ("missing", False, Status.PARTIAL, "Found by the completeness pass"),
        ("addressed", False, Status.ADDRESSED, "the critic refuted that"),
        ("addressed", True, Status.MISSING, "no quote that stands"),
        ("partial", False, Status.PARTIAL, "the critic refuted that"),
    ],
)
def test_deep_asks_a_critic_and_raises_a_verdict_only_by_a_real_quote(
    critic: str, lie: bool, status: Status, says: str, evidence: Evidence, knowledge: Knowledge
) -> None:
    quote = "nothing of this kind is written anywhere" if lie else _first_words(evidence.document)
    with ScriptedEndpoint(answer=deep_answer(critic, quote)) as endpoint:
        judge = judge_at(endpoint, knowledge, depth="deep", critic_model="openai:stronger")
        verdicts = run(judge, evidence, knowledge, "risk", "security")
    models = [call.body["model"] for call in endpoint.calls]
    completeness = status is Status.MISSING or critic == "missing"
    repairs = 3 * lie  # two of the critic's answers and the completeness pass's
    assert models.count("scripted") == 2
    assert models.count("stronger") == 2 + completeness + repairs
    found = judgements(verdicts)
    assert len(found) == 7
    assert all(j.status is status and says in j.rationale for j in found)


def with_hits(evidence: Evidence, similarity: float) -> Evidence:
    hit = Hit(passage=evidence.passages[-1].id, score=1.0, similarity=similarity)
    return Evidence(evidence.document, evidence.passages, {"risk.scalability": (hit,)})


@pytest.mark.parametrize(("similarity", "calls"), [(0.9, 2), (0.1, 1)])
def test_missing_is_asked_again_when_a_search_finds_strong_evidence(
    similarity: float, calls: int, evidence: Evidence, knowledge: Knowledge
) -> None:
    quote = _first_words(evidence.document)

    def answer(call: Call) -> object:
        if "A search found passages" in call.prompt:
            return {"rows": [row(a, "partial", ("p0001", quote)) for a in call.aspects]}
        return statuses("missing")(call)

    with ScriptedEndpoint(answer=answer) as endpoint:
        judge = judge_at(endpoint, knowledge)
        (verdict,) = run(judge, with_hits(evidence, similarity), knowledge, "risk")
    assert len(endpoint.calls) == calls
    changed = [j for j in verdict.judgements if j.status is Status.PARTIAL]
    assert len(changed) == calls - 1
    assert all("asked again" in j.rationale for j in changed)


def test_a_budget_stops_cleanly_and_keeps_what_is_done(
    evidence: Evidence, knowledge: Knowledge
) -> None:
    with ScriptedEndpoint() as endpoint:
        judge = judge_at(endpoint, knowledge, max_tokens=40_000)
        verdicts = run(judge, evidence, knowledge)
    assert_all_rows_once(verdicts, knowledge)
    spent = [part for verdict in verdicts for part in verdict.spending]
    used = sum(part.prompt_tokens + part.completion_tokens for part in spent)
    assert used <= 40_000
    assert 1 <= len(endpoint.calls) < 9
    stopped = [j for j in judgements(verdicts) if j.status is Status.UNJUDGED]
    assert stopped
    assert all("budget of 40,000 tokens" in j.rationale for j in stopped)


def test_a_cost_budget_needs_a_price(knowledge: Knowledge) -> None:
    with ScriptedEndpoint() as endpoint, pytest.raises(InputError, match="price"):
        judge_at(endpoint, knowledge, max_cost=1.0)


def test_a_pack_may_give_a_price(knowledge: Knowledge, tmp_path: Path, evidence: Evidence) -> None:
    price = "{model: 'openai:scripted', input: 1, cached_input: 1, output: 1, as_of: '2026-01'}"
    (tmp_path / "prices.yaml").write_text(f"prices:\n  - {price}\n")
    with ScriptedEndpoint() as endpoint:
        judge = judge_at(endpoint, knowledge, max_cost=0.02, knowledge=(tmp_path,))
        verdicts = run(judge, evidence, knowledge)
    cost = sum(part.cost_usd for verdict in verdicts for part in verdict.spending)
    assert 0 < cost <= 0.02
    assert any("0.02 USD" in j.rationale for j in judgements(verdicts))


WRITING = (
    "prices:\n  - {model: 'openai:scripted', input: 0, cached_input: 0, output: 0, "
    "cache_write: 10, as_of: '2026-01'}\n"
)
"""The prices of a provider that takes something for writing into its cache alone."""


def test_what_is_written_into_the_cache_is_told_and_paid(
    knowledge: Knowledge, tmp_path: Path, evidence: Evidence
) -> None:
    (tmp_path / "prices.yaml").write_text(WRITING)
    with ScriptedEndpoint() as endpoint:
        judge = judge_at(endpoint, knowledge, knowledge=(tmp_path,))
        verdicts = run(judge, evidence, knowledge, "risk", "security")
    spent = [part for verdict in verdicts for part in verdict.spending]
    assert len(spent) == 2
    for part in spent:
        assert part.written_tokens == part.prompt_tokens - part.cached_tokens > 0
        assert part.cost_usd == pytest.approx(part.written_tokens * 10 / 1_000_000)


def test_a_cost_budget_counts_what_a_call_may_write_into_the_cache(
    knowledge: Knowledge, tmp_path: Path, evidence: Evidence
) -> None:
    (tmp_path / "prices.yaml").write_text(WRITING)
    with ScriptedEndpoint() as endpoint:
        judge = judge_at(endpoint, knowledge, max_cost=0.01, knowledge=(tmp_path,))
        verdicts = run(judge, evidence, knowledge)
        assert endpoint.calls == []
    assert all("0.01 USD" in j.rationale for j in judgements(verdicts))


def test_a_quote_with_a_placeholder_comes_back_as_the_original(
    knowledge: Knowledge, tmp_path: Path
) -> None:
    design = tmp_path / "design.md"
    design.write_text(
        "# Platform\n\nAlerts about failed training jobs are sent to jane.doe@corp-bank.de, who "
        "restarts them from the last checkpoint within one hour.\n"
    )
    document = load_document(design)
    given = Evidence(document, split(document), {})

    with ScriptedEndpoint() as endpoint:
        endpoint.answer = honest
        judge = judge_at(endpoint, knowledge, redact=True)
        (verdict,) = run(judge, given, knowledge, "risk")
    assert all("jane.doe" not in json.dumps(call.body) for call in endpoint.calls)
    for judgement in verdict.judgements:
        (quote,) = judgement.quotes
        assert "jane.doe@corp-bank.de" in quote.text
        assert document.text.startswith(quote.text, quote.start)
