"""Send datagrams from every lane to all its targets and hear the answers: one socket for each lane and IP version."""

from __future__ import annotations

import errno
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from labs.errors import LabError
from labs.kernel.namespace import open_socket_in
from labs.probes import refusal
from labs.probes.deadline import Deadline
from labs.probes.matrix import mmsg
from labs.probes.matrix.echo import TRIES, Icmp, Kind, Udp
from labs.probes.matrix.values import Lane, MatrixRequest
from labs.probes.values import Address, Evidence, Finding, Protocol, Verdict

_BUFFER_BYTES = 1 << 20
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_MAY_BE_ANOTHERS = 2
"""An error of sending may be that of an earlier packet; twice in a row, with no ICMP error between, it is its own."""


@dataclass
class _Channel:
    """One socket of one lane. `sent_at` holds clock times by position among `family.targets`."""

    lane: Lane
    end: socket.socket
    family: _Family
    sent_at: list[float]
    waiting: list[int] = field(default_factory=list)
    """Positions still to be sent, when the socket's buffer was full."""


@dataclass
class _Family:
    """One version of IP: what is sent, and the plan's numbers of its targets."""

    kind: Kind
    numbers: list[int]
    position_of: dict[int, int]
    outboxes: dict[int, mmsg.Outbox] = field(default_factory=dict)

    def outbox(self, attempt: int) -> mmsg.Outbox:
        if attempt not in self.outboxes:
            self.outboxes[attempt] = self.kind.outbox(attempt)
        return self.outboxes[attempt]


def measure(lanes: Sequence[Lane], targets: Sequence[Address], request: MatrixRequest) -> None:
    """Fill in the lanes' outcomes. What stays silent keeps None. Blocks until the last is heard or time is up."""
    Datagrams(lanes, targets, request).run()


class Datagrams:
    """One run over all lanes."""

    def __init__(self, lanes: Sequence[Lane], targets: Sequence[Address], request: MatrixRequest) -> None:
        self.lanes = lanes
        self.targets = targets
        self.request = request
        self.families = [family for version in (4, 6) if (family := self._family(version)) is not None]
        self.inbox = mmsg.Inbox()
        self.channels: dict[int, _Channel] = {}

    def run(self) -> None:
        try:
            for lane in self.lanes:
                for family in self.families:
                    channel = self._open(lane, family)
                    if channel is not None:
                        self._ask(channel, 0)
                        self._hear(channel)
            self._await(Deadline.after(self.request.timeout_s))
        finally:
            for channel in self.channels.values():
                channel.end.close()

    def _family(self, version: int) -> _Family | None:
        numbers = [number for number, target in enumerate(self.targets) if target.version == version]
        if not numbers:
            return None
        targets = [self.targets[number] for number in numbers]
        if self.request.protocol is Protocol.UDP:
            kind: Kind = Udp(version, targets, self.request.port or 0)
        else:
            kind = Icmp(version, targets)
        return _Family(kind, numbers, {number: position for position, number in enumerate(numbers)})

    def _open(self, lane: Lane, family: _Family) -> _Channel | None:
        """Leave a socket in the lane's namespace; None, and the outcomes say so, if that cannot be done."""
        mine = [number for number in lane.wanted if number in family.position_of]
        if not mine:
            return None
        try:
            end = open_socket_in(lane.namespace, *family.kind.socket_arguments())
        except LabError as error:
            finding = Finding(Verdict.NOT_MEASURED, Evidence(detail=error.reason.rstrip(".")))
        except OSError as error:
            code = errno.errorcode.get(error.errno or 0)
            finding = Finding(Verdict.NOT_MEASURED, Evidence(errno=code, detail=error.strerror or str(error)))
        else:
            channel = _Channel(lane, end, family, [0.0] * len(family.numbers))
            self.channels[end.fileno()] = channel
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            end.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _BUFFER_BYTES)
            end.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
            end.setsockopt(socket.SOL_SOCKET, mmsg.SO_TIMESTAMPNS, 1)
            refusal.watch_errors(end)
            family.kind.prepare(end)
            return channel
        for number in mine:
            lane.settle(number, finding)
        return None

    def _silent(self, channel: _Channel) -> list[int]:
        position_of = channel.family.position_of
        return [position_of[number] for number in channel.lane.silent() if number in position_of]

    def _ask(self, channel: _Channel, attempt: int) -> None:
        """Send to all that have not answered; what does not fit the buffer waits in the channel."""
        positions = self._silent(channel)
        sending = mmsg.Sending(channel.family.outbox(attempt), positions)
        sent_at, descriptor, strikes = channel.sent_at, channel.end.fileno(), 0
        while sending.position < sending.count:
            first, begun = sending.position, time.time()
            try:
                sent = sending.send(descriptor)
            except BlockingIOError:
                break
            except InterruptedError:
                continue
            except OSError as error:
                strikes = 0 if self._take_errors(channel) else strikes + 1
                if strikes == _MAY_BE_ANOTHERS:
                    self._refuse(channel, positions[first], error)
                # The source's own firewall both refuses the packet and sends the ICMP error just taken.
                if channel.lane.outcomes[channel.family.numbers[positions[first]]] is not None:
                    sending.position += 1
                    strikes = 0
                continue
            strikes = 0
            # The kernel carries a local packet to its end while sending it, so the time of each is spread evenly.
            each = (time.time() - begun) / sent
            for number, position in enumerate(positions[first : first + sent]):
                sent_at[position] = begun + number * each
        channel.waiting = positions[sending.position :]

    def _refuse(self, channel: _Channel, position: int, error: OSError) -> None:
        number = channel.family.numbers[position]
        evidence = Evidence(address=str(self.targets[number]), port=self.request.port)
        channel.lane.settle(number, refusal.before_sending(error, evidence))

    def _hear(self, channel: _Channel) -> None:
        """Take all that waits in the socket and in its error queue."""
        while self._take(channel):
            pass
        self._take_errors(channel)

    def _take(self, channel: _Channel) -> bool:
        """Take an inbox full; return whether more may wait."""
        try:
            names, packets, times = self.inbox.receive(channel.end.fileno())
        except BlockingIOError:
            return False
        except OSError:
            return True  # the call told, and thereby cleared, an error of which the queue knows more; or a signal came
        lane, numbers, sent_at = channel.lane, channel.family.numbers, channel.sent_at
        for position, came in zip(channel.family.kind.answered(names, packets), times, strict=True):
            if position >= 0:
                rtt_ms = (came - sent_at[position]) * 1000
                lane.settle(numbers[position], rtt_ms if rtt_ms > 0.001 else 0.001)
        return len(times) == mmsg.SLOTS

    def _take_errors(self, channel: _Channel) -> int:
        """Make outcomes of the ICMP errors queued; return how many there were."""
        count, family, lane = 0, channel.family, channel.lane
        for quoted, destination, icmp in refusal.queued_errors(channel.end):
            count += 1
            number = self._number(family, destination)
            if number is None or not family.kind.ours(quoted):
                continue
            target = self.targets[number]
            own = icmp.sender if icmp.sender is not None and self._is_own(lane, icmp.sender) else None
            evidence = Evidence(address=str(target), port=self.request.port, source_address=own)
            lane.settle(number, refusal.after_icmp(icmp, evidence, target=target, closed_port=family.kind.closed_port))
        return count

    def _number(self, family: _Family, destination: str) -> int | None:
        return next((number for number in family.numbers if str(self.targets[number]) == destination), None)

    def _is_own(self, lane: Lane, sender: str) -> bool:
        """Tell whether the lane's namespace holds the address: only then a socket there can be bound to it."""
        try:
            with open_socket_in(
                lane.namespace, socket.AF_INET6 if ":" in sender else socket.AF_INET, socket.SOCK_DGRAM
            ) as end:
                end.bind((sender, 0))
        except (LabError, OSError):
            return False
        return True

    def _await(self, deadline: Deadline) -> None:
        """Hear until nobody is silent or time is up, asking the silent ones again."""
        open_ends = {descriptor: one for descriptor, one in self.channels.items() if one.waiting or self._silent(one)}
        if not open_ends:
            return
        step_s = self.request.timeout_s / TRIES
        attempt, again = 1, deadline.sooner(step_s)
        with select.epoll() as poll:
            for descriptor, channel in open_ends.items():
                poll.register(descriptor, select.EPOLLIN | (select.EPOLLOUT if channel.waiting else 0))
            while open_ends and deadline.left_s > 0:
                for descriptor, events in poll.poll(again.left_s):
                    channel = open_ends[descriptor]
                    self._hear(channel)
                    if events & select.EPOLLOUT and channel.waiting:
                        self._ask(channel, attempt - 1)
                        poll.modify(descriptor, select.EPOLLIN | (select.EPOLLOUT if channel.waiting else 0))
                    if not channel.waiting and not self._silent(channel):
                        poll.unregister(descriptor)
                        del open_ends[descriptor]
                if again.left_s <= 0 and attempt < TRIES:
                    for channel in open_ends.values():
                        self._ask(channel, attempt)
                        self._hear(channel)
                    attempt += 1
                    again = deadline.sooner(step_s) if attempt < TRIES else deadline
