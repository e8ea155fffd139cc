"""Read 200 namespaces, and hear of a change in one of them: the product beside bare netlink sockets and iproute2.

Run as root:

    python -m benchmarks.snapshot [--namespaces 200] [--rounds 15] [--events 300]

The floor sends the same dump requests on the same kept sockets, receives until the kernel is done, and looks at
nothing. `first` is a reading with nothing remembered, `again` that of an observer at work, on CPU time: other programs
on the machine would decide the wall clock's ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from labs.kernel import address, interface, neighbour, policy_rule, route
from labs.kernel.namespace import enter
from labs.kernel.netlink import Netlink
from labs.kernel.snapshot import Reader
from labs.kernel.watch import Watcher
from tests.integration.kernel.bench import Bench

MAY_COST = 3.0

_WIRING = ((interface.GET, bytes(16)), (address.GET, bytes(8)))
_FACTS = (
    *((route.GET, struct.pack("=B11x", family)) for family in (socket.AF_INET, socket.AF_INET6)),
    *((policy_rule.GET, struct.pack("=B11x", family)) for family in (socket.AF_INET, socket.AF_INET6)),
    (neighbour.GET, bytes(12)),
    (neighbour.GET, struct.pack("=B11x", neighbour.AF_BRIDGE)),
)


def wire(bench: Bench, count: int) -> None:
    """Make one host with a bridge and `count - 1` containers on it, each with an address of either family."""
    host = bench.site()
    host.run("ip link add br0 type bridge", "ip link set br0 up", "ip addr add 10.0.255.254/16 dev br0")
    others = [bench.site() for _ in range(count - 1)]
    with tempfile.NamedTemporaryFile("w") as batch:
        for number, other in enumerate(others):
            batch.write(f"link add v{number} type veth peer name eth0 netns {other.path}\n")
            batch.write(f"link set v{number} master br0 up\n")
        batch.flush()
        host.run(f"ip -batch {batch.name}")
    for number, other in enumerate(others):
        own = f"10.0.{number // 250}.{number % 250 + 1}"
        other.shell(f"ip addr add {own}/16 dev eth0; ip link set eth0 up; ip route add default via 10.0.255.254")


def dump_only(sockets: list[socket.socket], requests: tuple[tuple[int, bytes], ...]) -> None:
    """Send and receive, and look at nothing but the end: its message is of type 3, alone or last in its datagram."""
    messages = [struct.pack("=IHHII", 16 + len(body), kind, 0x301, 1, 0) + body for kind, body in requests]
    done = struct.pack("=H", 3)
    for one in sockets:
        for message in messages:
            one.send(message)
            while True:
                data = one.recv(1 << 16)
                if data[4:6] == done or data[-16:-14] == done:
                    break


def read_all_facts(readers: list[Reader]) -> None:
    for reader in readers:
        route.read(reader.netlink)
        policy_rule.read(reader.netlink)
        neighbour.read(reader.netlink)
        neighbour.read_fdb(reader.netlink)


def iproute2(bench: Bench) -> None:
    """Ask `ip -j` for links and addresses of every namespace, as a script would."""
    for site in bench.sites:
        with enter(site.descriptor):
            subprocess.run(["ip", "-j", "-d", "addr"], check=True, stdout=subprocess.DEVNULL)


def latencies(bench: Bench, count: int) -> list[float]:
    """Return seconds from a change in a random-looking namespace to its news in this process, all watched at once."""
    found: list[float] = []
    with contextlib.ExitStack() as stack, select.epoll() as poll:
        watchers = {w.fileno(): w for w in (stack.enter_context(Watcher(site.descriptor)) for site in bench.sites)}
        for descriptor in watchers:
            poll.register(descriptor, select.EPOLLIN)
        sockets = [stack.enter_context(Netlink(site.descriptor)) for site in bench.sites]
        for turn in range(count):
            for watcher in watchers.values():
                watcher.read()
            number = (turn * 7919) % len(bench.sites)
            wanted = bench.sites[number].namespace
            body = struct.pack("=BxHiII", 0, 0, 1, 0, 0) + struct.pack("=HHI", 8, 4, 65000 + turn % 500)
            header = struct.pack("=IHHII", 16 + len(body), interface.NEW, 0x1, turn, 0)
            begun = time.perf_counter()
            sockets[number].socket.send(header + body)  # sets the MTU of lo
            for descriptor, _ in poll.poll(1):
                if watchers[descriptor].namespace == wanted and watchers[descriptor].read().wiring:
                    found.append(time.perf_counter() - begun)
    return found


def best(rounds: int, work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Return the least CPU time of a number of rounds, in seconds."""
    took = []
    for _ in range(rounds):
        before()
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return min(took)


def main() -> int:
    """Measure, print, and return 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--namespaces", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--events", type=int, default=300)
    chosen = parser.parse_args()
    bench = Bench()
    try:
        return measure(bench, chosen.namespaces, chosen.rounds, chosen.events)
    finally:
        bench.close()


def measure(bench: Bench, count: int, rounds: int, events: int) -> int:
    """Print every figure; return 1 if a limit is missed."""
    wire(bench, count)
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(Reader(site.descriptor)) for site in bench.sites]
        sockets = [reader.netlink.socket for reader in readers]

        def forget() -> None:
            for reader in readers:
                reader.forget()

        floor = best(rounds, lambda: dump_only(sockets, _WIRING))
        first = best(rounds, lambda: [reader.read() for reader in readers], forget)
        again = best(rounds, lambda: [reader.read() for reader in readers])
        facts_floor = best(rounds, lambda: dump_only(sockets, _FACTS))
        facts = best(rounds, lambda: read_all_facts(readers))
        begun = time.perf_counter()
        iproute2(bench)
        program = time.perf_counter() - begun
    print(f"{count} namespaces on one bridge, best of {rounds} rounds of CPU time, {os.cpu_count()} cores")
    print(f"links and addresses: dumps alone {floor * 1e3:.1f} ms, first {first * 1e3:.1f}, again {again * 1e3:.1f}")
    print(f"routes, rules, neighbours, forwarding: dumps alone {facts_floor * 1e3:.1f} ms, read {facts * 1e3:.1f}")
    print(f"`ip -j -d addr` in each: {program * 1e3:.0f} ms (wall clock)")
    ratio = again / floor
    whole = (first + facts) / (floor + facts_floor)
    print(f"kept readers / dumps: {ratio:.2f} (at most {MAY_COST:.2f}); everything, nothing kept / dumps: {whole:.2f}")
    heard = sorted(latencies(bench, events))
    median, p99 = statistics.median(heard) * 1e3, heard[int(len(heard) * 0.99)] * 1e3
    print(
        f"change heard, {count} namespaces in one epoll, {len(heard)} of {events}: p50 {median:.2f} ms, p99 {p99:.2f}"
    )
    return int(ratio > MAY_COST or len(heard) < events)


if __name__ == "__main__":
    sys.exit(main())
