"""`archreview serve`: who may come in, and the screens in a real browser."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from aiohttp.test_utils import TestServer

from copilot.errors import InputError
from copilot.schema import TriageState
from copilot.store import Store
from copilot.tui.browser.gate import Gate
from copilot.tui.browser.server import Browser
from copilot.tui.browser.start import check_exposure
from tests.conftest import ROOT

CHROMIUM = Path("/usr/bin/chromium")
DESIGN = ROOT / "evals" / "designs" / "realtime-serving-2.md"
TOKEN = "correct horse battery staple"


@pytest.mark.parametrize(
    ("host", "origin", "socket", "let_in"),
    [
        ("127.0.0.1:8000", None, False, True),
        ("localhost:8000", "http://localhost:8000", True, True),
        ("[::1]:8000", "http://[::1]:8000", True, True),
        ("review.example:443", "https://review.example:443", True, True),
        ("REVIEW.example", "https://review.EXAMPLE", True, True),
        ("evil.example:8000", None, False, False),  # a name that was bent to this machine
        ("evil.example:8000", "http://evil.example:8000", True, False),
        ("127.0.0.1:8000", "http://evil.example", True, False),  # another site's script
        ("127.0.0.1:8000", "http://127.0.0.1:9000", True, False),  # another server here
        ("127.0.0.1:8000", "null", True, False),  # a sandboxed frame
        ("127.0.0.1:8000", None, True, False),  # no browser
        ("", None, False, False),
        ("[bad", None, False, False),
    ],
)
def test_the_gate_knows_hosts_and_origins(
    host: str, origin: str | None, socket: bool, let_in: bool
) -> None:
    wrong = Gate(names=("review.example",)).wrong_place(host, origin, socket=socket)
    assert (not wrong) is let_in


@pytest.mark.parametrize(
    ("host", "public", "token", "problem"),
    [
        ("127.0.0.1", False, "", ""),
        ("localhost", False, TOKEN, ""),
        ("::1", False, "", ""),
        ("0.0.0.0", False, TOKEN, "add --public"),
        ("10.0.0.5", True, "", "needs a token"),
        ("10.0.0.5", True, "short", "can be guessed"),
        ("10.0.0.5", True, TOKEN, ""),
        ("box.example", False, "", "write files in your name"),
    ],
)
def test_other_addresses_need_a_flag_and_a_token(
    host: str, public: bool, token: str, problem: str
) -> None:
    if not problem:
        check_exposure(host, public=public, token=token)
        return
    with pytest.raises(InputError, match=problem):
        check_exposure(host, public=public, token=token)


def test_every_request_needs_the_token_and_the_socket_its_own_origin() -> None:
    started = Path("started")
    command = f"touch '{started.resolve()}'"

    async def visit() -> None:
        app = await Browser(command, "127.0.0.1", 8000, Gate(TOKEN))._make_app()
        async with TestServer(app) as server, ClientSession() as visitor:
            url = str(server.make_url("")).rstrip("/")
            for path in ("/", "/ws", "/static/js/textual.js", "/page/page.js", "/download/x"):
                async with visitor.get(url + path, headers={"Origin": url}) as got:
                    assert got.status == 401, path
            async with visitor.get(f"{url}/?token=wrong") as got:
                assert got.status == 401
            async with visitor.get(f"{url}/", headers={"Host": "evil.example"}) as got:
                assert got.status == 403
            # an IP's cookies are not kept by aiohttp: shown by hand
            ask = visitor.get(f"{url}/", params={"token": TOKEN}, allow_redirects=False)
            async with ask as got:
                assert got.status == 302 and got.headers["Location"] == "/"
                cookie = got.headers["Set-Cookie"]
            assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
            known = {"Cookie": cookie.partition(";")[0]}
            async with visitor.get(f"{url}/", headers=known) as got:
                page = await got.text()
                assert got.status == 200 and "https://" not in page and "http://" not in page
                assert "frame-ancestors 'none'" in got.headers["Content-Security-Policy"]
            for wrong in ({"Origin": url}, known, known | {"Origin": "http://evil.example"}):
                with pytest.raises(WSServerHandshakeError):
                    await visitor.ws_connect(f"{url}/ws", headers=wrong)
            assert not started.exists()
            async with visitor.ws_connect(f"{url}/ws", headers=known | {"Origin": url}):
                for _ in range(600):
                    await asyncio.sleep(0.05)
                    if started.exists():
                        break
            assert started.exists()
            await asyncio.sleep(0.2)  # the loop hears of the process's end before it closes

    asyncio.run(visit())


@pytest.fixture
def served() -> Iterator[str]:
    """The address of `archreview serve` on a copy of the sample design."""
    Path("design.md").write_text(DESIGN.read_text("utf-8"), encoding="utf-8")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["serve", "design.md", "--port", str(port), "--workspace", ".archreview"]
    code = f"import sys; sys.path[:] = {sys.path!r}; from copilot.cli.main import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen([sys.executable, "-c", code, *words], env=environment)
    try:
        until(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)


def test_a_design_is_reviewed_and_a_finding_decided_in_a_browser(served: str) -> None:
    if not CHROMIUM.exists():
        assert not os.environ.get("CI"), "CI has no chromium"
        pytest.skip(f"needs {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    asked: list[str] = []
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(served)
        page.wait_for_selector("body.-first-byte", timeout=60_000)
        until(_listed)
        page.keyboard.press("r")
        until(lambda: _reviews() == 1)
        page.keyboard.press("Enter")
        page.wait_for_timeout(3_000)
        page.keyboard.press("w")  # a false positive: decided by one key
        until(lambda: _decisions() == [TriageState.FALSE_POSITIVE])
        page.wait_for_timeout(1_000)
        page.screenshot(path=os.environ.get("SCREENSHOT", "screen.png"))
        browser.close()
    assert asked and all(url.startswith(served) for url in asked)
    assert not errors


def _listed() -> bool:
    if not Path(".archreview/reviews.sqlite3").exists():
        return False
    with Store.open(Path(".archreview")) as store:
        return bool(store.designs.list())


def _reviews() -> int:
    with Store.open(Path(".archreview")) as store:
        return len(store.reviews.of("design.md"))


def _decisions() -> list[TriageState]:
    with Store.open(Path(".archreview")) as store:
        return [each.decision.state for each in store.triage.all("design.md")]
