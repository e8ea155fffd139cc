"""From a change in the kernel to its message at a websocket client: observer, Redis and web process as they run.

Run as root:

    python -m benchmarks.event_latency [--namespaces 20] [--events 300] [--every 0.1]

One lab host with that many named namespaces, each cabled to the host by a veth pair. The MTU of one interface is
changed by one system call, to a value that names the change; the clock runs from before the call until the client has
read a message with that value or a later one. Both ends are this one process, so there is one clock.

The floor hears of the same changes at the same time: a process that reads a bare netlink socket in that namespace and
passes a byte on to this one. On a busy machine it shows what of the delay is waiting for a processor.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import random
import secrets
import socket
import statistics
import struct
import subprocess
import sys
import time
from ipaddress import IPv4Address, IPv4Network

from benchmarks import live_instance  # first: it moves the installation

# isort: split

import websockets.asyncio.client

from labs.hosts import host as hosts
from labs.hosts import underlay
from labs.hosts.host import Host
from labs.kernel.namespace import open_socket_in
from labs.live.stream import Stream
from labs.specs.lab import LabHost, Limits

P50_MS, P99_MS = 30.0, 100.0
_SIOCSIFMTU = 0x8922
_INTERFACE = "probe0"


def wire(host: Host, namespaces: int) -> None:
    """Make the namespaces, a veth pair from each to the host, and the pair whose MTU will change."""
    lines = [f"link add {_INTERFACE} type veth peer probe1"]
    script = "".join(f"ip netns add n{number};" for number in range(namespaces))
    for number in range(namespaces):
        lines.append(f"link add v{number} type veth peer name eth0 netns n{number}")
    script += "printf '" + "\\n".join(lines) + "\\n' | ip -batch -"
    subprocess.run(hosts.command(host, ["sh", "-c", script]), check=True, stdout=subprocess.DEVNULL)


_FLOOR = """
import os, socket, sys
from labs.kernel.namespace import open_socket_in
watched = open_socket_in(sys.argv[1], 16, socket.SOCK_RAW, 0)
watched.bind((0, 1))
os.write(1, b"r")
while watched.recv(65536):
    os.write(1, b"c")
"""


async def measure(
    url: str, host: Host, namespaces: int, events: int, every_s: float
) -> tuple[list[float], list[float]]:
    """Return the delay of each change in milliseconds: the product's and the floor's."""
    delays: list[float] = []
    floor: list[float] = []
    changed_at = 0.0
    bare = subprocess.Popen([sys.executable, "-c", _FLOOR, str(host.namespace)], stdout=subprocess.PIPE)
    assert bare.stdout is not None
    pipe = bare.stdout.fileno()
    await asyncio.to_thread(os.read, pipe, 1)

    def heard() -> None:
        arrived = time.perf_counter()
        # One change sends several notices; the first counts.
        if os.read(pipe, 4096) and len(floor) < len(started_all):
            floor.append((arrived - changed_at) * 1000)

    asyncio.get_running_loop().add_reader(pipe, heard)
    started_all: list[int] = []
    started: dict[int, float] = {}
    complete = asyncio.Event()
    finished = asyncio.Event()
    seen = 0

    async def receive(connection: websockets.asyncio.client.ClientConnection) -> None:
        nonlocal seen
        async for text in connection:
            arrived = time.perf_counter()
            message = json.loads(text)
            if message["type"] == "snapshot":
                parts = [message["nodes"]]
            elif message["type"] == "delta":
                parts = [message["added"]["nodes"], message["changed"]["nodes"]]
            else:
                continue
            for node in (node for part in parts for node in part.values()):
                if node["kind"] == "namespace" and node["role"] == "named":
                    seen += 1
                if node.get("name") == _INTERFACE:
                    for mtu in [one for one in started if one <= node["mtu_bytes"]]:
                        delays.append((arrived - started.pop(mtu)) * 1000)
            if seen >= namespaces:
                complete.set()
            if len(delays) == events:
                finished.set()

    async with websockets.asyncio.client.connect(url, max_size=None, compression=None) as connection:
        receiving = asyncio.create_task(receive(connection))
        async with asyncio.timeout(60):
            await complete.wait()
        await asyncio.sleep(1.0)
        with open_socket_in(host.namespace, socket.AF_INET, socket.SOCK_DGRAM) as control:
            for number in range(events):
                mtu = 2000 + number
                started_all.append(mtu)
                changed_at = started[mtu] = time.perf_counter()
                fcntl.ioctl(control, _SIOCSIFMTU, struct.pack("16si12x", _INTERFACE.encode(), mtu))
                await asyncio.sleep(every_s * random.uniform(0.5, 1.5))
        async with asyncio.timeout(10):
            await finished.wait()
        receiving.cancel()
    asyncio.get_running_loop().remove_reader(pipe)
    with bare:
        bare.kill()
    return delays, floor


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--namespaces", type=int, default=20)
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--every", type=float, default=0.1, help="seconds between changes, on average")
    options = parser.parse_args()
    session = secrets.token_hex(6)
    try:
        with live_instance.running(observer=True) as instance:
            token = live_instance.session_and_token(session)
            ground = underlay.open(session, IPv4Network("10.77.0.0/24"))
            host = hosts.start(session, LabHost("alpha", IPv4Address("10.77.0.11")), ground, Limits())
            hosts.wait_for_engine(host)
            wire(host, options.namespaces)
            stream = Stream()
            stream.tell_observer("watch", session)
            url = f"ws://127.0.0.1:{instance.port}/ws/sessions/{session}/?token={token}"
            before = instance.cpu_s("observer"), instance.cpu_s("web"), time.monotonic()
            delays, floor = asyncio.run(measure(url, host, options.namespaces, options.events, options.every))
            took_s = time.monotonic() - before[2]
            observer, web = instance.cpu_s("observer") - before[0], instance.cpu_s("web") - before[1]
            stream.close()
            hosts.stop_session(session)
    finally:
        hosts.stop_session(session)
    p50, p99 = statistics.median(delays), live_instance.percentile(delays, 0.99)
    print(f"{options.namespaces} namespaces, {len(delays)} changes, one every {options.every:g} s:")
    print(f"  p50 {p50:.1f} ms (at most {P50_MS:g})   p99 {p99:.1f} ms (at most {P99_MS:g})   max {max(delays):.1f} ms")
    print(f"  floor: p50 {statistics.median(floor):.2f} ms   p99 {live_instance.percentile(floor, 0.99):.1f} ms")
    print(f"  CPU: observer {100 * observer / took_s:.0f} %, web {100 * web / took_s:.0f} % of one processor")
    return 0 if p50 <= P50_MS and p99 <= P99_MS else 1


if __name__ == "__main__":
    sys.exit(main())
