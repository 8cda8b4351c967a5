"""Objects between two event loops: whole, in order, and no waiting for the other side."""

from __future__ import annotations

import asyncio
import socket

from copilot.batch.channel import Channel


def test_objects_of_any_size_arrive_whole_and_in_order_though_both_sides_send_first() -> None:
    sent = [b"x" * size for size in (0, 1, 7, 5_000_000, 3, 900_000)]

    async def go() -> tuple[list[object], list[object], bool]:
        got: tuple[list[object], list[object]] = [], []
        gone, ends = asyncio.Event(), socket.socketpair()
        first = Channel(got[0].append, lambda: None)
        second = Channel(got[1].append, gone.set)
        await first.connect(ends[0])
        await second.connect(ends[1])
        for thing in sent:
            first.send(thing)
            second.send(thing)
        async with asyncio.timeout(10):
            while not len(got[0]) == len(got[1]) == len(sent):
                await asyncio.sleep(0.001)
            first.close()
            await gone.wait()
        second.send("nobody hears it")
        return *got, gone.is_set()

    assert asyncio.run(go()) == (sent, sent, True)
