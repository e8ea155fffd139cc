"""When an engine is asked about what its events name."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import cast

import pytest

from labs.engine import events, inventory
from labs.engine.client import Engine
from labs.engine.events import EngineEvent, EventStream
from labs.engine.facts import ContainerFacts, Inventory
from labs.hosts.host import Host
from labs.live.engine_watch import EngineWatch

HOST = Host("box", "0123456789ab", "alpha", IPv4Address("10.77.0.11"), 1, 0)
START_S = 0.3
"""How long the engine keeps whoever asks about a container that it is starting."""


class Events:
    """An event stream that the test speaks into."""

    def __init__(self) -> None:
        self._in, self._out = socket.socketpair()
        self._out.setblocking(False)

    def fileno(self) -> int:
        return self._out.fileno()

    def tell(self) -> None:
        self._in.send(b".")

    def read(self) -> list[EngineEvent]:
        told = self._out.recv(100)
        return [EngineEvent("container", "start", "", "c" * 64, "web", {}, 0) for _ in told]

    def close(self) -> None:
        self._in.close()
        self._out.close()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Events]:
    found = Events()
    monkeypatch.setattr(events, "open_stream", lambda _host, filters: cast(EventStream, found))
    monkeypatch.setattr(inventory, "read", lambda _host: Inventory("alpha", "20.10", (), ()))
    yield found
    found.close()


def test_it_asks_at_once_after_an_answer_that_waited_for_a_start(told: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_at: list[float] = []

    def slow_engine(_engine: Engine, _ids: Iterable[str]) -> tuple[ContainerFacts, ...]:
        asked_at.append(time.monotonic())
        time.sleep(START_S)
        return ()

    monkeypatch.setattr(inventory, "containers", slow_engine)

    async def follow() -> None:
        changed = asyncio.Event()
        watch = EngineWatch(HOST, changed.set, lambda: None)
        watch.start()
        async with asyncio.timeout(10):
            await changed.wait()
            for _ in range(2):
                changed.clear()
                told.tell()
                await changed.wait()
        await watch.close()

    asyncio.run(follow())
    first, second = asked_at
    assert second - first < 2 * START_S
