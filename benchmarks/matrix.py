"""Measure every pair of namespaces on one bridge: the product beside a C program, Mininet and `docker exec`.

Run as root:

    python -m benchmarks.matrix [--sizes 20,50,100] [--rounds 7] [--raise-neighbour-limit] [--docker]

The C program (`matrix.c`, compiled here) makes the same system calls; both time themselves, from the first namespace
entered to the last answer, and are judged by the least CPU time, the kernel's included: on a busy machine the wall
clock decides nothing. Half blocked: every second target drops what is asked of it.

A bridge of N ends needs N * (N - 1) entries of the machine's neighbour table; where its limit is lower, that size is
left out, or, when asked to, the limit is raised while the benchmark runs. Mininet's pingAll runs if `mn` is installed;
`--docker` also samples `docker exec ping`.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from benchmarks.snapshot import wire
from labs.kernel import neighbour_table
from labs.kernel.namespace import open_socket_in
from labs.kernel.netlink import Netlink
from labs.probes.matrix.matrix import End, MatrixRequest, measure
from labs.probes.matrix.values import Reach
from labs.probes.values import Protocol
from tests.integration.kernel.bench import Bench

ICMP_AT_LEAST, TCP_AT_LEAST = 0.7, 0.4
BLOCKED_MAY_TAKE = 1.15
MININET_AT_LEAST, DOCKER_AT_LEAST = 100.0, 1000.0
_DEADLINE_S = 1.0
_PORT = 80
_SETTINGS = Path("/proc/sys/net/ipv4/neigh/default")
_MININET = """
import time
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo
net = Mininet(SingleSwitchTopo({size}), switch=LinuxBridge, controller=None)
net.start()
begun = time.monotonic()
lost = net.pingAll()
print("took", time.monotonic() - begun, lost)
net.stop()
"""


@dataclass
class Segment:
    """Namespaces on one bridge, each with an address and a listener on port 80."""

    bench: Bench
    ends: list[End]
    addresses: list[str]

    @property
    def pairs(self) -> int:
        return len(self.ends) * (len(self.ends) - 1)

    def listing(self) -> str:
        """Return what the C program reads."""
        return "".join(f"{end.namespace} {address}\n" for end, address in zip(self.ends, self.addresses, strict=True))

    def block_half(self) -> None:
        for site in self.bench.sites[2::2]:
            site.run(
                "iptables-nft -A INPUT -p icmp --icmp-type echo-request -j DROP",
                f"iptables-nft -A INPUT -p tcp --dport {_PORT} -j DROP",
            )


@contextlib.contextmanager
def segment(size: int) -> Iterator[Segment]:
    """Wire `size` namespaces and one more that holds the bridge."""
    bench = Bench()
    with contextlib.ExitStack() as stack:
        stack.callback(bench.close)
        wire(bench, size + 1)
        addresses = [f"10.0.{number // 250}.{number % 250 + 1}" for number in range(size)]
        ends = []
        for site, address in zip(bench.sites[1:], addresses, strict=True):
            listener = stack.enter_context(open_socket_in(site.path, *_STREAM))
            listener.bind(("0.0.0.0", _PORT))
            listener.listen(65535)
            ends.append(End(address, site.path, (Reach("segment", IPv4Address(address)),)))
        yield Segment(bench, ends, addresses)


_STREAM = (2, 1)
"""AF_INET, SOCK_STREAM."""


@contextlib.contextmanager
def neighbours(need: int, *, may_raise: bool) -> Iterator[bool]:
    """Tell whether the machine's neighbour table holds so many; with leave, raise its limit meanwhile, and say so."""
    with Netlink("/proc/thread-self/ns/net") as netlink:
        limit = neighbour_table.limits(netlink)["arp_cache"]
    if limit > need or not may_raise:
        yield limit > need
        return
    names = ("gc_thresh3", "gc_thresh2")
    before = {name: (_SETTINGS / name).read_text() for name in names}
    print(f"(net.ipv4.neigh.default.gc_thresh3 raised from {limit} to {2 * need} for this run)")
    try:
        for name in names:
            (_SETTINGS / name).write_text(str(2 * need))
        yield True
    finally:
        for name in reversed(names):
            (_SETTINGS / name).write_text(before[name])


@dataclass(frozen=True)
class Run:
    """One measurement of all pairs, in milliseconds."""

    reached: int
    wall_ms: float
    cpu_ms: float


def product(on: Segment, protocol: Protocol) -> Run:
    """Measure by the product."""
    port = _PORT if protocol is Protocol.TCP else None
    used = time.process_time()
    grid = measure(on.ends, MatrixRequest(protocol, port, _DEADLINE_S))
    cpu_ms = (time.process_time() - used) * 1000
    counts = grid.counts()
    if counts.get("not_measured"):
        sentence = next(cell.sentence for cell in grid.cells() if cell.verdict == "not_measured")
        raise SystemExit(f"{counts['not_measured']} pairs not measured: {sentence}")
    return Run(counts.get("reachable", 0), grid.took_ms, cpu_ms)


def in_c(program: str, on: Segment, protocol: Protocol) -> Run:
    """Measure by the C program."""
    line = [program, protocol.value, str(_PORT), str(_DEADLINE_S)]
    told = subprocess.run(line, input=on.listing(), capture_output=True, text=True, check=True).stdout.split()
    return Run(int(told[0]), float(told[1]), float(told[2]))


def compare(on: Segment, program: str, protocol: Protocol, rounds: int) -> float:
    """Measure in turns, print, and return the ratio of the rates by the least CPU time."""
    ways: dict[str, Callable[[], Run]] = {
        "product": lambda: product(on, protocol),
        "C": lambda: in_c(program, on, protocol),
    }
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            run = way()
            if run.reached != on.pairs:
                raise SystemExit(f"{name}: {run.reached} of {on.pairs} pairs reachable")
            if turn:  # the first round resolves neighbours
                runs[name].append(run)
    cpu = {name: min(run.cpu_ms for run in some) for name, some in runs.items()}
    wall = {name: min(run.wall_ms for run in some) for name, some in runs.items()}
    for name in ways:
        rate = on.pairs / wall[name] * 1000
        print(f"  {protocol:<5}{name:<9} CPU {cpu[name]:7.1f} ms   wall {wall[name]:7.1f} ms ({rate:8.0f} pairs/s)")
    print(
        f"  {protocol:<5}product / C: {cpu['C'] / cpu['product']:.2f} by CPU, {wall['C'] / wall['product']:.2f} by wall"
    )
    return cpu["C"] / cpu["product"]


def blocked(on: Segment, rounds: int) -> float:
    """Block half of the pairs; print and return the best wall time over the deadline, of the slower protocol."""
    on.block_half()
    worst = 0.0
    for protocol in (Protocol.ICMP, Protocol.TCP):
        took = []
        for _ in range(rounds):
            run = product(on, protocol)
            took.append(run.wall_ms / 1000)
        share = min(took) / _DEADLINE_S
        worst = max(worst, share)
        print(
            f"  {protocol:<5}{run.reached} of {on.pairs} reachable, the rest silent: best {min(took) * 1000:.0f} ms,"
            f" median {statistics.median(took) * 1000:.0f} ms of a deadline of {_DEADLINE_S * 1000:.0f} ms"
        )
    return worst


def mininet(size: int) -> float | None:
    """Return pairs per second of Mininet's pingAll on as many hosts and a Linux bridge; None if it is not installed."""
    if shutil.which("mn") is None:
        return None
    line = ["unshare", "--net", "--mount", "/usr/bin/python3", "-c", _MININET.format(size=size)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    told = [row.split() for row in done.stdout.splitlines() if row.startswith("took ")]
    if not told or float(told[0][2]) > 0:
        print(f"  mininet did not run: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
        return None
    return size * (size - 1) / float(told[0][1])


def _quiet(_told: object) -> None:
    """Take progress and say nothing."""


def docker_exec(samples: int = 20) -> float:
    """Return pairs per second of `docker exec … ping -c1` in a lab host, sampled."""
    from benchmarks.lab_host import fresh, one_bridge
    from labs.engine import inventory
    from labs.engine.deploy import deploy
    from labs.hosts.host import command

    with fresh() as host:
        deploy(one_bridge(2), {"alpha": host}, _quiet)
        one, other = inventory.read(host).containers
        target = str(other.endpoints[0].addresses[0].ip)
        loop = f"for n in $(seq {samples}); do docker exec {one.name} ping -c1 -W1 {target} >/dev/null || exit 1; done"
        begun = time.monotonic()
        subprocess.run(command(host, ["sh", "-c", loop]), check=True, capture_output=True)
        return samples / (time.monotonic() - begun)


def main() -> int:
    """Measure, print, and return 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="20,50,100", type=lambda text: [int(one) for one in text.split(",")])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--raise-neighbour-limit", action="store_true", help="while it runs, where a size needs it")
    parser.add_argument("--docker", action="store_true", help="also sample `docker exec ping` in a lab host")
    chosen = parser.parse_args()
    if shutil.which("cc") is None:
        print("not measured: there is no C compiler (cc)")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/matrix"
        subprocess.run(["cc", "-O2", "-o", program, str(Path(__file__).with_suffix(".c"))], check=True)
        missed = [measure_size(size, program, chosen) for size in chosen.sizes]
    return int(any(missed))


def measure_size(size: int, program: str, chosen: argparse.Namespace) -> bool:
    """Print one size's figures; return whether a limit was missed or nothing could be measured."""
    print(f"{size} namespaces on one bridge, {size * (size - 1)} pairs, {chosen.rounds} rounds")
    with neighbours(size * (size + 1), may_raise=chosen.raise_neighbour_limit) as enough:
        if not enough:
            print("  not measured: the machine's neighbour table is too small (--raise-neighbour-limit)")
            return True
        with segment(size) as on:
            rate = 1000 * on.pairs / min(product(on, Protocol.ICMP).wall_ms for _ in range(3))
            missed = compare(on, program, Protocol.ICMP, chosen.rounds) < ICMP_AT_LEAST
            missed |= compare(on, program, Protocol.TCP, chosen.rounds) < TCP_AT_LEAST
            missed |= blocked(on, min(chosen.rounds, 3)) > BLOCKED_MAY_TAKE
    if size == min(chosen.sizes):
        peer = mininet(size)
        print(
            "  mininet's pingAll: not installed"
            if peer is None
            else f"  mininet's pingAll: {peer:.0f} pairs/s, product {rate / peer:.0f} times"
        )
        missed |= peer is not None and rate / peer < MININET_AT_LEAST
        if chosen.docker:
            loop = docker_exec()
            print(f"  docker exec ping: {loop:.1f} pairs/s, product {rate / loop:.0f} times")
            missed |= rate / loop < DOCKER_AT_LEAST
    return missed


if __name__ == "__main__":
    sys.exit(main())
