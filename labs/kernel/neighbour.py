"""Neighbours (ARP and neighbour discovery), and the forwarding databases of bridges and VXLAN devices.

Both travel in the same messages; the family tells them apart.
Source: arp(7), ip-neighbour(8), bridge(8), linux/neighbour.h.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import AF_INET, AF_INET6
from typing import Final

from labs.kernel.netlink import Message, Netlink, attributes, be16, u16, u32

NEW, DELETE, GET = 28, 29, 30
AF_BRIDGE: Final = 7

_HEADER = struct.Struct("=BxxxiHBB")
_STATES: Final = {
    0x00: "none",
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    0x40: "noarp",
    0x80: "permanent",
}
_NEIGHBOUR_FLAGS: Final = ((0x80, "router"), (0x08, "proxy"), (0x10, "extern_learn"))
_FDB_FLAGS: Final = (
    (0x02, "self"),
    (0x80, "router"),
    (0x10, "extern_learn"),
    (0x20, "offload"),
    (0x04, "master"),
    (0x40, "sticky"),
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One entry of the neighbour table. `mac` is None while it is being asked for and after it failed."""

    interface: int
    address: IPv4Address | IPv6Address
    mac: str | None
    state: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FdbEntry:
    """Where a bridge or VXLAN device sends frames for `mac`.

    `destination` is the remote end of a tunnel (`vni` and `port` if they differ from the device's). `master` is the
    bridge's index for entries of its ports. `state` is `permanent`, `static` or `reachable` (learned).
    """

    interface: int
    mac: str
    state: str
    flags: tuple[str, ...]
    destination: IPv4Address | IPv6Address | None = None
    master: int | None = None
    vni: int | None = None
    port: int | None = None
    vlan: int | None = None


def read(netlink: Netlink) -> tuple[Neighbour, ...]:
    """Return neighbours of both families, without the entries (multicast, loopback) that need no asking.

    Raises: as `Netlink.dump`.
    """
    found = (parse(message) for message in netlink.dump(GET, _HEADER.pack(0, 0, 0, 0, 0)))
    return tuple(entry for entry in found if entry is not None)


def read_fdb(netlink: Netlink) -> tuple[FdbEntry, ...]:
    """Return the forwarding entries of every bridge port and VXLAN device. Raises: as `Netlink.dump`."""
    found = (parse_fdb(message) for message in netlink.dump(GET, _HEADER.pack(AF_BRIDGE, 0, 0, 0, 0)))
    return tuple(entry for entry in found if entry is not None)


def is_fdb(message: Message) -> bool:
    """Tell whether a neighbour message is about a forwarding database."""
    return message[1][0] == AF_BRIDGE


def parse(message: Message) -> Neighbour | None:
    """Turn an RTM_NEWNEIGH or RTM_DELNEIGH message into a value; None if it is no entry that had to be asked for."""
    body = message[1]
    family, index, state, flags, _ = _HEADER.unpack_from(body)
    if family not in (AF_INET, AF_INET6) or state == 0x40:
        return None
    found = attributes(body, 12)
    if 1 not in found:
        return None
    mac = found.get(2)
    return Neighbour(
        interface=index,
        address=ip_address(found[1]),
        mac=mac.hex(":") if mac else None,
        state=_STATES.get(state, str(state)),
        flags=tuple(name for bit, name in _NEIGHBOUR_FLAGS if flags & bit),
    )


def parse_fdb(message: Message) -> FdbEntry | None:
    """Turn a PF_BRIDGE neighbour message into a value; None if it names no MAC."""
    body = message[1]
    family, index, state, flags, _ = _HEADER.unpack_from(body)
    found = attributes(body, 12)
    if family != AF_BRIDGE or 2 not in found:
        return None
    return FdbEntry(
        interface=index,
        mac=found[2].hex(":"),
        state="permanent" if state & 0x80 else "static" if state & 0x40 else _STATES.get(state, "reachable"),
        flags=tuple(name for bit, name in _FDB_FLAGS if flags & bit),
        destination=ip_address(found[1]) if 1 in found else None,
        master=u32(found[9]) if 9 in found else None,
        vni=u32(found[7]) if 7 in found else None,
        port=be16(found[6]) if 6 in found else None,
        vlan=u16(found[5]) if 5 in found else None,
    )


def describe(entry: Neighbour, names: Mapping[int, str]) -> str:
    """Return a neighbour in `ip neigh`'s words."""
    words = [str(entry.address), "dev", names.get(entry.interface, f"if{entry.interface}")]
    if entry.mac is not None:
        words += ["lladdr", entry.mac]
    return " ".join([*words, *entry.flags, entry.state.upper()])


def describe_fdb(entry: FdbEntry, names: Mapping[int, str]) -> str:
    """Return a forwarding entry in `bridge fdb`'s words."""
    words = [entry.mac, "dev", names.get(entry.interface, f"if{entry.interface}")]
    if entry.destination is not None:
        words += ["dst", str(entry.destination)]
    if entry.vlan is not None:
        words += ["vlan", str(entry.vlan)]
    if entry.port is not None:
        words += ["port", str(entry.port)]
    if entry.vni is not None:
        words += ["vni", str(entry.vni)]
    words += [flag for flag in entry.flags if flag != "master"]
    if entry.master is not None:
        words += ["master", names.get(entry.master, f"if{entry.master}")]
    return " ".join(words + ([] if entry.state == "reachable" else [entry.state]))
