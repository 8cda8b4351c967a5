"""Which address a model is called at, and which key may go there.

A key is sent only to the host that it was configured for: OPENAI_API_KEY to OPENAI_BASE_URL (or
OpenAI itself), ARCHREVIEW_API_KEY to the address that archreview is told to use. Another address
gets no key at all.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from copilot.errors import InputError

OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"
"""Clients insist on a key; local servers want none."""


@dataclass(frozen=True)
class Access:
    """How one model is reached."""

    provider: str
    name: str
    base_url: str | None
    """None lets the provider's library decide (never for OpenAI-compatible servers)."""
    key: str | None = field(repr=False)
    """None lets the provider's library take its own from the environment."""

    @property
    def model(self) -> str:
        """`provider:name`."""
        return f"{self.provider}:{self.name}"

    @property
    def address(self) -> str:
        """Where requests go, for people."""
        return self.base_url or f"{self.provider}'s own address"

    @property
    def local(self) -> bool:
        """True for this machine, which no proxy lies before."""
        host = urlsplit(self.base_url or "").hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def is_openai(self) -> bool:
        """True when requests go to OpenAI itself."""
        return _origin(self.base_url or "") == _origin(OPENAI)


def resolve(
    model: str, base_url: str | None, api_key: str | None, environment: Mapping[str, str]
) -> Access:
    """The access to `provider:name`; raises InputError for another form of name or address."""
    provider, colon, name = model.partition(":")
    if not (provider and colon and name.strip()):
        raise InputError(
            f"model {model!r} names no provider", todo="give provider:name, such as openai:gpt-5"
        )
    if base_url is not None and urlsplit(base_url).scheme not in ("http", "https"):
        raise InputError(
            f"base URL {base_url!r} is no address", todo="give http://host:port/v1 or https://..."
        )
    if provider != "openai":
        # a library would send its own key to any address it is given
        key = api_key or (NO_KEY if base_url else None)
        return Access(provider, name, base_url, key)
    home = environment.get("OPENAI_BASE_URL") or OPENAI
    target = base_url or home
    own = environment.get("OPENAI_API_KEY") if _origin(target) == _origin(home) else None
    key = api_key or own or NO_KEY
    if key == NO_KEY and _origin(target) == _origin(OPENAI):
        raise InputError(
            "there is no key for api.openai.com",
            todo="set OPENAI_API_KEY, or give --base-url of a server of your own",
        )
    return Access(provider, name, target, key)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").lower(), port
