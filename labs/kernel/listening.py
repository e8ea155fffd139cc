"""Sockets that wait for peers: TCP listeners and bound UDP sockets, by the kernel's own list.

Source: sock_diag(7), linux/inet_diag.h. Leaves out connected sockets and Unix sockets.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from labs.kernel.netlink import Netlink

_SOCK_DIAG: Final = 4
_BY_FAMILY: Final = 20
_REQUEST = struct.Struct("=BBBxI48x")
_ANSWER = struct.Struct("=BBBB2s2s16s16s12xIII")
_LISTEN: Final = 1 << 10
_CLOSE: Final = 1 << 7
"""The state of a UDP socket that is bound and not connected: TCP_CLOSE in net/tcp_states.h."""


@dataclass(frozen=True, slots=True)
class Listening:
    """One waiting socket. `queued` connections of at most `backlog` wait to be accepted (both 0 for UDP).

    An address of all zeros means every address; `::` takes IPv4 as well unless the program asked otherwise, which the
    kernel does not tell here.
    """

    address: IPv4Address | IPv6Address
    port: int
    queued: int
    backlog: int


def read(target: int | str | Path, protocol: int = socket.IPPROTO_TCP) -> tuple[Listening, ...]:
    """List the namespace's waiting sockets of IPPROTO_TCP or IPPROTO_UDP; costs about 0.1 ms.

    Raises: as `labs.kernel.namespace.enter`; KernelRefused; OSError if the kernel has no sock_diag.
    """
    tcp = protocol == socket.IPPROTO_TCP
    found = []
    with Netlink(target, _SOCK_DIAG) as netlink:
        for family in (socket.AF_INET, socket.AF_INET6):
            for _, body in netlink.dump(_BY_FAMILY, _REQUEST.pack(family, protocol, 0, _LISTEN if tcp else _CLOSE)):
                _, _, _, _, port, _, own, _, _, queued, backlog = _ANSWER.unpack_from(body)
                address = IPv4Address(own[:4]) if family == socket.AF_INET else IPv6Address(own)
                waiting = (queued, backlog) if tcp else (0, 0)
                found.append(Listening(address, int.from_bytes(port, "big"), *waiting))
    return tuple(found)
