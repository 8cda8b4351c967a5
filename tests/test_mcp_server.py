"""The MCP server over real stdio, spoken to by the SDK's own client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent

from copilot.schema import Severity

DESIGN = Path(__file__).parent.parent / "evals" / "designs"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a design, a secret outside of it, and a link to the secret."""
    home = tmp_path_factory.mktemp("mcp")
    folder = home / "docs"
    folder.mkdir()
    source = min(DESIGN.glob("*.md"), key=lambda path: path.stat().st_size)
    (folder / "design.md").write_text(source.read_text("utf-8"), "utf-8")
    (folder / "binary.md").write_bytes(b"\0\1\2")
    (home / "secret.md").write_text("# Secret\n\nThe password is swordfish.\n")
    (folder / "link.md").symlink_to(home / "secret.md")
    return folder


@asynccontextmanager
async def connected(root: Path, log: Path) -> AsyncIterator[Client]:
    """A client of a server in a process of its own, which serves `root`."""
    args = ["-m", "copilot.cli.main", "mcp", "--root", str(root), "--judge", "offline"]
    server = StdioServerParameters(command=sys.executable, args=args, cwd=root.parent)
    with log.open("w") as errlog:
        async with Client(stdio_client(server, errlog=errlog)) as client:
            yield client


async def _conversation(root: Path, log: Path) -> dict[str, Any]:
    """Everything the tests look at, from one session: a server takes seconds to start."""
    said: dict[str, Any] = {}
    steps: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        steps.append((done, total, message))

    async with connected(root, log) as client:
        said["tools"] = (await client.list_tools()).tools
        call = client.call_tool
        said["review"] = await call("review", {"path": "design.md"}, progress_callback=progress)
        said["progress"] = list(steps)
        steps.clear()
        said["findings"] = await call("findings", {"path": "design.md"}, progress_callback=progress)
        said["high"] = await call("findings", {"path": "design.md", "severity": "high"})
        said["risk"] = await call("findings", {"path": "design.md", "dimension": "risk"})
        said["questions"] = await call("questions", {"path": "design.md", "limit": 3})
        said["second progress"] = list(steps)
        said["ask"] = await call("ask", {"path": "design.md", "question": "What is deployed?"})
        for name, arguments in _WRONG.items():
            tool, _, _ = name.partition(":")
            said[name] = await call(tool, arguments)
        with anyio.move_on_after(0.05):
            await call("review", {"path": "design.md", "dimensions": ["risk"]})
        said["after cancel"] = await call("review", {"path": "design.md", "dimensions": ["risk"]})
    return said


_WRONG: dict[str, dict[str, object]] = {
    "review:escape": {"path": "../secret.md"},
    "review:absolute": {"path": "/etc/hostname"},
    "review:link": {"path": "link.md"},
    "ask:link": {"path": "link.md", "question": "What is the password?"},
    "review:absent": {"path": "nothing.md"},
    "review:binary": {"path": "binary.md"},
    "review:model": {"path": "design.md", "judge": "model"},
    "review:dimension": {"path": "design.md", "dimensions": ["beauty"]},
    "findings:severity": {"path": "design.md", "severity": "awful"},
    "questions:role": {"path": "design.md", "role": "king"},
    "ask:empty": {"path": "design.md", "question": " "},
    "dance:unknown tool": {},
}


@pytest.fixture(scope="module")
def said(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The conversation, held once."""
    yield anyio.run(_conversation, root, tmp_path_factory.mktemp("log") / "stderr.txt")


def data(result: CallToolResult) -> dict[str, Any]:
    """The structured answer of a call that went well, which its text repeats."""
    assert not result.is_error, result.content
    assert isinstance(result.content[0], TextContent)
    assert json.loads(result.content[0].text) == result.structured_content
    return dict(result.structured_content or {})


def test_four_tools_are_read_only_and_typed(said: dict[str, Any]) -> None:
    tools = {tool.name: tool for tool in said["tools"]}
    assert list(tools) == ["review", "findings", "questions", "ask"]
    for tool in tools.values():
        assert tool.annotations.read_only_hint and not tool.annotations.open_world_hint
        assert tool.output_schema["properties"]["path"]
        assert "ctx" not in tool.input_schema["properties"]


def test_a_review_is_compact_and_cites_file_and_line(said: dict[str, Any], root: Path) -> None:
    review = data(said["review"])
    assert review["path"] == "design.md" and len(review["scorecard"]) == 9
    assert sum(review["findings"].values()) >= len(review["top"]) > 0
    found = data(said["findings"])
    assert found["total"] == sum(review["findings"].values()) == len(found["findings"])
    lines = (root / "design.md").read_text("utf-8").split("\n")
    cited = [c for finding in found["findings"] for c in finding["citations"]]
    assert cited
    for citation in cited:
        file, _, place = citation["place"].partition(":")
        first, _, last = place.partition("-")
        text = " ".join("\n".join(lines[int(first) - 1 : int(last or first)]).split())
        assert file == "design.md" and citation["quote"].rstrip("…") in text


def test_what_was_reviewed_is_not_judged_again(said: dict[str, Any]) -> None:
    done, total, message = said["progress"][-1]
    assert done == total and message.startswith("done, ")
    steps = [step for step, _, _ in said["progress"]]
    assert steps == sorted(set(steps)), "the protocol wants each step to be further than the last"
    assert any(message == "judged risk" for _, _, message in said["progress"])
    assert said["second progress"] == []


def test_findings_are_filtered_by_severity_and_dimension(said: dict[str, Any]) -> None:
    high, risk = data(said["high"]), data(said["risk"])
    ranks = [Severity(finding["severity"]).rank for finding in high["findings"]]
    assert ranks == sorted(ranks) and all(rank <= Severity.HIGH.rank for rank in ranks)
    assert {finding["dimension"] for finding in risk["findings"]} <= {"risk"}
    assert risk["total"] == high["total"]


def test_questions_and_answers_come_with_their_grounds(said: dict[str, Any]) -> None:
    asked = data(said["questions"])
    assert [q["priority"] for q in asked["questions"]] == [1, 2, 3] and asked["total"] > 3
    answer = data(said["ask"])
    assert answer["told"] == bool(answer["sentences"])
    assert all(s["citations"] for s in answer["sentences"]) and (
        answer["sentences"] or answer["nearest"]
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("review:escape", "is outside of the folder that this server may read"),
        ("review:absolute", "is outside of the folder that this server may read"),
        ("review:link", "is outside of the folder that this server may read"),
        ("ask:link", "is outside of the folder that this server may read"),
        ("review:absent", "does not exist"),
        ("review:binary", "is a binary file"),
        ("review:model", "this server was started to judge offline"),
        ("review:dimension", "unknown dimension 'beauty'"),
        ("findings:severity", "Input should be 'critical', 'high'"),
        ("questions:role", "unknown role 'king'"),
        ("ask:empty", "the question is empty"),
        ("dance:unknown tool", "dance"),
    ],
)
def test_what_cannot_be_done_is_said(said: dict[str, Any], name: str, expected: str) -> None:
    result = said[name]
    assert result.is_error and expected in result.content[0].text
    assert "swordfish" not in result.content[0].text


def test_a_cancelled_call_leaves_the_server_working(said: dict[str, Any]) -> None:
    assert [score["dimension"] for score in data(said["after cancel"])["scorecard"]] == ["risk"]


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "copilot.cli.main", "mcp", "--root", "absent"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.strip() == (
        "archreview: absent: is not a folder — name an existing one with --root"
    )


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['mcp'] = None; sys.argv = ['archreview', 'mcp']\n"
        "from copilot.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.strip().endswith("— pip install 'archreview[mcp]'")
    assert done.stderr.count("\n") == 1
