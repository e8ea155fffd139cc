"""A throw-away host with an empty engine, for building the image that later hosts start from."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from labs.hosts import box, host
from labs.hosts.image import HostImage
from labs.specs.lab import Limits

LIMITS = Limits(memory_bytes=3 << 30, disk_bytes=2 << 30, pids=1024, cpus=8)


@contextmanager
def engine(rootfs: Path) -> Iterator[Callable[[Sequence[str]], list[str]]]:
    """Start a host from `rootfs` with no container image; yield what turns a command into one run in it.

    One at a time on an installation: what an interrupted one left is removed first.
    Raises: HostStartFailed, EngineNotReady.
    """
    for stale in box.boxes():
        if stale.startswith("build-"):
            box.remove(stale)
    name = f"build-{secrets.token_hex(4)}"
    files = host.files("builder", IPv4Address("127.0.0.1"), [])
    with box.reserve(name, "") as reservation:
        running = host.run(HostImage(rootfs.parent), reservation, "builder", LIMITS, files, engine=True, template=False)
        host.wait_for_engine(running, 60)
    try:
        yield lambda argv: host.command(running, argv)
    finally:
        host.stop(running)
