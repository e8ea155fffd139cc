"""The few changes of interfaces that plugging a host needs, by rtnetlink: less time than ip(8) takes to start.

Source: rtnetlink(7), linux/if_link.h, linux/rtnetlink.h.
"""

from __future__ import annotations

import os
import socket
import struct
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from labs.kernel.namespace import open_namespace, open_socket_in
from labs.kernel.netlink import AF_NETLINK, ROUTE, attribute

_NEW_LINK, _DELETE_LINK, _GET_LINK, _SET_LINK, _NEW_ADDRESS, _NEW_ROUTE = 16, 17, 18, 19, 20, 24
_REQUEST, _ACKNOWLEDGE, _EXCLUSIVE, _CREATE = 0x1, 0x4, 0x200, 0x400
_ERROR: Final = 2
_NAME, _MASTER, _LINK_INFO, _NAMESPACE = 3, 10, 18, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1
_ADDRESS, _LOCAL, _BROADCAST = 1, 2, 4
_OUTGOING, _GATEWAY = 4, 5
_AF_BRIDGE, _PORT_INFO, _PORT_STATE, _NESTED = 7, 12, 1, 0x8000
_UP: Final = 0x1
_MAIN_TABLE, _BOOT, _UNICAST = 254, 3, 1
_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ANSWER_TIMEOUT_S: Final = 10


class Wiring:
    """A socket in one network namespace by which interfaces there are made and changed. Errors are OSErrors of it."""

    def __init__(self, namespace: Path) -> None:
        """Raises: labs.kernel.errors.NamespaceGone."""
        self._descriptor = open_namespace(namespace)
        try:
            self._socket = open_socket_in(self._descriptor, AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, ROUTE)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", _ANSWER_TIMEOUT_S, 0))
        self._sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        os.close(self._descriptor)

    def index(self, name: str) -> int:
        """Return an interface's index. Raises: OSError (ENODEV)."""
        answer = self._ask(_GET_LINK, _REQUEST, _LINK.pack(0, 0, 0, 0, 0) + attribute(_NAME, _text(name)))
        return int(_LINK.unpack_from(answer)[2])

    def add_veth(self, name: str, peer: str, other: Wiring) -> None:
        """Make a veth pair with `name` here and `peer` in the other namespace, nowhere else in between."""
        there = _LINK.pack(0, 0, 0, 0, 0) + attribute(_NAME, _text(peer))
        there += attribute(_NAMESPACE, struct.pack("=I", other._descriptor))
        info = attribute(_INFO_KIND, b"veth") + attribute(_INFO_DATA, attribute(_VETH_PEER, there))
        body = _LINK.pack(0, 0, 0, 0, 0) + attribute(_NAME, _text(name)) + attribute(_LINK_INFO, info)
        self._change(_NEW_LINK, body, _CREATE | _EXCLUSIVE)

    def set_up(self, index: int, *, master: int | None = None) -> None:
        """Set an interface up, after making it a port of the bridge whose index is `master`."""
        more = b"" if master is None else attribute(_MASTER, struct.pack("=I", master))
        self._change(_NEW_LINK, _LINK.pack(0, 0, index, _UP, _UP) + more)

    def silence_port(self, index: int) -> None:
        """Let a bridge pass no frame from or to one of its ports, from now on. Nothing waits, as deleting it would."""
        state = attribute(_PORT_STATE, b"\0")
        body = _LINK.pack(_AF_BRIDGE, 0, index, 0, 0) + attribute(_PORT_INFO | _NESTED, state)
        self._change(_SET_LINK, body)

    def delete(self, name: str) -> None:
        """Delete an interface. Raises: OSError (ENODEV when there is none)."""
        self._change(_DELETE_LINK, _LINK.pack(0, 0, 0, 0, 0) + attribute(_NAME, _text(name)))

    def add_address(self, index: int, address: IPv4Interface) -> None:
        body = struct.pack("=BBBBi", socket.AF_INET, address.network.prefixlen, 0, 0, index)
        body += attribute(_LOCAL, address.ip.packed) + attribute(_ADDRESS, address.ip.packed)
        body += attribute(_BROADCAST, address.network.broadcast_address.packed)
        self._change(_NEW_ADDRESS, body, _CREATE | _EXCLUSIVE)

    def add_default_route(self, gateway: IPv4Address, index: int) -> None:
        body = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, _MAIN_TABLE, _BOOT, 0, _UNICAST, 0)
        body += attribute(_GATEWAY, gateway.packed) + attribute(_OUTGOING, struct.pack("=i", index))
        self._change(_NEW_ROUTE, body, _CREATE | _EXCLUSIVE)

    def _change(self, kind: int, body: bytes, flags: int = 0) -> None:
        self._ask(kind, _REQUEST | _ACKNOWLEDGE | flags, body)

    def _ask(self, kind: int, flags: int, body: bytes) -> bytes:
        self._sequence += 1
        self._socket.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, self._sequence, 0) + body)
        answer = self._socket.recv(1 << 16)
        _, answer_kind, _, _, _ = _HEADER.unpack_from(answer)
        if answer_kind == _ERROR and (number := -struct.unpack_from("=i", answer, _HEADER.size)[0]):
            raise OSError(number, os.strerror(number))
        return answer[_HEADER.size :]


def _text(name: str) -> bytes:
    return name.encode() + b"\0"
