"""Notice the end of a process by its descriptor (pidfd_open(2)), in the event loop that does everything else."""

from __future__ import annotations

import asyncio
import os


def when_exits(pid: int) -> asyncio.Future[None]:
    """Return a future that is done once the process has exited. Cancelling it stops the watching.

    Reaping, where the process is a child, stays the caller's. Raises: ProcessLookupError if there is no such process.
    """
    loop = asyncio.get_running_loop()
    exited: asyncio.Future[None] = loop.create_future()
    descriptor = os.pidfd_open(pid)

    def stop_watching(_: asyncio.Future[None]) -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)

    loop.add_reader(descriptor, resolve, exited)
    exited.add_done_callback(stop_watching)
    return exited


def resolve(future: asyncio.Future[None]) -> None:
    """Set the future's result unless it has one: level-triggered callbacks may come twice."""
    if not future.done():
        future.set_result(None)
