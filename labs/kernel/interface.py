"""Network interfaces of a namespace: what they are, how they stand, and where their other end is.

Source: rtnetlink(7), ip-link(8), linux/if_link.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Literal

from labs.kernel.netlink import Message, Netlink, attribute, attributes, be16, messages, s32, text, u16, u32

NEW, DELETE, GET = 16, 17, 18
State = Literal["up", "down", "lower_layer_down", "unknown"]

_HEADER = struct.Struct("=BxHiII")
_ATTRIBUTE = struct.Struct("=HH")
_STATS64 = struct.Struct("=8Q")
_EXT_MASK, _SKIP_STATS = 29, 8
_REQUEST: Final = _HEADER.pack(0, 0, 0, 0, 0) + attribute(_EXT_MASK, struct.pack("=I", _SKIP_STATS))
_WANTED: Final = frozenset({1, 3, 4, 5, 10, 16, 18, 20, 37})
_TIMERS: Final = {2: range(16, 20), 5: range(20, 23)}
"""Timers in a bridge's own data (IFLA_INFO_DATA) and in a port's (IFLA_INFO_SLAVE_DATA): they run even without STP."""
_DATA_WANTED: Final = frozenset({1, 2, 4, 5, 7, 11, 15, 16, 17, 36})
_PORT_WANTED: Final = frozenset({1, 4, 8, 9, 33})
_LOOPBACK_FLAG, _UP_FLAG, _RUNNING_FLAG = 0x8, 0x1, 0x40
_FLAGS: Final = (
    (0x8, "LOOPBACK"),
    (0x2, "BROADCAST"),
    (0x10, "POINTOPOINT"),
    (0x1000, "MULTICAST"),
    (0x80, "NOARP"),
    (0x200, "ALLMULTI"),
    (0x100, "PROMISC"),
    (0x400, "MASTER"),
    (0x800, "SLAVE"),
    (0x4, "DEBUG"),
    (0x8000, "DYNAMIC"),
    (0x1, "UP"),
    (0x10000, "LOWER_UP"),
    (0x20000, "DORMANT"),
)
_STATES: Final[dict[int, State]] = {1: "down", 2: "down", 3: "lower_layer_down", 6: "up"}
_MACVLAN_MODES: Final = {1: "private", 2: "vepa", 4: "bridge", 8: "passthru", 16: "source"}
_IPVLAN_MODES: Final = {0: "l2", 1: "l3", 2: "l3s"}
_PORT_STATES: Final = {0: "disabled", 1: "listening", 2: "learning", 3: "forwarding", 4: "blocking"}


@dataclass(frozen=True, slots=True)
class Vxlan:
    """A VXLAN device's settings (RFC 7348). `remote` is its default destination, a group or one peer."""

    vni: int
    port: int
    local: IPv4Address | IPv6Address | None
    remote: IPv4Address | IPv6Address | None
    learning: bool
    proxy: bool


@dataclass(frozen=True, slots=True)
class Bridge:
    stp: bool
    vlan_filtering: bool
    ageing_s: float
    nf_call_iptables: bool


@dataclass(frozen=True, slots=True)
class BridgePort:
    """How a bridge treats one of its ports. `state` is the spanning tree word; only `forwarding` passes frames."""

    state: str
    hairpin: bool
    learning: bool
    flooding: bool
    isolated: bool


@dataclass(frozen=True, slots=True)
class Counters:
    """What passed since the interface was made."""

    rx_packets: int
    tx_packets: int
    rx_bytes: int
    tx_bytes: int
    rx_errors: int
    tx_errors: int
    rx_dropped: int
    tx_dropped: int


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface. `kind` is the kernel's own word (`veth`, `bridge`, …), `loopback`, or empty for hardware.

    `master` is the index of its bridge. `peer` is the index of the veth's other end, or of the interface below a
    macvlan, ipvlan or vxlan; `peer_nsid` numbers the namespace in which that index counts, None meaning this one. The
    number is this namespace's private name for the other: `labs.kernel.peer` finds out whose it is.
    """

    index: int
    name: str
    kind: str
    mac: str | None
    mtu_bytes: int
    state: State
    flags: tuple[str, ...]
    master: int | None = None
    peer: int | None = None
    peer_nsid: int | None = None
    alias: str | None = None
    vxlan: Vxlan | None = None
    bridge: Bridge | None = None
    port: BridgePort | None = None
    macvlan_mode: str | None = None
    ipvlan_mode: str | None = None


def read_raw(netlink: Netlink) -> tuple[bytes, ...]:
    """Return every interface of the socket's namespace as the kernel sends them: for `Memory`, or to compare.

    Raises: as `Netlink.dump_raw`.
    """
    return netlink.dump_raw(GET, _REQUEST)


class Memory:
    """Interfaces as last read, so that only those that changed are parsed anew; the others keep their identity.

    Every link message carries counters, which rarely stand still: they are left out of the comparison.
    """

    def __init__(self) -> None:
        self._last: dict[int, _Known] = {}

    def parse_all(self, datagrams: Iterable[bytes]) -> tuple[Interface, ...]:
        """Turn the kernel's answer into interfaces, ordered by index."""
        last, self._last = self._last, {}
        for _, body in messages(datagrams):
            index = _HEADER.unpack_from(body)[2]
            known = last.get(index)
            self._last[index] = known if known is not None and known.covers(body) else _Known(body)
        return tuple(self._last[index].interface for index in sorted(self._last))


class _Known:
    """One message as last parsed."""

    def __init__(self, body: bytes) -> None:
        self.interface = _parse(body)
        self._body = body
        self._still: tuple[slice, ...] | None = None

    def covers(self, body: bytes) -> bool:
        """Tell whether a newer message differs at most in what moves by itself.

        The still parts' places hold for both messages: whatever could shift them lies in a still part before them.
        """
        if body == self._body:
            return True
        if len(body) != len(self._body):
            return False
        if self._still is None:
            self._still = _still_parts(self._body)
        return all(body[part] == self._body[part] for part in self._still)


def read(netlink: Netlink) -> tuple[Interface, ...]:
    """Return every interface of the socket's namespace, by index. Raises: as `Netlink.dump_raw`."""
    return Memory().parse_all(read_raw(netlink))


def read_counters(netlink: Netlink) -> dict[int, Counters]:
    """Return the counters of every interface by index. Raises: as `Netlink.dump`."""
    found: dict[int, Counters] = {}
    for _, body in netlink.dump(GET, _HEADER.pack(0, 0, 0, 0, 0)):
        stats = attributes(body, 16, (23,)).get(23)
        if stats is not None:
            found[_HEADER.unpack_from(body)[2]] = Counters(*_STATS64.unpack_from(stats))
    return found


def parse(message: Message) -> Interface:
    """Turn an RTM_NEWLINK or RTM_DELLINK message into a value."""
    return _parse(message[1])


def _parse(body: bytes) -> Interface:
    _, _, index, flags, _ = _HEADER.unpack_from(body)
    found = attributes(body, 16, _WANTED)
    info = attributes(found[18]) if 18 in found else {}
    kind = text(info[1]) if 1 in info else "loopback" if flags & _LOOPBACK_FLAG else ""
    data = attributes(info[2], 0, _DATA_WANTED) if 2 in info else {}
    mac = found.get(1)
    nsid = s32(found[37]) if 37 in found else None
    return Interface(
        index=index,
        name=text(found.get(3, b"")),
        kind=kind,
        mac=mac.hex(":") if mac else None,
        mtu_bytes=u32(found.get(4, b"")),
        state=_STATES.get(found[16][0], "unknown") if 16 in found else "unknown",
        flags=flag_names(flags),
        master=u32(found[10]) if 10 in found else None,
        peer=_peer(kind, index, found.get(5), nsid),
        peer_nsid=nsid,
        alias=text(found[20]) if 20 in found else None,
        vxlan=_vxlan(data) if kind == "vxlan" else None,
        bridge=_bridge(data) if kind == "bridge" else None,
        port=_port(attributes(info[5], 0, _PORT_WANTED)) if info.get(4) == b"bridge\0" and 5 in info else None,
        macvlan_mode=_MACVLAN_MODES.get(u32(data[1])) if kind in ("macvlan", "macvtap") and 1 in data else None,
        ipvlan_mode=_IPVLAN_MODES.get(u16(data[1])) if kind == "ipvlan" and 1 in data else None,
    )


@lru_cache(maxsize=256)
def flag_names(flags: int) -> tuple[str, ...]:
    """Return the flags in `ip link`'s words and order, with its derived NO-CARRIER first."""
    names = tuple(name for bit, name in _FLAGS if flags & bit)
    return ("NO-CARRIER", *names) if flags & _UP_FLAG and not flags & _RUNNING_FLAG else names


def _still_parts(body: bytes) -> tuple[slice, ...]:
    """Return the parts of a link message outside its counters and a bridge's running timers."""
    parts: list[slice] = []
    begin = 0
    for start, stop in _moving_parts(body):
        if start > begin:
            parts.append(slice(begin, start))
        begin = stop
    return (*parts, slice(begin, len(body)))


def _moving_parts(body: bytes) -> Iterator[tuple[int, int]]:
    for kind, start, stop in _places(body, 16, len(body)):
        if kind in (7, 23):
            yield start, stop
        elif kind == 18:
            inner = tuple(_places(body, start + 4, stop))
            words = {kind: text(body[start + 4 : stop]) for kind, start, stop in inner}
            for kind, start, stop in inner:
                timers = _TIMERS.get(kind, ()) if words.get(kind - 1) == "bridge" else ()
                yield from ((at, end) for timer, at, end in _places(body, start + 4, stop) if timer in timers)


def _places(body: bytes, offset: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (type, start, end) of each attribute, header and padding included."""
    while offset < end - 3:
        length, kind = _ATTRIBUTE.unpack_from(body, offset)
        if length < 4:
            return
        stop = offset + ((length + 3) & ~3)
        yield kind & 0x3FFF, offset, stop
        offset = stop


def _peer(kind: str, index: int, link: bytes | None, nsid: int | None) -> int | None:
    """Return the index of the other end.

    When both ends have the same index in two namespaces, kernels before 5.1 leave IFLA_LINK out, as they do for an
    interface without another end; IFLA_LINK_NETNSID still says that there is one. (Source: `nla_put_iflink` in
    net/core/rtnetlink.c; ghostwire met it too.)
    """
    if link is not None:
        return u32(link) or None
    if kind in ("veth", "macvlan", "ipvlan", "macvtap") and nsid is not None:
        return index
    return None


def _vxlan(data: dict[int, bytes]) -> Vxlan:
    local = IPv4Address(data[4]) if 4 in data else IPv6Address(data[17]) if 17 in data else None
    remote = IPv4Address(data[2]) if 2 in data else IPv6Address(data[16]) if 16 in data else None
    return Vxlan(
        vni=u32(data.get(1, b"")),
        port=be16(data.get(15, b"")),
        local=local,
        remote=remote,
        learning=data.get(7, b"\0")[0] != 0,
        proxy=data.get(11, b"\0")[0] != 0,
    )


def _bridge(data: dict[int, bytes]) -> Bridge:
    return Bridge(
        stp=u32(data.get(5, b"")) != 0,
        vlan_filtering=data.get(7, b"\0")[0] != 0,
        ageing_s=u32(data.get(4, b"")) / 100,
        nf_call_iptables=data.get(36, b"\0")[0] != 0,
    )


def _port(data: dict[int, bytes]) -> BridgePort:
    return BridgePort(
        state=_PORT_STATES.get(data.get(1, b"\xff")[0], "unknown"),
        hairpin=data.get(4, b"\0")[0] != 0,
        learning=data.get(8, b"\1")[0] != 0,
        flooding=data.get(9, b"\1")[0] != 0,
        isolated=data.get(33, b"\0")[0] != 0,
    )
