"""One lab host under observation: its end, its namespaces' folders, its engine."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from labs.hosts.host import Host
from labs.kernel import rooted
from labs.kernel.sighting import ENGINE_FOLDER, NAMED_FOLDER
from labs.live.child import when_exits
from labs.live.engine_watch import EngineWatch
from labs.live.inotify import Inotify

log = logging.getLogger(__name__)

FOLDERS: Final = ("run", "run/docker", ENGINE_FOLDER, NAMED_FOLDER)
"""Where namespaces get names, and the folders in which those folders appear."""

SETTLE_S: Final = (0.005, 0.03, 0.15, 0.6)
"""A name appears before, and stays after, the mount that makes it a namespace; a mount sends no event. So after each
event the folders are looked at a few times more. (Libnetwork removes names only a minute after their mounts.)"""


class HostWatch:
    """Runs from `start` to `close`.

    `stirred` is called when namespaces may have come or gone, `changed` when the engine's inventory was read, `ended`
    once when the host's first process has exited.
    """

    def __init__(
        self,
        host: Host,
        inotify: Inotify,
        *,
        stirred: Callable[[], None],
        changed: Callable[[], None],
        ended: Callable[[], None],
    ) -> None:
        self.host = host
        self.engine = EngineWatch(host, changed, self.look_again)
        self._inotify = inotify
        self._stirred = stirred
        self._ended = ended
        self._watches: dict[str, int] = {}
        self._life: asyncio.Future[None] | None = None
        self._settling: list[asyncio.TimerHandle] = []

    def start(self) -> None:
        """Begin. A host that has ended already is told as ended, from the event loop."""
        try:
            self._life = when_exits(self.host.pid)
        except ProcessLookupError:
            asyncio.get_running_loop().call_soon(self._ended)
            return
        self._life.add_done_callback(self._life_over)
        self._arm()
        self.engine.start()

    async def close(self) -> None:
        """Stop watching."""
        if self._life is not None:
            self._life.remove_done_callback(self._life_over)
            self._life.cancel()
        for handle in self._settling:
            handle.cancel()
        for number in self._watches.values():
            self._inotify.forget(number)
        await self.engine.close()

    def _life_over(self, _: asyncio.Future[None]) -> None:
        for handle in self._settling:
            handle.cancel()
        self.engine.stop()
        self._ended()

    def look_again(self) -> None:
        """Have the namespaces looked for now, and again until things have settled."""
        for handle in self._settling:
            handle.cancel()
        loop = asyncio.get_running_loop()
        self._settling = [loop.call_later(delay_s, self._look) for delay_s in SETTLE_S]
        self._look()

    def _look(self) -> None:
        self._arm()
        self._stirred()

    def _arm(self) -> None:
        """Watch every folder that is there. Watching one again is harmless, and catches a folder made anew."""
        for folder in FOLDERS:
            with suppress(OSError):  # not there yet, or the host is going
                directory = rooted.open_below(self.host.root, folder, os.O_PATH | os.O_DIRECTORY)
                try:
                    number = self._inotify.watch(directory, self.look_again)
                finally:
                    os.close(directory)
                before = self._watches.get(folder)
                self._watches[folder] = number
                if before is not None and before != number and before not in self._watches.values():
                    self._inotify.forget(before)
