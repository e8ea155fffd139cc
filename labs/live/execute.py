"""Run one command on a target and collect what it says, within bounds of time and size."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from subprocess import PIPE
from typing import IO, Final

from labs.live import leftovers
from labs.live.broker import ENVIRONMENT
from labs.live.child import resolve, when_exits
from labs.live.errors import CommandNotStarted

OUTPUT_BYTES: Final = 1 << 20
"""Kept of each of stdout and stderr; the rest is read and thrown away, so the command is not held up."""

LONGEST_S: Final = 120.0
LAST_WORDS_S: Final = 0.3
"""How long output is waited for once the command has exited."""


@dataclass(frozen=True)
class Outcome:
    """`exit_code` is None when the command was ended for taking too long. Bytes that are no UTF-8 become U+FFFD."""

    exit_code: int | None
    stdout: str
    stderr: str
    truncated: bool
    timed_out: bool


async def run(argv: Sequence[str], *, mark: str, timeout_s: float, stdin: bytes = b"") -> Outcome:
    """Run a machine command line whose processes inside the lab host carry `mark`.

    On the deadline, and when cancelled, everything with the mark is killed. Raises: CommandNotStarted.
    """
    try:
        process = subprocess.Popen(
            argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=ENVIRONMENT, cwd="/", start_new_session=True
        )
    except OSError as error:
        raise CommandNotStarted(f"The command could not be started: {error.strerror}.") from error
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    # Not asyncio's own subprocesses: their wait() also waits for the pipes, which a background child may keep open.
    exited = when_exits(process.pid)
    stdout, stderr = _Kept(), _Kept()
    streams = asyncio.gather(
        _write(process.stdin, stdin), stdout.collect(process.stdout), stderr.collect(process.stderr)
    )
    timed_out = False
    try:
        done, _ = await asyncio.wait({exited}, timeout=min(timeout_s, LONGEST_S))
        timed_out = not done
    finally:
        if not exited.done():
            await asyncio.to_thread(leftovers.send, mark, signal.SIGKILL)
            process.kill()
            await exited
        code = process.wait()
        # What a child left in the background says later is not the command's.
        await asyncio.wait({streams}, timeout=LAST_WORDS_S)
        streams.cancel()
        await asyncio.gather(streams, return_exceptions=True)
    return Outcome(
        exit_code=None if timed_out else code if code >= 0 else 128 - code,
        stdout=stdout.text(),
        stderr=stderr.text(),
        truncated=stdout.truncated or stderr.truncated,
        timed_out=timed_out,
    )


class _Kept:
    """The first `OUTPUT_BYTES` of a pipe."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.truncated = False

    async def collect(self, pipe: IO[bytes]) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            while data := await reader.read(65536):
                room = max(0, OUTPUT_BYTES - len(self._data))
                self._data += data[:room]
                self.truncated = self.truncated or len(data) > room
        finally:
            transport.close()

    def text(self) -> str:
        return self._data.decode("utf-8", "replace")


async def _write(pipe: IO[bytes], data: bytes) -> None:
    """Feed the command; it may stop listening at any time."""
    loop = asyncio.get_running_loop()
    os.set_blocking(pipe.fileno(), False)
    try:
        while data:
            try:
                data = data[os.write(pipe.fileno(), data[:65536]) :]
            except BlockingIOError:
                free: asyncio.Future[None] = loop.create_future()
                loop.add_writer(pipe.fileno(), resolve, free)
                try:
                    await free
                finally:
                    loop.remove_writer(pipe.fileno())
    except BrokenPipeError:
        return
    finally:
        pipe.close()
