"""Policy routing rules: which routing table is asked, for which packets, in which order.

Source: ip-rule(8), linux/fib_rules.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from socket import AF_INET, AF_INET6
from typing import Final

from labs.kernel.netlink import Message, Netlink, attributes, text, u16, u32
from labs.kernel.route import TABLES

NEW, DELETE, GET = 32, 33, 34

_HEADER = struct.Struct("=BBBBBBBBI")
_ACTIONS: Final = {1: "lookup", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_INVERT: Final = 0x2
_PROTOCOLS: Final = {1: "icmp", 6: "tcp", 17: "udp", 58: "ipv6-icmp"}


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule. `source` and `destination` None match everything; port ranges are inclusive.

    `table` counts for `lookup`, `goto` (a rule's priority) for `goto`. `suppress_prefix_length` n refuses a result
    whose prefix is n bits or shorter.
    """

    family: int
    priority: int
    action: str
    table: str | None
    inverted: bool = False
    source: IPv4Network | IPv6Network | None = None
    destination: IPv4Network | IPv6Network | None = None
    input_interface: str | None = None
    output_interface: str | None = None
    mark: int | None = None
    mark_mask: int | None = None
    goto: int | None = None
    protocol: str | None = None
    source_ports: tuple[int, int] | None = None
    destination_ports: tuple[int, int] | None = None
    uids: tuple[int, int] | None = None
    suppress_prefix_length: int | None = None


def read(netlink: Netlink) -> tuple[PolicyRule, ...]:
    """Return the rules of IPv4, then IPv6, each in the order the kernel tries them. Raises: as `Netlink.dump`."""
    return tuple(
        rule
        for family in (AF_INET, AF_INET6)
        for message in netlink.dump(GET, _HEADER.pack(family, 0, 0, 0, 0, 0, 0, 0, 0))
        if (rule := parse(message)) is not None
    )


def parse(message: Message) -> PolicyRule | None:
    """Turn an RTM_NEWRULE or RTM_DELRULE message into a value; None for other families (multicast routing)."""
    return _parse(message[1])


@lru_cache(maxsize=1024)
def _parse(body: bytes) -> PolicyRule | None:
    # Cached by content: every namespace begins with the same five rules.
    family, destination_length, source_length, _, table, _, _, action, flags = _HEADER.unpack_from(body)
    if family not in (AF_INET, AF_INET6):
        return None
    found = attributes(body, 12)
    table = u32(found[15]) if 15 in found else table
    protocol = found[22][0] if 22 in found else None
    # FRA_SUPPRESS_PREFIXLEN is sent as -1 when unused.
    suppress = u32(found[14]) if 14 in found and found[14] != b"\xff" * 4 else None
    return PolicyRule(
        family=4 if family == AF_INET else 6,
        priority=u32(found.get(6, b"")),
        action=_ACTIONS.get(action, str(action)),
        table=TABLES.get(table, str(table)) if action == 1 else None,
        inverted=bool(flags & _INVERT),
        source=_network(family, found.get(2), source_length),
        destination=_network(family, found.get(1), destination_length),
        input_interface=text(found[3]) if 3 in found else None,
        output_interface=text(found[17]) if 17 in found else None,
        mark=u32(found[10]) if 10 in found else None,
        mark_mask=u32(found[16]) if 16 in found else None,
        goto=u32(found[4]) if 4 in found else None,
        protocol=None if protocol is None else _PROTOCOLS.get(protocol, str(protocol)),
        source_ports=_ports(found.get(23)),
        destination_ports=_ports(found.get(24)),
        uids=(u32(found[20]), u32(found[20][4:])) if 20 in found else None,
        suppress_prefix_length=suppress,
    )


def describe(rule: PolicyRule) -> str:
    """Return the rule in `ip rule`'s words, without its priority."""
    words = ["not"] if rule.inverted else []
    words += ["from", "all" if rule.source is None else _shown(rule.source)]
    if rule.destination is not None:
        words += ["to", _shown(rule.destination)]
    if rule.mark is not None and (rule.mark or rule.mark_mask):
        mask = "" if rule.mark_mask in (None, 0xFFFFFFFF) else f"/{rule.mark_mask:#x}"
        words += ["fwmark", f"{rule.mark:#x}{mask}"]
    if rule.input_interface is not None:
        words += ["iif", rule.input_interface]
    if rule.output_interface is not None:
        words += ["oif", rule.output_interface]
    if rule.uids is not None:
        words += ["uidrange", f"{rule.uids[0]}-{rule.uids[1]}"]
    if rule.protocol is not None:
        words += ["ipproto", rule.protocol]
    for name, ports in (("sport", rule.source_ports), ("dport", rule.destination_ports)):
        if ports is not None:
            words += [name, str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"]
    words.append(rule.action)
    if rule.table is not None:
        words.append(rule.table)
    if rule.action == "goto" and rule.goto is not None:
        words.append(str(rule.goto))
    if rule.suppress_prefix_length is not None:
        words += ["suppress_prefixlength", str(rule.suppress_prefix_length)]
    return " ".join(words)


def _network(family: int, packed: bytes | None, length: int) -> IPv4Network | IPv6Network | None:
    if packed is None:
        return None
    return IPv4Network((packed, length)) if family == AF_INET else IPv6Network((packed, length))


def _ports(packed: bytes | None) -> tuple[int, int] | None:
    return None if packed is None else (u16(packed), u16(packed[2:]))


def _shown(network: IPv4Network | IPv6Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
