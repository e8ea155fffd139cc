"""Send ICMP echo requests.

A raw socket, because ping sockets depend on the namespace's `net.ipv4.ping_group_range`. It hears every echo reply
of its namespace, so ours are told by a random text in the payload. Source: icmp(7), raw(7); RFC 792; RFC 4443.
"""

from __future__ import annotations

import secrets
import socket
import struct
import time
from dataclasses import replace

from labs.kernel.namespace import open_socket_in
from labs.probes import refusal
from labs.probes.deadline import Deadline
from labs.probes.values import Address, Evidence, Finding, Source, Verdict

_HEADER = struct.Struct("!BBHHH")
_INTERVAL_S = 0.05
_ECHO = {4: (8, 0), 6: (128, 129)}
"""Type of request and of reply, for each version of IP."""


def probe(source: Source, address: Address, count: int, deadline: Deadline, evidence: Evidence) -> Finding:
    """Send `count` requests 50 ms apart and wait for the replies until the deadline.

    An ICMP error ends it, unless a reply came before. Raises: LabError, OSError if the socket could not be made.
    """
    six = address.version == 6
    family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    with open_socket_in(source.namespace, family, socket.SOCK_RAW, protocol) as end:
        end.setblocking(False)
        refusal.watch_errors(end)
        try:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            end.connect((str(address), 0))
        except OSError as error:
            return refusal.before_sending(error, replace(evidence, sent=0, received=0))
        return _Echoes(end, address, count, replace(evidence, source_address=end.getsockname()[0])).run(deadline)


class _Echoes:
    """One series of requests on a connected raw socket."""

    def __init__(self, end: socket.socket, address: Address, count: int, evidence: Evidence) -> None:
        self.end = end
        self.address = address
        self.count = count
        self.evidence = evidence
        self.request, self.reply = _ECHO[address.version]
        self.identity = secrets.randbits(16)
        self.nonce = secrets.token_bytes(16)
        self.sent_at: list[float] = []
        self.rtts_ms: dict[int, float] = {}

    def run(self, deadline: Deadline) -> Finding:
        while deadline.left_s > 0 and len(self.rtts_ms) < self.count:
            step = deadline
            if len(self.sent_at) < self.count:
                try:
                    self._send()
                except OSError as error:
                    refused = self._queued() or refusal.before_sending(error, self._evidence())
                    return self._reached() or refused
                step = deadline.sooner(_INTERVAL_S) if len(self.sent_at) < self.count else deadline
            refused_later = self._listen(step)
            if refused_later is not None:
                return self._reached() or refused_later
        return self._reached() or Finding(Verdict.NO_REPLY, self._evidence())

    def _send(self) -> None:
        packet = _HEADER.pack(self.request, 0, 0, self.identity, len(self.sent_at)) + self.nonce
        if self.address.version == 4:  # for ICMPv6 the kernel fills the checksum in: RFC 3542, section 3.1
            packet = packet[:2] + struct.pack("!H", checksum(packet)) + packet[4:]
        self.end.send(packet)
        self.sent_at.append(time.monotonic())

    def _listen(self, deadline: Deadline) -> Finding | None:
        """Take replies until the deadline or the last reply; return the refusal if an ICMP error came."""
        while len(self.rtts_ms) < self.count and deadline.wait(self.end):
            try:
                packet = self.end.recv(2048)
            except BlockingIOError:
                refused = self._queued()
            except OSError as error:
                refused = self._queued() or refusal.before_sending(error, self._evidence())
            else:
                self._take(packet)
                continue
            if refused is not None:
                return refused
        return None

    def _take(self, packet: bytes) -> None:
        now = time.monotonic()
        # A raw IPv4 socket hands over the IP header as well, a raw IPv6 one does not.
        message = packet[(packet[0] & 0xF) * 4 :] if self.address.version == 4 else packet
        if len(message) < _HEADER.size or message[_HEADER.size :] != self.nonce:
            return
        kind, _, _, identity, sequence = _HEADER.unpack_from(message)
        if kind == self.reply and identity == self.identity and sequence < len(self.sent_at):
            self.rtts_ms.setdefault(sequence, (now - self.sent_at[sequence]) * 1000)

    def _queued(self) -> Finding | None:
        icmp = refusal.queued_error(self.end, quoting=struct.pack("!H", self.identity))
        if icmp is None:
            return None
        return refusal.after_icmp(icmp, self._evidence(), target=self.address, closed_port=False)

    def _reached(self) -> Finding | None:
        if not self.rtts_ms:
            return None
        return Finding(Verdict.REACHABLE, self._evidence(), tuple(self.rtts_ms[key] for key in sorted(self.rtts_ms)))

    def _evidence(self) -> Evidence:
        return replace(self.evidence, sent=len(self.sent_at), received=len(self.rtts_ms))


def checksum(data: bytes) -> int:
    """Return the Internet checksum of RFC 1071."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
