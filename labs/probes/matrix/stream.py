"""Open TCP connections from every lane to all its targets: all sockets of a lane are made in one visit."""

from __future__ import annotations

import errno
import resource
import select
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from labs.errors import LabError
from labs.kernel.namespace import Namespace, enter
from labs.probes import refusal, tcp
from labs.probes.deadline import Deadline
from labs.probes.matrix.values import Lane, MatrixRequest
from labs.probes.values import Address, Evidence, Finding, Verdict

_RTT = struct.Struct("=68xI")
"""tcpi_rtt in linux/tcp.h, in microseconds: the kernel's own measurement of the handshake."""
_RESET_ON_CLOSE = struct.pack("=ii", 1, 0)
"""SO_LINGER: hang up by RST, so that no connection lingers for a minute in the learner's namespace."""
_SPARE_FILES = 64
_CONNECTED = select.POLLOUT


class _Attempt:
    """One connection on its way."""

    __slots__ = ("end", "lane", "number")

    def __init__(self, lane: Lane, number: int, end: socket.socket) -> None:
        self.lane = lane
        self.number = number
        self.end = end


def measure(lanes: Sequence[Lane], targets: Sequence[Address], request: MatrixRequest) -> None:
    """Fill in the lanes' outcomes. What stays silent keeps None. Blocks until the last is decided or time is up."""
    with _room_for(sum(len(lane.wanted) for lane in lanes)):
        Streams(lanes, targets, request).run()


class Streams:
    """One run over all lanes."""

    def __init__(self, lanes: Sequence[Lane], targets: Sequence[Address], request: MatrixRequest) -> None:
        self.lanes = lanes
        self.targets = targets
        self.request = request
        self.places = [(str(target), request.port or 0) for target in targets]
        self.families = [socket.AF_INET6 if target.version == 6 else socket.AF_INET for target in targets]
        self.open: dict[int, _Attempt] = {}
        self.first: dict[tuple[Namespace, int], int] = {}
        """Descriptors of the first connections, once there are second ones."""
        self.second: dict[tuple[Namespace, int], int] = {}

    def run(self) -> None:
        try:
            for lane in self.lanes:
                self._ask(lane, lane.silent())
            self._await(Deadline.after(self.request.timeout_s))
        finally:
            for attempt in self.open.values():
                attempt.end.close()

    def _ask(self, lane: Lane, numbers: Sequence[int]) -> list[int]:
        """Start connections to the targets and settle those that are decided at once; return the descriptors left."""
        poll = select.poll()
        started: list[int] = []
        for number, end in self._sockets(lane, numbers):
            refusal.watch_errors(end)
            code = end.connect_ex(self.places[number])
            descriptor = end.fileno()
            self.open[descriptor] = _Attempt(lane, number, end)
            if code not in (0, errno.EINPROGRESS):
                self._settle(descriptor, refusal.before_sending(OSError(code, ""), self._evidence(number)))
                continue
            poll.register(descriptor, _CONNECTED)
            started.append(descriptor)
        if not started:
            return []
        for descriptor, events in poll.poll(0):
            self._look(descriptor, events)
        return [descriptor for descriptor in started if descriptor in self.open]

    def _sockets(self, lane: Lane, numbers: Sequence[int]) -> list[tuple[int, socket.socket]]:
        """Make a socket for each target in the lane's namespace; targets without one are settled."""
        made: list[tuple[int, socket.socket]] = []
        try:
            with enter(lane.namespace):
                for number in numbers:
                    kind = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
                    made.append((number, socket.socket(self.families[number], kind)))
        except LabError as error:
            finding = Finding(Verdict.NOT_MEASURED, Evidence(detail=error.reason.rstrip(".")))
        except OSError as error:
            code = errno.errorcode.get(error.errno or 0)
            finding = Finding(Verdict.NOT_MEASURED, Evidence(errno=code, detail=error.strerror or str(error)))
        for number in numbers[len(made) :]:
            lane.settle(number, finding)
        return made

    def _look(self, descriptor: int, events: int) -> None:
        """Settle a connection that poll reports, if it is decided: see `labs.probes.tcp` on errors that are not yet."""
        attempt = self.open[descriptor]
        if events == _CONNECTED:  # a socket still connecting is never writable: tcp_poll in net/ipv4/tcp.c
            (rtt_us,) = _RTT.unpack(attempt.end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RTT.size))
            attempt.end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._settle(descriptor, max(rtt_us, 1) / 1000)
            return
        end, target = attempt.end, self.targets[attempt.number]
        evidence = self._evidence(attempt.number, end.getsockname()[0])
        code = end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            with_errno = Evidence(
                address=evidence.address,
                port=evidence.port,
                source_address=evidence.source_address,
                errno=errno.errorcode.get(code, str(code)),
            )
            self._settle(descriptor, tcp.failure(end, code, target, with_errno))
            return
        icmp = refusal.queued_error(end)
        if icmp is not None:
            self._settle(descriptor, refusal.after_icmp(icmp, evidence, target=target, closed_port=False))
            return
        with suppress(OSError):
            end.getpeername()
            self._settle(descriptor, 0.001)

    def _settle(self, descriptor: int, outcome: float | Finding) -> None:
        settled = self.open[descriptor]
        settled.lane.settle(settled.number, outcome)
        pair = (settled.lane.key, settled.number)
        for one in (descriptor, self.first.get(pair, -1), self.second.get(pair, -1)):
            if one in self.open:
                self.open.pop(one).end.close()

    def _evidence(self, number: int, source: str | None = None) -> Evidence:
        return Evidence(address=self.places[number][0], port=self.request.port, source_address=source)

    def _await(self, deadline: Deadline) -> None:
        """Settle what is decided until nothing is open or time is up.

        Half-way, silent targets that answered somebody else are asked by a second connection: a listener whose queue
        the others filled drops the first, and the kernel asks again only after a second.
        """
        half = deadline.sooner(deadline.left_s / 2)
        asked_again = False
        with select.epoll() as poll:
            for descriptor in self.open:
                poll.register(descriptor, select.EPOLLOUT)
            while self.open and deadline.left_s > 0:
                for descriptor, events in poll.poll((deadline if asked_again else half).left_s):
                    if descriptor in self.open:
                        self._look(descriptor, events)
                if not asked_again and half.left_s <= 0:
                    asked_again = True
                    self.first = {(one.lane.key, one.number): at for at, one in self.open.items()}
                    answer = self._answering()
                    for lane in self.lanes:
                        for descriptor in self._ask(lane, [number for number in lane.silent() if number in answer]):
                            poll.register(descriptor, select.EPOLLOUT)
                            self.second[lane.key, self.open[descriptor].number] = descriptor

    def _answering(self) -> set[int]:
        return {number for lane in self.lanes for number in lane.wanted if isinstance(lane.outcomes[number], float)}


@contextmanager
def _room_for(count: int) -> Iterator[None]:
    """Let the process open that many sockets more, twice, while inside; as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = sum(1 for _ in Path("/proc/self/fd").iterdir()) + 2 * count + _SPARE_FILES
    if need <= soft:
        yield
        return
    with suppress(ValueError, OSError):  # without the privilege, up to the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(need, hard), hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, max(need, hard)))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
