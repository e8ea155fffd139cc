"""One engine under observation: its inventory, kept current by its event stream.

The engine is asked about what its events name, not about everything: an inventory costs a call per container. Its
answers come from a thread, as the SDK blocks; the event loop goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Set
from dataclasses import replace
from typing import Final

from labs.engine import events, inventory
from labs.engine.client import Engine, connect
from labs.engine.errors import EngineRefused, EngineUnreachable
from labs.engine.events import EngineEvent, EventStream
from labs.engine.facts import Inventory
from labs.hosts.host import Host
from labs.live.ending import end

log = logging.getLogger(__name__)

WORTH_READING: Final = {
    "type": ["container", "network"],
    # Left out: exec_create and the like, which every health check sends.
    "event": [
        *("create", "start", "die", "stop", "restart", "pause", "unpause", "rename", "update", "destroy"),
        *("health_status", "oom", "connect", "disconnect", "remove"),
    ],
}
GATHER_S: Final = 0.005
DUTY: Final = 3.0
"""After asking for t seconds of processor time, events are gathered for DUTY * t: a busy engine is not kept busier by
being watched. Time by the clock would not do: a container that is being started is not told of before it runs."""
RETRY_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
UNTOLD_S: Final = (0.05, 0.2, 0.8)
"""When to ask for networks after a bridge appeared in the kernel: the engine lists a network after it made its bridge,
and of some (a Swarm's `docker_gwbridge`) it sends no event at all."""


class EngineWatch:
    """Runs from `start` to `close`. `inventory` is None while the engine does not answer.

    `changed` is called after each reading; `stirred` at each batch of events, before the engine is asked: the kernel
    has changed already.
    """

    def __init__(self, host: Host, changed: Callable[[], None], stirred: Callable[[], None]) -> None:
        self.host = host
        self.inventory: Inventory | None = None
        self._changed = changed
        self._stirred = stirred
        self._containers: set[str] = set()
        self._networks = False
        self._woken = asyncio.Event()
        self._untold: list[asyncio.TimerHandle] = []
        self._task: asyncio.Task[None] | None = None
        self._stream: EventStream | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow(), name=f"engine of {self.host.box}")

    def stop(self) -> None:
        """Follow the engine no longer; the inventory stays as it is."""
        self._forget_untold()
        if self._task is not None:
            self._task.cancel()

    async def close(self) -> None:
        """Stop, and wait until it has ended."""
        self._forget_untold()
        await end(self._task)

    def expect_networks(self, bridges: Set[str]) -> None:
        """Ask for networks soon, unless all these bridges of the host's namespace belong to known ones."""
        if self.inventory is None or bridges <= {network.bridge for network in self.inventory.networks}:
            return
        self._forget_untold()
        loop = asyncio.get_running_loop()
        self._untold = [loop.call_later(delay_s, self._ask_for_networks) for delay_s in UNTOLD_S]

    def _ask_for_networks(self) -> None:
        self._networks = True
        self._woken.set()

    def _forget_untold(self) -> None:
        for handle in self._untold:
            handle.cancel()

    async def _follow(self) -> None:
        """Follow the engine through its restarts, until cancelled."""
        attempt = 0
        while True:
            try:
                with connect(self.host) as engine:
                    # The stream first: what happens while everything is read is then told by it.
                    self._stream = await asyncio.to_thread(events.open_stream, self.host, filters=WORTH_READING)
                    try:
                        self.inventory = await asyncio.to_thread(inventory.read, self.host)
                        self._changed()
                        attempt = 0
                        await self._keep_current(engine, self._stream)
                    finally:
                        self._stream.close()
            except (EngineUnreachable, EngineRefused) as error:
                # The pause comes first: a host that ends takes its engine along, and is told as ended, not as this.
                await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1
                if self.inventory is not None:
                    log.info("%s: the engine does not answer: %s", self.host.box, error)
                    self.inventory = None
                    self._changed()

    async def _keep_current(self, engine: Engine, stream: EventStream) -> None:
        """Apply events until the stream breaks. Raises: EngineUnreachable, EngineRefused."""
        took_s = 0.0
        while True:
            await self._stirring(stream)
            await asyncio.sleep(max(GATHER_S, DUTY * took_s))
            self._woken.clear()
            found = stream.read()
            if found:
                self._note(found)
                self._stirred()
            if not (self._containers or self._networks):
                continue
            took_s = await asyncio.to_thread(self._ask, engine)
            self._changed()

    async def _stirring(self, stream: EventStream) -> None:
        """Wait for events or for a reason to ask without one."""
        loop = asyncio.get_running_loop()
        number = stream.fileno()
        loop.add_reader(number, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            loop.remove_reader(number)

    def _note(self, found: Iterable[EngineEvent]) -> None:
        for event in found:
            if event.type == "container":
                self._containers.add(event.id)
            else:
                self._networks = True
                if "container" in event.attributes:
                    self._containers.add(event.attributes["container"])

    def _ask(self, engine: Engine) -> float:
        """Read again what events named; return the seconds of processor time that took us.

        Runs in a thread; the event loop does not touch the inventory meanwhile.
        """
        started = time.thread_time()
        known = self.inventory
        assert known is not None
        asked, self._containers = self._containers, set()
        networks, self._networks = self._networks, False
        answers = inventory.containers(engine, asked) if asked else ()
        kept = [container for container in known.containers if container.id not in asked]
        self.inventory = replace(
            known,
            containers=tuple(sorted([*kept, *answers], key=lambda container: container.id)),
            networks=inventory.networks(engine) if networks else known.networks,
        )
        return time.thread_time() - started
