"""The server: textual-serve behind the gate, with a page that fetches nothing from elsewhere."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp_jinja2
from aiohttp import web
from textual_serve.server import Server, to_int

from copilot.errors import InputError
from copilot.tui.browser.gate import Gate

PAGE = Path(__file__).parent / "page"
MOST = 8
"""Sessions at once: each is a process with the application and another with its judge."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "font-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Of every answer; the terminal sets styles of its own, so those may be inline."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Browser(Server):
    """Serves a command that runs the application to whoever passes the gate."""

    def __init__(self, command: str, host: str, port: int, gate: Gate) -> None:
        """`command` is a line for the shell."""
        super().__init__(command, host, port, title="archreview", templates_path=str(PAGE))
        self.gate = gate
        self.cookie = f"archreview-{port}"  # cookies do not tell ports apart
        self._sessions: set[asyncio.Task[object]] = set()

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guarded)
        app.on_response_prepare.append(_with_headers)
        app.add_routes([web.static("/page", PAGE)])
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through, or say why not; a token in the address becomes a cookie."""
        socket = request.path == "/ws"
        wrong = self.gate.wrong_place(request.host, request.headers.get("Origin"), socket=socket)
        if wrong:
            return web.Response(status=403, text=f"archreview: refused, {wrong}\n")
        shown = request.query.get("token")
        if shown is not None and request.path == "/" and self.gate.knows(shown):
            return self._welcomed(request)
        if not self.gate.knows(request.cookies.get(self.cookie)):
            says = "open the address with ?token=… once; whoever started the server has the token"
            return web.Response(status=401, text=f"archreview: {says}\n")
        return await handler(request)

    def _welcomed(self, request: web.Request) -> web.Response:
        """The token moves from the address, which is logged and shown, into a cookie."""
        response = web.Response(status=302, headers={"Location": "/"})
        if self.gate.token:
            secure = request.secure
            response.set_cookie(
                self.cookie, self.gate.token, httponly=True, samesite="Lax", secure=secure
            )
        return response

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """The page; `?fontsize=` sets the size of its letters."""
        size = max(6, min(40, to_int(request.query.get("fontsize", "15"), 15)))
        return aiohttp_jinja2.render_template("index.html", request, {"font_size": size})

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A session: one process of the application, ended with the connection."""
        if len(self._sessions) >= MOST:
            raise web.HTTPServiceUnavailable(text=f"archreview: {MOST} sessions run already\n")
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        try:
            return await super().handle_websocket(request)
        finally:
            self._sessions.discard(task)

    async def on_startup(self, app: web.Application) -> None:
        """Nothing: whoever starts the server says where it is."""

    async def on_shutdown(self, app: web.Application) -> None:
        """End the sessions, so that the server does not wait for their visitors."""
        for task in list(self._sessions):
            task.cancel()

    def initialize_logging(self) -> None:
        """Problems go to standard error."""
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")

    def serve(self, debug: bool = False) -> None:
        """Serve until Ctrl-C; raises InputError when the address cannot be listened at."""
        try:
            super().serve(debug)
        except OSError as error:
            todo = "choose another --port or --host"
            raise InputError(
                f"cannot listen ({error.strerror or error})",
                where=f"{self.host}:{self.port}",
                todo=todo,
            ) from error


async def _with_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
