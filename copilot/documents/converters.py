"""The one door to markitdown, whose import must open no socket."""

from __future__ import annotations

import socket
from types import ModuleType


def markitdown_converters() -> ModuleType:
    """The module `markitdown.converters`, imported when it is first needed.

    markitdown imports a web client for formats that are not read here; that client binds a local
    socket while it is imported, to see whether IPv6 works. It is told beforehand that it does not.
    """
    known = socket.has_ipv6
    socket.has_ipv6 = False
    try:
        import markitdown.converters as converters
    finally:
        socket.has_ipv6 = known
    return converters
