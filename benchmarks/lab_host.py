"""Fresh lab hosts for a measurement, and figures from it."""

from __future__ import annotations

import secrets
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network

from labs.hosts import cgroup, underlay
from labs.hosts import host as hosts
from labs.hosts.host import Host
from labs.specs.lab import Attachment, Container, Driver, Lab, LabHost, Limits, Mode, ModeKind, Network

UNDERLAY = IPv4Network("10.77.0.0/24")
ADDRESS = IPv4Address("10.77.0.11")
LIMITS = Limits(memory_bytes=2 << 30, pids=4096, cpus=8.0)
"""Wide, so that the engine is measured and not its limits."""


@contextmanager
def fresh(limits: Limits = LIMITS) -> Iterator[Host]:
    """A new host whose engine answers; gone afterwards."""
    session = secrets.token_hex(6)
    try:
        started = hosts.start(session, LabHost("alpha", ADDRESS), underlay.open(session, UNDERLAY), limits)
        hosts.wait_for_engine(started)
        yield started
    finally:
        hosts.stop_session(session)


def cpu_s(host: Host) -> float:
    """CPU time used so far by everything in the host, in seconds; steadier than the clock on a busy machine."""
    for tree in cgroup.trees():
        group = tree / cgroup.parent() / host.box
        if (group / "cpuacct.usage").exists():  # control groups version 1
            return int((group / "cpuacct.usage").read_text()) / 1e9
        if (group / "cpu.stat").exists() and "usage_usec" in (text := (group / "cpu.stat").read_text()):
            return int(dict(line.split() for line in text.splitlines())["usage_usec"]) / 1e6
    return 0.0


def one_bridge(count: int) -> Lab:
    """A lab of `count` containers on one user-defined bridge of one host."""
    containers = [
        Container(
            name=f"web{number}",
            service=f"web{number}",
            host="alpha",
            image="netquarium/tools:1",
            mode=Mode(ModeKind.NETWORKS),
            attachments=(Attachment("front"),),
        )
        for number in range(count)
    ]
    front = Network("front", "front", Driver.BRIDGE, ("alpha",))
    return Lab("bench", "Benchmark", "", (LabHost("alpha", ADDRESS),), (front,), tuple(containers), UNDERLAY)


def show(title: str, seconds: Sequence[float]) -> float:
    """Print median and range in milliseconds; return the median in seconds."""
    median = statistics.median(seconds)
    print(f"{title:<46} median {median * 1000:7.0f} ms   ({min(seconds) * 1000:.0f} to {max(seconds) * 1000:.0f})")
    return median
