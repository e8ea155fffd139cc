"""Many viewers of one session: the product's web process beside the least that could do the same.

Run as root, or as anybody who may start Redis:

    python -m benchmarks.fanout [--viewers 200] [--rate 10] [--seconds 10]

Messages of a usual size (a delta of 1 KB) are published at the rate; every viewer is a websocket of its own, all in one
client process that does nothing but note when a frame arrived. The floor is `plain_fanout` on the same server.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import secrets
import statistics
import struct
import sys
import time
from collections.abc import Callable

from benchmarks import live_instance  # first: it moves the installation

# isort: split

from labs.live.stream import AsyncStream

P50_MS, P99_MS = 30.0, 100.0
FILLER = "x" * 900


class Viewer(asyncio.Protocol):
    """A websocket client that looks at nothing but the time stamp of each message. Source: RFC 6455."""

    def __init__(self, path: str, arrived: Callable[[float], None]) -> None:
        self._path = path
        self._arrived = arrived
        self._buffer = b""
        self.open = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.open.done():
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.open.set_exception(ConnectionError(head.decode()))
                return
            self._buffer = rest
            self.open.set_result(None)
        now = time.time()
        while len(self._buffer) >= 4:
            length, offset = self._buffer[1] & 127, 2
            if length == 126:
                length, offset = struct.unpack_from("!H", self._buffer, 2)[0], 4
            if len(self._buffer) < offset + length:
                return
            payload, self._buffer = self._buffer[offset : offset + length], self._buffer[offset + length :]
            _, found, rest = payload.partition(b'"at":')
            if found:
                self._arrived((now - float(rest.partition(b",")[0])) * 1000)


async def measure(port: int, path: str, session: str, viewers: int, rate: float, seconds: float) -> list[float]:
    """Return the delay of every message at every viewer, in milliseconds."""
    loop = asyncio.get_running_loop()
    delays: list[float] = []
    transports = []
    for _ in range(viewers):
        transport, viewer = await loop.create_connection(lambda: Viewer(path, delays.append), "127.0.0.1", port)
        await viewer.open
        transports.append(transport)
    stream = AsyncStream()
    # The first message ends the launch, so to speak: everyone has it before the clock counts.
    await stream.publish(session, {"type": "progress", "filler": FILLER})
    await _until(lambda: len(delays) >= viewers)
    delays.clear()
    count = int(rate * seconds)
    start = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
        await stream.publish(session, {"type": "progress", "filler": FILLER})
    await _until(lambda: len(delays) >= count * viewers)
    for transport in transports:
        transport.abort()
    await stream.close()
    return delays


async def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds() and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


def run(name: str, application: str, options: argparse.Namespace) -> float:
    """Measure one application and print its figures; return its worst breach of the limits (at most 1: none)."""
    session = secrets.token_hex(6)
    with live_instance.running(observer=False, application=application) as instance:
        path = f"/{session}"
        if name == "product":
            path = f"/ws/sessions/{session}/?token={live_instance.session_and_token(session)}"
        before, started = instance.cpu_s("web"), time.monotonic()
        delays = asyncio.run(measure(instance.port, path, session, options.viewers, options.rate, options.seconds))
        cpu = (instance.cpu_s("web") - before) / (time.monotonic() - started)
    wanted = int(options.rate * options.seconds) * options.viewers
    p50, p99 = statistics.median(delays), live_instance.percentile(delays, 0.99)
    lost = wanted - len(delays)
    print(f"{name:8} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   lost {lost} of {wanted}   web {100 * cpu:.0f} % CPU")
    return 2.0 if lost else max(p50 / P50_MS, p99 / P99_MS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10, help="messages per second")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    print(f"{options.viewers} viewers, {options.rate:g} messages per second:")
    run("floor", "benchmarks.plain_fanout:application", options)
    return 0 if run("product", "labsite.asgi:application", options) <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
