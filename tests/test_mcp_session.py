"""What a client's session reviews, remembers and may spend."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from endpoint import ScriptedEndpoint

from copilot.mcp import views
from copilot.mcp.command import command
from copilot.mcp.session import Session
from copilot.review.events import Event
from copilot.settings import Settings, load_settings

SAMPLE = ROOT / "evals" / "designs" / "realtime-serving-2.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.md", "b.md"):
        shutil.copy(SAMPLE, tmp_path / name)
    return tmp_path


async def tell(event: Event, dimensions: int) -> None:
    """Nobody listens."""


def online(endpoint: ScriptedEndpoint, **options: Any) -> Settings:
    fixed = {"model": "openai:scripted", "base_url": endpoint.url, "ephemeral": True}
    return load_settings(**fixed, **options)


def started(monkeypatch: pytest.MonkeyPatch, *options: object) -> Settings:
    """The settings that `archreview mcp` would serve with."""
    served: list[Settings] = []
    monkeypatch.setattr("copilot.mcp.command._serve", lambda root, made, judge: served.append(made))
    command.main([str(option) for option in options], standalone_mode=False)
    (settings,) = served
    return settings


def test_a_budget_holds_for_the_whole_session_whatever_judge_the_client_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")

    async def tokens(settings: Settings) -> list[int]:
        session = Session(root, settings, "auto")
        made = [
            await session.review("a.md", None, (), tell),
            await session.review("a.md", "model", (), tell),
            await session.review("b.md", "model", (), tell),
        ]
        await session.close()
        assert made[0] is made[1], "auto is the model here"
        return [one.review.usage.prompt_tokens + one.review.usage.completion_tokens for one in made]

    with ScriptedEndpoint() as endpoint:
        (first, _, _) = asyncio.run(tokens(online(endpoint)))
        most = first + first // 2
        options = ("--model", "openai:scripted", "--base-url", endpoint.url, "--max-tokens", most)
        (first, _, second) = asyncio.run(tokens(started(monkeypatch, *options)))
    assert 0 < first + second <= most


def test_a_server_that_judges_offline_asks_no_model_whatever_the_client_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")

    async def conversation(settings: Settings) -> None:
        session = Session(root, settings, "offline")
        for judge in (None, "auto", "offline"):
            await session.review("a.md", judge, (), tell)  # type: ignore[arg-type]

    with ScriptedEndpoint() as endpoint:
        asyncio.run(conversation(online(endpoint)))
        assert endpoint.calls == []


def test_findings_say_what_was_judged_and_prefer_a_whole_review(root: Path) -> None:
    async def conversation() -> None:
        session = Session(root, load_settings(ephemeral=True), "offline")
        await session.review("a.md", None, ("risk",), tell)
        part = views.findings(await session.latest("a.md", None, tell), root, None, None, 50)
        assert part.dimensions == ("risk",)
        await session.review("a.md", None, (), tell)
        await session.review("a.md", None, ("risk",), tell)
        whole = views.findings(await session.latest("a.md", None, tell), root, None, None, 2)
        assert len(whole.dimensions) == 9
        assert len(whole.findings) == 2 and whole.left_out == whole.total - 2 > 0

    asyncio.run(conversation())


def test_questions_name_what_the_design_says_and_come_with_probes(root: Path) -> None:
    async def conversation() -> None:
        session = Session(root, load_settings(ephemeral=True), "offline")
        made, asked = await session.questions("a.md", "sre", tell)
        of_one = views.questions(made, asked, root, "sre", 100).questions
        assert of_one and all("sre" in question.roles for question in of_one)
        told = views.questions(made, asked, root, None, 5)
        assert len(told.questions) == 5 < told.total
        assert all(question.probes for question in told.questions)
        assert any(question.names for question in told.questions)
        text = (root / "a.md").read_text("utf-8")
        everything = views.questions(made, asked, root, None, 100).questions
        cited = [c for question in everything for c in question.citations]
        assert cited and all(c.place.startswith("a.md:") for c in cited)
        assert all(c.quote.rstrip("…")[:40] in " ".join(text.split()) for c in cited)

    asyncio.run(conversation())
