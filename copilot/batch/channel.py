"""Objects between two processes over a pair of sockets, for the event loop on either side.

Each object is pickled behind its length. Nothing here waits: what the other side does not read yet
is kept, so two processes that both write do not stop each other.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from collections.abc import Callable

_LENGTH = 8
"""Bytes that tell how long the pickle after them is."""


class Channel(asyncio.Protocol):
    """One end."""

    def __init__(self, got: Callable[[object], None], lost: Callable[[], None]) -> None:
        """`got` is called with each object, `lost` once when the other end is gone."""
        self._got, self._lost = got, lost
        self._transport: asyncio.WriteTransport | None = None
        self._read = bytearray()

    async def connect(self, end: socket.socket) -> None:
        """Use this end of the pair from now on."""
        await asyncio.get_running_loop().create_connection(lambda: self, sock=end)

    def send(self, thing: object) -> None:
        """Send an object; without effect when the other end is gone."""
        if self._transport is not None and not self._transport.is_closing():
            content = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
            self._transport.write(len(content).to_bytes(_LENGTH, "big") + content)

    def close(self) -> None:
        """Close this end when all is sent."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._read += data
        while len(self._read) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._read[:_LENGTH], "big")
            if len(self._read) < end:
                return
            thing = pickle.loads(memoryview(self._read)[_LENGTH:end])
            del self._read[:end]
            self._got(thing)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the event loop."""
        self._lost()
