"""From what the command line says to a server: where it listens, and what that asks for."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from copilot.errors import InputError
from copilot.tui.browser.gate import SHORTEST, Gate, is_loopback

if TYPE_CHECKING:
    from copilot.tui.browser.server import Browser

TOKEN = "ARCHREVIEW_SERVE_TOKEN"
"""Variable with the token: on a command line, every user of the machine could read it."""


def make_server(
    arguments: Sequence[str],
    host: str,
    port: int,
    *,
    public: bool = False,
    token: str = "",
    names: Sequence[str] = (),
) -> Browser:
    """The server of `archreview tui ARGUMENTS`.

    Raises InputError where it would be open to others without `public` and a token, and when
    textual-serve is not installed.
    """
    check_exposure(host, public=public, token=token)
    if importlib.util.find_spec("textual_serve") is None:
        todo = "pip install 'archreview[serve]'"
        raise InputError("the browser needs textual-serve", todo=todo)
    from copilot.tui.browser.server import Browser

    command = shlex.join([sys.executable, "-m", "copilot.cli.main", "tui", *arguments])
    gate = Gate(token, tuple(name.casefold() for name in names))
    return Browser(command, host, port, gate)


def check_exposure(host: str, *, public: bool, token: str) -> None:
    """Raises InputError unless the address is safe to listen at, and says why."""
    if token and len(token) < SHORTEST:
        todo = f"give {TOKEN} {SHORTEST} characters or more"
        raise InputError(f"a token of {len(token)} characters can be guessed", todo=todo)
    if is_loopback(host):
        return
    why = "others on the network could read the designs and write files in your name"
    if not public:
        todo = "add --public if that is meant, or leave --host out for this machine alone"
        raise InputError(f"{host} is not only this machine: {why}", todo=todo)
    if not token:
        todo = f"put a secret of {SHORTEST} characters or more into {TOKEN}"
        raise InputError(f"--public needs a token, else {why}", todo=todo)


def address(host: str, port: int, token: str = "") -> str:
    """What to open in the browser."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={'…' if token else ''}" if token else "")
