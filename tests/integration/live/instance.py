"""The live half of an instance inside the test's own event loop: the observer, and the web process' websockets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
import websockets.asyncio.client
from websockets.asyncio.client import ClientConnection

from labs.live import client, session_consumer
from labs.live.observer import Observer
from labs.live.stream import AsyncStream

DEADLINE_S = 30.0


@dataclass
class Instance:
    """`ended` collects (session, host) of hosts the observer said have ended."""

    port: int
    stream: AsyncStream
    ended: list[tuple[str, str]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, path: str, **options: Any) -> websockets.asyncio.client.connect:
        """Open a websocket; `cookie` and `origin` as a browser would send them, or a token in the path."""
        return websockets.asyncio.client.connect(f"ws://127.0.0.1:{self.port}{path}", max_size=None, **options)


@asynccontextmanager
async def observing(ended: list[tuple[str, str]] | None = None) -> AsyncIterator[None]:
    """Run an observer on the installation's socket."""
    told = [] if ended is None else ended
    ready = asyncio.Event()
    observer = Observer(key=client.key(), host_ended=lambda session, host: told.append((session, host)))
    running = asyncio.create_task(observer.run(client.SOCKET, ready=ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=DEADLINE_S)
    if running.done():
        await running
    try:
        yield
        if running.done():
            await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def serving() -> AsyncIterator[Instance]:
    """Run the web process' websockets on a free port."""
    from labsite.asgi import application

    server = uvicorn.Server(
        uvicorn.Config(application, port=0, log_level="warning", lifespan="off", ws="websockets-sansio")
    )
    server.config.load()
    serve = asyncio.create_task(server.serve())
    async with asyncio.timeout(DEADLINE_S):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    stream = AsyncStream()
    try:
        yield Instance(port, stream)
    finally:
        server.should_exit = True
        await serve
        await stream.close()
        await session_consumer.hub().close()


async def message(connection: ClientConnection, holds: Callable[[dict[str, Any]], bool] = lambda _: True) -> Any:
    """Return the next JSON message for which `holds`; those before it are passed over."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            text = await connection.recv()
            assert isinstance(text, str)
            found = json.loads(text)
            if holds(found):
                return found


async def output(connection: ClientConnection, wanted: bytes) -> bytes:
    """Return what a terminal printed up to and with `wanted`."""
    seen = b""
    async with asyncio.timeout(DEADLINE_S):
        while wanted not in seen:
            data = await connection.recv()
            assert isinstance(data, bytes), (data, seen)
            seen += data
    return seen


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something that happens elsewhere holds."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
