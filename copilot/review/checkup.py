"""What `archreview doctor` looks at; every check ends in a line, never in an exception."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from copilot import __version__
from copilot.errors import CopilotError
from copilot.schema import Record
from copilot.settings import Settings

PACKAGES = (
    "langchain",
    "langchain-openai",
    "openai",
    "chromadb",
    "pydantic",
    "textual",
    "detect-secrets",
    "phonenumbers",
)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
TRACERS = ("LANGSMITH_", "LANGCHAIN_TRACING", "LANGCHAIN_API", "LANGCHAIN_ENDPOINT", "OTEL_")
KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ARCHREVIEW_API_KEY", "ARCHREVIEW_MODEL")
PYTHON = (3, 11)


class Check(Record):
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "note", "broken"]
    """note: works, but should be known; broken: something needed does not work."""
    says: str


async def check_all(settings: Settings, *, call: bool = True) -> list[Check]:
    """All checks in the order of the report; `call` allows the one request to the endpoint."""
    checks = [_python(), _packages()]
    checks += [_guarded(name, check, settings) for name, check in _LOCAL]
    checks += _environment(os.environ)
    checks += await _endpoint(settings, call)
    return [*checks, *_sent(settings)]


def _python() -> Check:
    says = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    state: Literal["ok", "broken"] = "ok" if sys.version_info >= PYTHON else "broken"
    return Check(name="python", state=state, says=f"{says}; archreview {__version__}")


def _packages() -> Check:
    found = []
    missing = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        says = f"not installed: {', '.join(missing)}; install archreview again"
        return Check(name="packages", state="broken", says=says)
    return Check(name="packages", state="ok", says=", ".join(found))


def _guarded(name: str, check: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name=name, state="ok", says=check(settings))
    except CopilotError as error:
        return Check(name=name, state="broken", says=str(error))


def _knowledge(settings: Settings) -> str:
    from copilot.knowledge import load_knowledge

    knowledge = load_knowledge(settings.knowledge)
    over = f", {len(settings.knowledge)} pack(s) laid over" if settings.knowledge else ""
    size = f"{len(knowledge.aspects)} aspects, {len(knowledge.criteria)} criteria{over}"
    return f"{size}; digest {knowledge.digest[:16]}"


def _prompts(settings: Settings) -> str:
    from copilot.prompts import load_prompts

    prompts = load_prompts()
    versions = ", ".join(f"{name} {version}" for name, version in prompts.versions.items())
    return f"{versions}; digest {prompts.digest[:16]}"


def _offline(settings: Settings) -> str:
    from copilot.judges.offline.model import LearnedModel

    model = LearnedModel.load()
    return f"learned model for {len(model.aspects)} aspects; digest {model.digest[:16]}"


def _workspace(settings: Settings) -> str:
    if settings.ephemeral:
        return "none: index and answers are kept in memory"
    folder = settings.workspace
    if settings.chroma:
        return f"Chroma server {_host(settings.chroma)}; answers in {folder}"
    if not folder.exists():
        _writable(folder)
        return f"{folder} does not exist yet; the first review makes it"
    _writable(folder)
    index, answers = folder / "index", folder / "answers"
    stored = sum(1 for _ in answers.rglob("*.json")) if answers.is_dir() else 0
    return f"{folder}: index {_size(index)}, {stored} stored answers"


def _writable(folder: Path) -> None:
    nearest = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise CopilotError(
            "cannot be written", where=nearest, todo="choose another with --workspace"
        )


def _size(folder: Path) -> str:
    if not folder.is_dir():
        return "empty"
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{total / 1e6:.1f} MB"


_LOCAL: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("knowledge", _knowledge),
    ("prompts", _prompts),
    ("offline judge", _offline),
    ("workspace", _workspace),
)


# --- the environment ---------------------------------------------------------------------------


def _environment(environment: Mapping[str, str]) -> Iterator[Check]:
    """Variables that change where things go; values that may be secret are not shown."""
    from copilot.judges.model.setup import tracing

    set_keys = [name for name in KEYS if environment.get(name)]
    if set_keys:
        yield Check(name="variables", state="ok", says=f"set: {', '.join(set_keys)}")
    tracers = sorted(name for name in environment if name.startswith(TRACERS))
    if tracing(environment):
        says = f"LangSmith tracing is on: every prompt goes there as well ({', '.join(tracers)})"
        yield Check(name="tracing", state="note", says=says)
    elif tracers:
        says = f"off; set but without effect on their own: {', '.join(tracers)}"
        yield Check(name="tracing", state="ok", says=says)
    else:
        yield Check(name="tracing", state="ok", says="off; no LangSmith variable is set")
    proxies = {name: value for name, value in environment.items() if name.lower() in PROXIES}
    if proxies:
        told = ", ".join(
            f"{name}={value if name.lower() == 'no_proxy' else _host(value)}"
            for name, value in sorted(proxies.items())
        )
        says = f"calls to other machines go through: {told}"
        yield Check(name="proxy", state="note", says=says)


def _host(url: str) -> str:
    """Scheme, host and port of an address, without user, password and path."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return (
        f"{parts.scheme}://{parts.hostname or '?'}{port}" if parts.scheme else parts.hostname or "?"
    )


# --- the endpoint ------------------------------------------------------------------------------


async def _endpoint(settings: Settings, call: bool) -> list[Check]:
    from copilot.judges.model.setup import accesses

    if settings.model is None:
        says = "none configured; the offline judge needs none"
        return [Check(name="model", state="ok", says=says)]
    try:
        found = accesses(settings, os.environ)
    except CopilotError as error:
        return [Check(name="model", state="broken", says=str(error))]
    checks = []
    for access in found:
        says = f"{access.model} at {_host(access.address) if access.base_url else access.address}"
        says += ", with a key" if access.key not in (None, "none") else ", without a key"
        checks.append(Check(name="model", state="ok", says=says))
        if call:
            checks.append(await _tiny_call(settings, access))
    return checks


_TINY = {
    "title": "Tiny",
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}


async def _tiny_call(settings: Settings, access: object) -> Check:
    """Ask for 2 + 3 in the structure of a schema; never traced."""
    from langsmith import tracing_context

    from copilot.judges.model.access import Access
    from copilot.judges.model.endpoint import Endpoint
    from copilot.judges.model.limits import Gate
    from copilot.judges.model.requests import Message, Request

    assert isinstance(access, Access)
    parameters = {"max_tokens": 400}
    endpoint = Endpoint(
        access,
        Gate(1, None, None),
        parameters=parameters,
        timeout=min(settings.timeout, 60.0),
        retries=0,
    )
    task = 'What is 2 + 3? Answer with JSON: {"answer": <the number>}.'
    request = Request("doctor", (Message("user", task),), _TINY, access.model, parameters)
    started = time.perf_counter()
    try:
        with tracing_context(enabled=False):
            answer = await endpoint.answer(request)
    except CopilotError as error:
        return Check(name="endpoint", state="broken", says=error.what)
    finally:
        await endpoint.close()
    took = time.perf_counter() - started
    return _judged_call(endpoint.mode, answer.text, took)


def _judged_call(mode: str, text: str, took: float) -> Check:
    import json

    ways = {
        "json_schema": "structured output by JSON schema",
        "tools": "structured output by tools (it refused a JSON schema)",
        "text": "no structured output: answers are asked for in words and repaired once",
    }
    says = f"answers in {took:.1f} s, {ways[mode]}"
    try:
        value = json.loads(text[text.find("{") : text.rfind("}") + 1])
        fits = isinstance(value, dict) and isinstance(value.get("answer"), int)
    except ValueError:
        fits = False
    if not fits:
        return Check(
            name="endpoint", state="note", says=f"{says}; its answer did not fit the schema"
        )
    return Check(name="endpoint", state="ok" if mode != "text" else "note", says=says)


# --- what goes where ---------------------------------------------------------------------------


def _sent(settings: Settings) -> list[Check]:
    """What leaves this machine with these settings."""
    from copilot.judges.model.setup import accesses, tracing

    lines = []
    if settings.model is not None:
        try:
            places = ", ".join(access.address for access in accesses(settings, os.environ))
        except CopilotError:
            places = "nowhere (see model)"
        how = (
            "with secrets and personal data blanked" if settings.redact else "AS IT IS, --no-redact"
        )
        lines.append(f"the design's text, {how}, with the prompts: to {places}")
    if settings.embedder != "local":
        place = settings.embedder_base_url or "OpenAI"
        lines.append(f"the design's passages, as they are: to the embedder at {place}")
    if settings.chroma:
        lines.append(f"passages and vectors: to the Chroma server {_host(settings.chroma)}")
    if settings.model is not None and tracing(os.environ):
        lines.append("every prompt and answer: to LangSmith")
    if not lines:
        return [Check(name="sent", state="ok", says="nothing leaves this machine")]
    return [Check(name="sent", state="note", says=line) for line in lines]
