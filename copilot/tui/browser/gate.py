"""Who may come in: checked on every request, the websocket's included.

A page of another site must not drive the screens of whoever visits it, on this machine or through
a name that suddenly means this machine (DNS rebinding). So the host that a request names must be
an address, `localhost` or a name that was given; what has an origin must come from the very page
that was served; and where there is a token, nothing is answered without it.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

SHORTEST = 16
"""Characters of a token: fewer could be tried out."""


@dataclass(frozen=True)
class Gate:
    """The rules; both checks answer with what is wrong, or with nothing."""

    token: str = ""
    """What a visitor must show; empty on the machine itself."""
    names: tuple[str, ...] = ()
    """Host names under which the page is reached, beside addresses and localhost."""

    def wrong_place(self, host: str, origin: str | None, *, socket: bool) -> str:
        """Why a request with these headers is refused; a socket must have an origin."""
        name = host_name(host)
        if not (name == "localhost" or _is_address(name) or name in self.names):
            return f"this server is not reached as {name or 'nothing'}: start it with --name {name}"
        if origin is None:
            return "a connection without an origin is no browser's" if socket else ""
        if urlsplit(origin).netloc.casefold() != host.casefold():
            return "the request comes from a page of another site"
        return ""

    def knows(self, shown: str | None) -> bool:
        """True for the token, compared in constant time; always true without one."""
        if not self.token:
            return True
        return hmac.compare_digest((shown or "").encode(), self.token.encode())


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """True when only this machine can reach a server that listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
