"""What one datagram of a matrix looks like, and how its answer is known: ICMP echo, or UDP."""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Sequence
from typing import Final, Protocol

from labs.probes import dns_message, icmp
from labs.probes.matrix import mmsg
from labs.probes.values import Address

_HEADER = struct.Struct("!BBHHH")
_RAW_4 = struct.Struct("!B11x4s4xB3xHH8s28x")
_RAW_6 = struct.Struct("!B3xHH8s48x")
_SENDER_6 = struct.Struct("8x16s4x")
_ICMP_FILTER, _ICMP6_FILTER, _SOL_RAW = 1, 1, 255
TRIES: Final = 3
"""How often a silent target is asked, spread over the time."""


class Kind(Protocol):
    """One protocol over one version of IP. Targets are numbered as in the plan."""

    closed_port: bool
    """Whether "port unreachable" from the target means a closed port."""

    def socket_arguments(self) -> tuple[int, int, int]:
        """Return family, type and protocol of the socket."""
        ...

    def prepare(self, end: socket.socket) -> None:
        """Set what the fresh socket needs; called outside its namespace."""
        ...

    def outbox(self, attempt: int) -> mmsg.Outbox:
        """Return the packets to send at one attempt, in the order of `targets`."""
        ...

    def answered(self, names: memoryview, packets: memoryview) -> list[int]:
        """Return for each packet of an inbox the position of the target whose answer it is, -1 if it is none."""
        ...

    def ours(self, quoted: bytes) -> bool:
        """Tell whether what an ICMP error quotes is a packet of this matrix."""
        ...


class Icmp:
    """Echo requests from a raw socket that hears replies alone.

    Every source sends the same packets: only sockets in its own namespace hear the answers.
    """

    closed_port = False

    def __init__(self, version: int, targets: Sequence[Address]) -> None:
        self.six = version == 6
        self.targets = targets
        self.names = [mmsg.name(target) for target in targets]
        self.packed = [target.packed for target in targets]
        self.identity = secrets.randbits(16) & ~3
        self.nonce = secrets.token_bytes(8)
        self.request, self.reply = (128, 129) if self.six else (8, 0)

    def socket_arguments(self) -> tuple[int, int, int]:
        if self.six:
            return socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6
        return socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP

    def prepare(self, end: socket.socket) -> None:
        # A set bit stops that type: raw(7), linux/icmpv6.h.
        if self.six:
            words = [0xFFFFFFFF] * 8
            words[self.reply >> 5] &= ~(1 << (self.reply & 31))
            end.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))
        else:
            end.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", 0xFFFFFFFF & ~(1 << self.reply)))

    def outbox(self, attempt: int) -> mmsg.Outbox:
        packets = []
        for number in range(len(self.targets)):
            packet = _HEADER.pack(self.request, 0, 0, self.identity | attempt, number) + self.nonce
            if not self.six:  # for ICMPv6 the kernel fills the checksum in: RFC 3542, section 3.1
                packet = packet[:2] + icmp.checksum(packet).to_bytes(2, "big") + packet[4:]
            packets.append(packet)
        return mmsg.Outbox(self.names, packets)

    def answered(self, names: memoryview, packets: memoryview) -> list[int]:
        nonce, identity, reply, packed, count = self.nonce, self.identity, self.reply, self.packed, len(self.packed)
        if self.six:
            return [
                number
                if told == nonce
                and kind == reply
                and mine & ~3 == identity
                and number < count
                and packed[number] == sender
                else -1
                for (kind, mine, number, told), (sender,) in zip(
                    _RAW_6.iter_unpack(packets), _SENDER_6.iter_unpack(names), strict=True
                )
            ]
        # 0x45: IPv4 without options; nobody answers an echo without options with some.
        return [
            number
            if told == nonce
            and kind == reply
            and mine & ~3 == identity
            and first == 0x45
            and number < count
            and packed[number] == sender
            else -1
            for first, sender, kind, mine, number, told in _RAW_4.iter_unpack(packets)
        ]

    def ours(self, quoted: bytes) -> bool:
        return len(quoted) >= _HEADER.size and int.from_bytes(quoted[4:6], "big") & ~3 == self.identity


class Udp:
    """One datagram to the same port of every target; whatever comes back from there is its answer."""

    closed_port = True

    def __init__(self, version: int, targets: Sequence[Address], port: int) -> None:
        self.six = version == 6
        self.names = [mmsg.name(target, port) for target in targets]
        self.numbers = {self._key(name): number for number, name in enumerate(self.names)}
        self.payload = dns_message.query(".", "NS") if port == 53 else f"netquarium {secrets.token_hex(8)}\n".encode()

    def socket_arguments(self) -> tuple[int, int, int]:
        return socket.AF_INET6 if self.six else socket.AF_INET, socket.SOCK_DGRAM, 0

    def prepare(self, end: socket.socket) -> None:
        """Need nothing."""

    def outbox(self, attempt: int) -> mmsg.Outbox:  # noqa: ARG002 - a datagram has no number
        return mmsg.Outbox(self.names, [self.payload] * len(self.names))

    def answered(self, names: memoryview, packets: memoryview) -> list[int]:  # noqa: ARG002 - any answer is one
        return [
            self.numbers.get(self._key(bytes(names[at : at + mmsg.NAME_BYTES])), -1)
            for at in range(0, len(names), mmsg.NAME_BYTES)
        ]

    def ours(self, quoted: bytes) -> bool:  # noqa: ARG002 - the socket is this matrix's alone
        return True

    def _key(self, name: bytes) -> bytes:
        return name[2:4] + (name[8:24] if self.six else name[4:8])
