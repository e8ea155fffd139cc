"""Measure every pair of a list of ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from labs.kernel import neighbour_table
from labs.kernel.netlink import Netlink
from labs.probes.deadline import Deadline
from labs.probes.matrix import datagram, plan, stream
from labs.probes.matrix.grid import Grid
from labs.probes.matrix.values import PROTOCOLS, Cell, End, MatrixRequest
from labs.probes.values import Protocol

__all__ = ["Cell", "End", "Grid", "MatrixRequest", "measure", "measure_until"]

_HERE = "/proc/thread-self/ns/net"
_REST_S = 0.1


def measure(ends: Sequence[End], request: MatrixRequest) -> Grid:
    """Measure from every end to every other. Blocks for `request.timeout_s` plus the time that sending takes.

    Never raises for what a network or an end does: what prevents measuring gives cells "not_measured" with the reason.
    Needs CAP_SYS_ADMIN and CAP_NET_RAW over the namespaces. Keeps one socket open for each namespace, for TCP one for
    each pair that is not decided yet. At most 65,536 different addresses.

    Raises: ValueError for a protocol other than ICMP, TCP and UDP, or one of the latter without a port.
    """
    if request.protocol not in PROTOCOLS:
        raise ValueError(f"a matrix measures icmp, tcp or udp, not {request.protocol}")
    if request.protocol is not Protocol.ICMP and not 0 < (request.port or 0) < 65536:
        raise ValueError(f"a {request.protocol.upper()} matrix needs a port from 1 to 65535")
    begun = time.monotonic()
    grid = Grid(plan.make(ends, diagonal=request.protocol is not Protocol.ICMP), request)
    _fill(grid)
    grid.took_ms = round((time.monotonic() - begun) * 1000, 3)
    return grid


def measure_until(
    ends: Sequence[End], request: MatrixRequest, settled: Callable[[Cell], bool], *, within_s: float
) -> Grid:
    """Measure, and measure again those pairs that are not settled, while within_s seconds last.

    For states that converge: a neighbour, a Swarm or a routing daemon may take a moment. Blocks for one more round than
    the time given at most. Raises: as `measure`.
    """
    limit = Deadline.after(within_s)
    begun = time.monotonic()
    grid = measure(ends, request)
    while limit.left_s > 0 and _forget(grid, settled):
        time.sleep(min(_REST_S, limit.left_s))  # refusals come at once: do not flood the lab with questions
        _fill(grid)
    grid.took_ms = round((time.monotonic() - begun) * 1000, 3)
    return grid


def _fill(grid: Grid) -> None:
    """Measure what has no outcome."""
    run = stream.measure if grid.request.protocol is Protocol.TCP else datagram.measure
    with Netlink(_HERE) as netlink:
        before = neighbour_table.times_full(netlink)
        run(grid.plan.lanes, grid.plan.targets, grid.request)
        full = neighbour_table.times_full(netlink) > before
        grid.full = min(neighbour_table.limits(netlink).values()) if full else None


def _forget(grid: Grid, settled: Callable[[Cell], bool]) -> bool:
    """Drop the outcomes of pairs that are not settled; return whether there are any that can be measured again."""
    dropped = False
    numbers = range(len(grid.plan.ends))
    for source in numbers:
        lane = grid.plan.lane_of[source]
        for target in numbers:
            choice = grid.plan.chosen[source][target]
            if lane is None or source == target or isinstance(choice, str) or settled(grid.cell(source, target)):
                continue
            lane.outcomes[choice] = None
            dropped = True
    return dropped
