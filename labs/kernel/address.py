"""Addresses on interfaces, IPv4 and IPv6.

Source: rtnetlink(7), ip-address(8), linux/if_addr.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from socket import AF_INET
from typing import Final

from labs.kernel.netlink import Message, Netlink, attributes, messages, text, u32

NEW, DELETE, GET = 20, 21, 22

_HEADER = struct.Struct("=BBBBI")
_SCOPES: Final = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
_FLAGS: Final = (
    (0x01, "secondary"),
    (0x08, "dadfailed"),
    (0x20, "deprecated"),
    (0x40, "tentative"),
    (0x80, "permanent"),
    (0x200, "noprefixroute"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the interface numbered `interface`. `peer` is set on point-to-point addresses only."""

    interface: int
    address: IPv4Interface | IPv6Interface
    scope: str
    flags: tuple[str, ...]
    label: str | None = None
    peer: IPv4Address | IPv6Address | None = None


def read_raw(netlink: Netlink) -> tuple[bytes, ...]:
    """Return every address of the socket's namespace as the kernel sends them. Raises: as `Netlink.dump_raw`."""
    return netlink.dump_raw(GET, _HEADER.pack(0, 0, 0, 0, 0))


def parse_all(datagrams: Iterable[bytes]) -> tuple[Address, ...]:
    """Turn the kernel's answer into addresses: by interface, IPv4 first, else in the kernel's order.

    That puts primary addresses before secondary ones.
    """
    return tuple(sorted(map(parse, messages(datagrams)), key=_order))


def read(netlink: Netlink) -> tuple[Address, ...]:
    """Return every address of the socket's namespace, ordered as by `parse_all`. Raises: as `Netlink.dump_raw`."""
    return parse_all(read_raw(netlink))


def parse(message: Message) -> Address:
    """Turn an RTM_NEWADDR or RTM_DELADDR message into a value."""
    return _parse(message[1])


@lru_cache(maxsize=8192)
def _parse(body: bytes) -> Address:
    # Cached by content, as interfaces are.
    family, prefix, flags, scope, index = _HEADER.unpack_from(body)
    found = attributes(body, 8)
    # ifa_flags has eight bits; IFA_FLAGS repeats them with those that came later.
    flags = u32(found[8]) if 8 in found else flags
    own = found.get(2) or found[1]  # IPv6 sends only IFA_ADDRESS unless a peer is set
    other = found.get(1, own)
    return Address(
        interface=index,
        address=_interface(family, own, prefix),
        scope=_SCOPES.get(scope, str(scope)),
        flags=_flag_names(flags),
        label=text(found[3]) if 3 in found else None,
        peer=None if other == own else _interface(family, other, prefix).ip,
    )


def _order(address: Address) -> tuple[int, int]:
    return address.interface, address.address.version


@lru_cache(maxsize=256)
def _flag_names(flags: int) -> tuple[str, ...]:
    return tuple(name for bit, name in _FLAGS if flags & bit)


@lru_cache(maxsize=4096)
def _interface(family: int, packed: bytes, prefix: int) -> IPv4Interface | IPv6Interface:
    # Cached: building one costs more than parsing the message around it, and namespaces repeat theirs.
    return IPv4Interface((packed, prefix)) if family == AF_INET else IPv6Interface((packed, prefix))
