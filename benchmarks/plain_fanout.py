"""The least that fans a stream out to websockets: the floor of `fanout`.

One reader of the same Redis stream, one `send` per viewer; no sessions, snapshots, order or bounds. A module of its
own: the server imports it, and must not move the installation once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from labs.live.stream import AsyncStream

Send = Callable[[dict[str, Any]], Awaitable[None]]
_viewers: dict[str, set[Send]] = {}
_reading: set[asyncio.Task[None]] = set()


async def application(scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    """An ASGI application whose path is a session id."""
    session = scope["path"].strip("/")
    await receive()
    await send({"type": "websocket.accept"})
    if session not in _viewers:
        _viewers[session] = set()
        _reading.add(asyncio.create_task(_read(session)))
    _viewers[session].add(send)
    while (await receive())["type"] != "websocket.disconnect":
        pass
    _viewers[session].discard(send)


async def _read(session: str) -> None:
    async for entries in AsyncStream().follow(session, 0):
        for entry in entries:
            for send in list(_viewers[session]):
                await send({"type": "websocket.send", "text": entry.text})
