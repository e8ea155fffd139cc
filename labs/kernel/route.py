"""Routes of every table, IPv4 and IPv6, with multipath and the types that drop.

Source: rtnetlink(7), ip-route(8), linux/rtnetlink.h.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import AF_INET, AF_INET6
from typing import Final

from labs.kernel.netlink import Message, Netlink, attributes, u16, u32

NEW, DELETE, GET = 24, 25, 26

_HEADER = struct.Struct("=BBBBBBBBI")
_NEXT_HOP = struct.Struct("=HBBi")
_CLONED: Final = 0x200
TABLES: Final = {253: "default", 254: "main", 255: "local"}
TYPES: Final = {
    0: "unspec",
    1: "unicast",
    2: "local",
    3: "broadcast",
    4: "anycast",
    5: "multicast",
    6: "blackhole",
    7: "unreachable",
    8: "prohibit",
    9: "throw",
    10: "nat",
}
_PROTOCOLS: Final = {
    0: "unspec",
    1: "redirect",
    2: "kernel",
    3: "boot",
    4: "static",
    8: "gated",
    9: "ra",
    10: "mrt",
    11: "zebra",
    12: "bird",
    13: "dnrouted",
    14: "xorp",
    15: "ntk",
    16: "dhcp",
    18: "keepalived",
    42: "babel",
    186: "bgp",
    187: "isis",
    188: "ospf",
    189: "rip",
    192: "eigrp",
}
_SCOPES: Final = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
_HOP_FLAGS: Final = ((0x1, "dead"), (0x2, "pervasive"), (0x4, "onlink"), (0x10, "linkdown"))


@dataclass(frozen=True, slots=True)
class NextHop:
    """One way onwards: a gateway, an interface by index, or both. A gateway may be of the other family (RFC 5549)."""

    gateway: IPv4Address | IPv6Address | None
    interface: int | None
    weight: int = 1
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `hops` is empty for types that drop; several mean multipath. `metric` None means the highest rank.

    `nexthop_id` names a kernel next-hop object if the route uses one; its hops are then listed all the same.
    """

    family: int
    table: str
    destination: IPv4Network | IPv6Network
    type: str
    protocol: str
    scope: str
    hops: tuple[NextHop, ...]
    source: IPv4Address | IPv6Address | None = None
    from_prefix: IPv6Network | None = None
    metric: int | None = None
    mtu_bytes: int | None = None
    nexthop_id: int | None = None

    @property
    def is_default(self) -> bool:
        return self.destination.prefixlen == 0


def read(netlink: Netlink) -> tuple[Route, ...]:
    """Return every route of every table: IPv4 then IPv6, in the kernel's order. Raises: as `Netlink.dump`."""
    found: list[Route] = []
    for family in (AF_INET, AF_INET6):
        for message in netlink.dump(GET, _HEADER.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)):
            route = parse(message)
            if route is not None:
                found.append(route)
    return tuple(found)


def parse(message: Message) -> Route | None:
    """Turn an RTM_NEWROUTE or RTM_DELROUTE message into a value; None for cached and multicast-routing entries."""
    body = message[1]
    family, length, source_length, _, table, protocol, scope, kind, flags = _HEADER.unpack_from(body)
    if family not in (AF_INET, AF_INET6) or flags & _CLONED:
        return None
    found = attributes(body, 12)
    metrics = attributes(found[8]) if 8 in found else {}
    table = u32(found[15]) if 15 in found else table
    source = ip_network((found[2], source_length)) if 2 in found and source_length else None
    return Route(
        family=4 if family == AF_INET else 6,
        table=TABLES.get(table, str(table)),
        destination=_network(family, found.get(1), length),
        type=TYPES.get(kind, str(kind)),
        protocol=_PROTOCOLS.get(protocol, str(protocol)),
        scope=_SCOPES.get(scope, str(scope)),
        hops=_hops(found, flags),
        source=ip_address(found[7]) if 7 in found else None,
        from_prefix=source if isinstance(source, IPv6Network) else None,
        metric=u32(found[6]) if 6 in found else None,
        mtu_bytes=u32(metrics[2]) if 2 in metrics else None,
        nexthop_id=u32(found[30]) if 30 in found else None,
    )


def describe(route: Route, names: Mapping[int, str]) -> str:
    """Return the route in `ip route`'s words; `names` maps interface indexes, a missing one is written `if7`."""
    words = [] if route.type == "unicast" else [route.type]
    words.append("default" if route.is_default else _shown(route.destination))
    if route.from_prefix is not None:
        words += ["from", str(route.from_prefix)]
    if len(route.hops) == 1:
        words += _hop_words(route.hops[0], route.family, names)
    if route.table != "main":
        words += ["table", route.table]
    words += ["proto", route.protocol]
    if route.scope != "global":
        words += ["scope", route.scope]
    if route.source is not None:
        words += ["src", str(route.source)]
    if route.metric is not None:
        words += ["metric", str(route.metric)]
    if len(route.hops) == 1:
        words += route.hops[0].flags
    if route.mtu_bytes is not None:
        words += ["mtu", str(route.mtu_bytes)]
    if len(route.hops) > 1:
        for hop in route.hops:
            words += ["nexthop", *_hop_words(hop, route.family, names), "weight", str(hop.weight), *hop.flags]
    return " ".join(words)


@lru_cache(maxsize=4096)
def _network(family: int, packed: bytes | None, length: int) -> IPv4Network | IPv6Network:
    if family == AF_INET:
        return IPv4Network((packed or bytes(4), length), strict=False)
    return IPv6Network((packed or bytes(16), length), strict=False)


def _hops(found: dict[int, bytes], flags: int) -> tuple[NextHop, ...]:
    if 9 in found:
        return tuple(_multipath(found[9]))
    gateway, interface = _gateway(found), u32(found[4]) if 4 in found else None
    if gateway is None and interface is None:
        return ()
    return (NextHop(gateway, interface, flags=_flag_names(flags)),)


def _multipath(packed: bytes) -> list[NextHop]:
    hops: list[NextHop] = []
    offset = 0
    while offset < len(packed) - 7:
        length, flags, weight, interface = _NEXT_HOP.unpack_from(packed, offset)
        if length < 8:
            break
        found = attributes(packed[offset + 8 : offset + length])
        hops.append(NextHop(_gateway(found), interface or None, weight + 1, _flag_names(flags)))
        offset += (length + 3) & ~3
    return hops


def _gateway(found: dict[int, bytes]) -> IPv4Address | IPv6Address | None:
    if 5 in found:
        return ip_address(found[5])
    if 18 in found:  # RTA_VIA: a 16-bit family, then an address of that family
        return IPv6Address(found[18][2:18]) if u16(found[18]) == AF_INET6 else IPv4Address(found[18][2:6])
    return None


def _flag_names(flags: int) -> tuple[str, ...]:
    return tuple(name for bit, name in _HOP_FLAGS if flags & bit)


def _hop_words(hop: NextHop, family: int, names: Mapping[int, str]) -> list[str]:
    words: list[str] = []
    if hop.gateway is not None:
        foreign = ["inet6"] if family == 4 and hop.gateway.version == 6 else []
        words += ["via", *foreign, str(hop.gateway)]
    if hop.interface is not None:
        words += ["dev", names.get(hop.interface, f"if{hop.interface}")]
    return words


def _shown(destination: IPv4Network | IPv6Network) -> str:
    whole = destination.prefixlen == destination.max_prefixlen
    return str(destination.network_address) if whole else str(destination)
