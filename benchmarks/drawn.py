"""From a change in the kernel to its picture on the screen: a real Chromium shows a running session.

Run as root, with the page built (`./nq up` does that):

    python -m benchmarks.drawn [--namespaces 20] [--events 300]

The same lab host and instance as in `event_latency`. One interface is set up and down in turn, each time by one system
call, the next one only after this one was heard of. The page stamps each message when its websocket delivers it and
once the frame that shows it is painted (frontend/src/store/stamps.ts); a plain websocket client in this process tells
which message held the change, and is the floor: it has the same news and nothing to draw. All stamps are of one clock.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import random
import secrets
import socket
import statistics
import struct
import sys
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import cast

from benchmarks import live_instance  # first: it moves the installation

# isort: split

from playwright.sync_api import Page, sync_playwright
from websockets.sync.client import ClientConnection, connect

from benchmarks.event_latency import wire
from labs.hosts import host as hosts
from labs.hosts import underlay
from labs.hosts.host import Host
from labs.kernel.namespace import open_socket_in
from labs.live.stream import Stream
from labs.specs.lab import LabHost, Limits
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.lab_page import LabPage

P50_MS, P99_MS = 30.0, 100.0
SETTLED_S = 10.0
"""By then the page has arranged the graph and the kernel has told all about the host's start."""
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 0x1
_INTERFACE = b"probe0"
_STAMPS = "() => window.__netquarium.messages.map((one) => [one.sequence, one.received_ms, one.drawn_ms])"


@dataclass(frozen=True)
class Heard:
    """A change: when it was made, when the plain client had it (seconds since 1970), and in which message."""

    made_at: float
    arrived_at: float
    sequence: int


def toggle(host: Host, connection: ClientConnection, count: int, every_s: float) -> list[Heard]:
    """Make the changes, one at a time."""
    heard: list[Heard] = []
    with open_socket_in(host.namespace, socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, _SIOCGIFFLAGS, struct.pack("16sh14x", _INTERFACE, 0))
        flags = int(struct.unpack_from("16sh", answer)[1])
        for _ in range(count):
            flags ^= _UP
            made_at = time.time()
            fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", _INTERFACE, flags))
            sequence = hear(connection, is_up=bool(flags & _UP))
            heard.append(Heard(made_at, time.time(), sequence))
            time.sleep(every_s * random.uniform(0.5, 1.5))
    return heard


def hear(connection: ClientConnection, *, is_up: bool) -> int:
    """Return the number of the next message in which the interface is so."""
    while True:
        message = json.loads(connection.recv(timeout=10))
        if message["type"] != "delta":
            continue
        for node in [*message["added"]["nodes"].values(), *message["changed"]["nodes"].values()]:
            if node.get("name") == _INTERFACE.decode() and ("UP" in node["flags"]) == is_up:
                return int(message["sequence"])


def drawn(page: Page) -> dict[int, tuple[float, float]]:
    """Return when each message arrived at the page and was on the screen, in seconds since 1970, by its number."""
    page.wait_for_function("() => window.__netquarium.messages.at(-1).drawn_ms !== null")
    stamps = cast("list[list[float]]", page.evaluate(_STAMPS))
    return {int(sequence): (received / 1000, shown / 1000) for sequence, received, shown in stamps}


def measure(instance: live_instance.Instance, session: str, token: str, host: Host, events: int, every_s: float) -> int:
    """Print every figure; return 1 if a limit is missed."""
    address = f"127.0.0.1:{instance.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(base_url=f"http://{address}", viewport={"width": 1440, "height": 900})
        page = context.new_page()
        shown = LabPage(page)
        shown.log_in(live_instance.LEARNER, live_instance.PASSWORD)
        shown.open(session)
        page.wait_for_timeout(SETTLED_S * 1000)
        url = f"ws://{address}/ws/sessions/{session}/?token={token}"
        with connect(url, max_size=None, compression=None) as connection:
            connection.recv(timeout=10)  # the snapshot: whatever changes before it is sent may be in it
            heard = toggle(host, connection, events, every_s)
        stamps = drawn(page)
        browser.close()
    floor = [(one.arrived_at - one.made_at) * 1000 for one in heard]
    received = [(stamps[one.sequence][0] - one.made_at) * 1000 for one in heard]
    took = [(stamps[one.sequence][1] - one.made_at) * 1000 for one in heard]
    print(f"{len(heard)} changes, one every {every_s:g} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    show("plain websocket client", floor)
    show("message at the page", received)
    p50, p99 = show("drawn on the page", took)
    print(f"drawn: p50 {p50:.1f} ms (at most {P50_MS:g})   p99 {p99:.1f} ms (at most {P99_MS:g})")
    return int(p50 > P50_MS or p99 > P99_MS)


def show(title: str, delays_ms: list[float]) -> tuple[float, float]:
    p50, p99 = statistics.median(delays_ms), live_instance.percentile(delays_ms, 0.99)
    print(f"{title:<26} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   max {max(delays_ms):6.1f} ms")
    return p50, p99


def main() -> int:
    """Measure, print, and return 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--namespaces", type=int, default=20)
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--every", type=float, default=0.1, help="seconds between changes, on average")
    chosen = parser.parse_args()
    session = secrets.token_hex(6)
    try:
        with live_instance.running(observer=True) as instance:
            token = live_instance.session_and_token(session)
            ground = underlay.open(session, IPv4Network("10.77.0.0/24"))
            host = hosts.start(session, LabHost("alpha", IPv4Address("10.77.0.11")), ground, Limits())
            hosts.wait_for_engine(host)
            wire(host, chosen.namespaces)
            stream = Stream()
            stream.tell_observer("watch", session)
            stream.close()
            missed = measure(instance, session, token, host, chosen.events, chosen.every)
            hosts.stop_session(session)
            return missed
    finally:
        hosts.stop_session(session)


if __name__ == "__main__":
    sys.exit(main())
