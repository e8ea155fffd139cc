"""A service's `networks`: which it joins, in which order, under which names and addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from labs.specs.node import ListNode, MapNode, Node
from labs.specs.problem import Code, Place, Report
from labs.specs.section import Section, named_sections
from labs.specs.service_keys import NETWORK_USE_KEYS
from labs.specs.value import (
    Located,
    integer,
    ipv4_address,
    ipv6_address,
    list_of,
    mac_address,
    matching,
    text,
    wrong_type,
)

_ALIAS: Final = re.compile(r"[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,251}[a-zA-Z0-9_])?")


@dataclass(frozen=True, slots=True)
class NetworkUse:
    """One network that a service joins; `place` is where it is named."""

    network: str
    place: Place
    aliases: tuple[Located[str], ...] = ()
    ipv4_address: Located[IPv4Address] | None = None
    ipv6_address: Located[IPv6Address] | None = None
    mac_address: Located[str] | None = None
    priority: int = 0


def network_uses(node: Node, report: Report) -> tuple[NetworkUse, ...] | None:
    """Read the list or the mapping; the result is in the order of joining (priority, then as written)."""
    if isinstance(node, MapNode):
        uses = [
            _use(key.text, key.place, Section.open(value, NETWORK_USE_KEYS, report))
            for key, value in named_sections(node, report, "networks")
        ]
        return tuple(sorted(uses, key=lambda use: -use.priority))
    if not isinstance(node, ListNode):
        wrong_type(node, report, "a list or mapping of networks", "Write 'networks: [front, back]'.")
        return None
    found: dict[str, NetworkUse] = {}
    for item in node:
        name = text(item, report)
        if name is None:
            continue
        if name in found:
            report.error(item.place, Code.REPEATED, f"The network '{name}' is named twice.", remedy="Keep one of them.")
        found.setdefault(name, NetworkUse(name, item.place))
    return tuple(found.values())


def _use(name: str, place: Place, section: Section) -> NetworkUse:
    return NetworkUse(
        network=name,
        place=place,
        aliases=section.read(
            "aliases", list_of(matching(_ALIAS, "an alias", "letters, digits, '-', '_', '.'"), "names")
        )
        or (),
        ipv4_address=section.locate("ipv4_address", ipv4_address),
        ipv6_address=section.locate("ipv6_address", ipv6_address),
        mac_address=section.locate("mac_address", mac_address),
        priority=section.read("priority", integer(-1000, 1000)) or 0,
    )
