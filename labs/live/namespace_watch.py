"""One namespace under observation: its watcher in the event loop, its reader, and its wiring as last read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from labs.kernel.namespace import Namespace
from labs.kernel.snapshot import NamespaceState, Reader
from labs.kernel.watch import Changes, Watcher
from labs.live.child import when_exits


class NamespaceWatch:
    """**Keeps the namespace alive until closed.** `state` is the wiring as of the last `read`.

    `changed` is called from the event loop with what the kernel said, never with nothing.
    """

    def __init__(self, descriptor: int, changed: Callable[[Changes], None]) -> None:
        """Start watching, then read: what changes in between is told. Takes the descriptor over, also when it fails.

        Raises: NamespaceGone, NotANamespace, KernelRefused, OSError.
        """
        self._changed = changed
        self._pillar: int | None = None
        self._life: asyncio.Future[None] | None = None
        try:
            self._watcher = Watcher(descriptor)
            try:
                self.reader = Reader(descriptor)
            except BaseException:
                self._watcher.close()
                raise
        finally:
            os.close(descriptor)
        try:
            self.state: NamespaceState = self.reader.read()
        except BaseException:
            self._watcher.close()
            self.reader.close()
            raise
        self._number = self._watcher.fileno()
        asyncio.get_running_loop().add_reader(self._number, self._tell)

    @property
    def namespace(self) -> Namespace:
        return self.reader.namespace

    def lean_on(self, pid: int, gone: Callable[[], None]) -> None:
        """Call `gone` when that process exits: nothing else tells the end of a namespace that has no file.

        Leaning on the same process again changes nothing; on another, it replaces the first. One that has exited
        already is told from the event loop.
        """
        if pid == self._pillar:
            return
        self._stop_leaning()
        self._pillar = pid
        try:
            self._life = when_exits(pid)
        except ProcessLookupError:
            asyncio.get_running_loop().call_soon(gone)
        else:
            self._life.add_done_callback(lambda life: None if life.cancelled() else gone())

    def _stop_leaning(self) -> None:
        if self._life is not None:
            self._life.cancel()
        self._life, self._pillar = None, None

    def read(self) -> None:
        """Read the wiring again. Raises: Overrun, KernelRefused; `state` is then as before."""
        self.state = self.reader.read()

    def close(self) -> None:
        """Let the namespace go."""
        self._stop_leaning()
        asyncio.get_running_loop().remove_reader(self._number)
        self._watcher.close()
        self.reader.close()

    def _tell(self) -> None:
        changes = self._watcher.read()
        if changes:
            self._changed(changes)
