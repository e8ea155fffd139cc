"""One terminal: a command on a pseudo-terminal, what it last printed, and who looks on.

Bytes flow at the pace of the slowest viewer: while one cannot take more, the pty is not read, and the kernel stops the
program that prints. Without viewers output is read on into the ring, so work left running goes on. A viewer that takes
nothing for `STALLED_S` while others look on is dropped (it may attach again and is shown the ring).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import pty
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from labs.live import leftovers
from labs.live.child import resolve, when_exits
from labs.live.errors import CommandNotStarted

log = logging.getLogger(__name__)

RING_BYTES: Final = 256 * 1024
CHUNK_BYTES: Final = 32 * 1024
UNWATCHED_PAUSE_S: Final = 0.02
"""Between two chunks that nobody looks at: a forgotten flood waits at its pty and leaves the event loop to others."""
STALLED_S: Final = 10.0
HANGUP_GRACE_S: Final = 2.0
LARGEST_SIDE: Final = 1000
"""Columns or rows; more is a mistake or mischief (programs allocate screens by them)."""


class Viewer(Protocol):
    """Somebody looking on. All three are called on the event loop."""

    def show(self, data: bytes) -> None:
        """Take output; never blocks."""

    async def ready(self) -> None:
        """Return once more output is welcome. Never raises for a viewer that is gone."""

    def finish(self, exit_code: int) -> None:
        """The command ended; nothing follows."""

    def drop(self, reason: str) -> None:
        """The terminal no longer serves this viewer."""


class Terminal:
    """A running command and its viewers. Use on one event loop: `start`, then attach, feed and resize until `ended`.

    `ended` is set once the command is gone and its last output was shown; `exit_code` is then its exit status (128 + n
    for signal n). `close` may be called at any time, also twice.
    """

    def __init__(self, identity: str, session: str, target: str, mark: str) -> None:
        self.id = identity
        self.session = session
        self.target = target
        self.opened_at = time.time()
        self.exit_code: int | None = None
        self.ended = asyncio.Event()
        self.columns = 80
        self.rows = 24
        self.unwatched_since: float | None = time.monotonic()
        self._mark = mark
        self._ring = bytearray()
        self._viewers: list[Viewer] = []
        self._master = -1
        self._process: subprocess.Popen[bytes] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._feeding = asyncio.Lock()

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def start(self, argv: Sequence[str], environment: Mapping[str, str], *, columns: int, rows: int) -> None:
        """Run the command on a new pty of that size. Raises: CommandNotStarted."""
        master, slave = pty.openpty()
        try:
            os.set_blocking(master, False)
            self._master = master
            self.resize(columns, rows)
            # setsid --ctty makes the pty the controlling terminal, as runc needs it to hear of resizes; it runs the
            # command in its own place. (A preexec_fn would do the same, but may deadlock in a process with threads.)
            self._process = subprocess.Popen(
                ["setsid", "--ctty", *argv], stdin=slave, stdout=slave, stderr=slave, env=dict(environment), cwd="/"
            )
        except OSError as error:
            os.close(master)
            self._master = -1
            raise CommandNotStarted(f"No terminal could be opened: {error.strerror}.", target=self.target) from error
        finally:
            os.close(slave)
        self._pump = asyncio.create_task(self._run(), name=f"terminal {self.id}")

    def attach(self, viewer: Viewer) -> None:
        """Show the viewer what was printed last (up to 256 KiB), then everything that comes."""
        if self._ring:
            viewer.show(bytes(self._ring))
        if self.exit_code is not None:
            viewer.finish(self.exit_code)
            return
        self._viewers.append(viewer)
        self.unwatched_since = None

    def detach(self, viewer: Viewer) -> None:
        """Forget a viewer; unknown ones are ignored."""
        with contextlib.suppress(ValueError):
            self._viewers.remove(viewer)
        if not self._viewers and self.unwatched_since is None:
            self.unwatched_since = time.monotonic()

    async def feed(self, data: bytes) -> None:
        """Type bytes. Returns when the pty has taken them all, or the terminal has ended."""
        async with self._feeding:
            while data and self._master >= 0:
                try:
                    data = data[os.write(self._master, data) :]
                except BlockingIOError:
                    await self._writable()
                except OSError:  # EIO: the command has closed its side
                    return

    def resize(self, columns: int, rows: int) -> None:
        """Set the size of the screen; sizes out of bounds are brought into them."""
        self.columns = min(max(columns, 2), LARGEST_SIDE)
        self.rows = min(max(rows, 1), LARGEST_SIDE)
        if self._master >= 0:
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))

    async def close(self) -> None:
        """Hang up: everything started in this terminal is ended, except what left for a session of its own and shed its
        environment. Takes up to `HANGUP_GRACE_S`.
        """
        if self._process is None:
            return
        # Both: the mark finds the shell inside the lab host, and runc itself may not have reached it yet.
        await asyncio.to_thread(leftovers.send, self._mark, signal.SIGHUP)
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGHUP)
        try:
            await asyncio.wait_for(self.ended.wait(), HANGUP_GRACE_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await asyncio.to_thread(leftovers.send, self._mark, signal.SIGKILL)
        await self.ended.wait()

    async def _run(self) -> None:
        """Carry output from the pty to ring and viewers until the command has closed it, then reap the command."""
        process = self._process
        assert process is not None
        exited = when_exits(process.pid)
        try:
            while True:
                data = await self._next_output(exited)
                if not data:
                    break
                self._ring += data
                if len(self._ring) > RING_BYTES:
                    del self._ring[: len(self._ring) - RING_BYTES]
                for viewer in self._viewers:
                    viewer.show(data)
                if self._viewers:
                    await self._wait_for_viewers()
                else:
                    await asyncio.sleep(UNWATCHED_PAUSE_S)
            await exited
        finally:
            code = process.wait()
            asyncio.get_running_loop().remove_writer(self._master)
            os.close(self._master)
            self._master = -1
            self.exit_code = code if code >= 0 else 128 - code
            self.ended.set()
            for viewer in self._viewers:
                viewer.finish(self.exit_code)
            self._viewers.clear()
            # What the shell left behind in the background would otherwise outlive the terminal unseen.
            await asyncio.to_thread(leftovers.send, self._mark, signal.SIGHUP)

    async def _next_output(self, exited: asyncio.Future[None]) -> bytes:
        """Return the next bytes, or none when nothing more will come: the command has gone and the pty is drained."""
        while True:
            try:
                return os.read(self._master, CHUNK_BYTES)
            except BlockingIOError:
                if exited.done():
                    return b""
            except OSError:  # EIO: no process holds the slave side any more
                return b""
            await _readable(self._master, exited)

    async def _wait_for_viewers(self) -> None:
        waiting = {asyncio.ensure_future(viewer.ready()): viewer for viewer in self._viewers}
        if not waiting:
            return
        while True:
            _, pending = await asyncio.wait(waiting, timeout=STALLED_S)
            if not pending:
                return
            if len(self._viewers) > len(pending):
                for task in pending:
                    task.cancel()
                    self.detach(waiting[task])
                    waiting[task].drop("This viewer took no output for too long; attach again.")
                return

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        free = loop.create_future()
        loop.add_writer(self._master, resolve, free)
        ended = asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait({free, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            if self._master >= 0:
                loop.remove_writer(self._master)


async def _readable(descriptor: int, also: asyncio.Future[None]) -> None:
    """Return when the descriptor can be read, or `also` is done."""
    loop = asyncio.get_running_loop()
    arrived = loop.create_future()
    loop.add_reader(descriptor, resolve, arrived)
    try:
        await asyncio.wait({arrived, also}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        loop.remove_reader(descriptor)
