"""`lab.yml`: title, lab hosts, limits. What Compose has no words for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from labs.specs.lab import LabHost, Limits
from labs.specs.node import ListNode, MapNode, Node
from labs.specs.problem import Code, Place, Report
from labs.specs.ranges import is_unusable
from labs.specs.section import Section, Vocabulary, named_sections, reads, refuses
from labs.specs.value import (
    Located,
    Reader,
    Subnetwork,
    boolean,
    choice,
    integer,
    ipv4_address,
    number,
    size,
    subnet,
    text,
    wrong_type,
)

FILE: Final = "lab.yml"
LEVELS: Final = ("beginner", "intermediate", "advanced")
MAX_HOSTS: Final = 8
DEFAULT_HOST: Final = "alpha"
DEFAULT_UNDERLAY: Final = IPv4Network("10.77.0.0/24")
RESERVED_HOST_NAMES: Final = frozenset({"underlay", "underlay0", "localhost", "lo", "all", "default", "host"})
"""The underlay's own names, names every machine has, and the two that stand for all interfaces under /proc/sys/net."""

LIMIT_BOUNDS: Final = {"memory": (128 << 20, 8 << 30), "disk": (64 << 20, 8 << 30)}
PIDS_BOUNDS: Final = (128, 8192)
CPU_BOUNDS: Final = (0.1, 16.0)
MINUTES_BOUNDS: Final = (5, 1440)

LAB_KEYS: Final = Vocabulary.of(
    "lab.yml",
    reads("title", "what the catalogue calls the lab; required."),
    reads("summary", "one sentence for the catalogue."),
    reads("level", f"`{'`, `'.join(LEVELS)}`."),
    reads("minutes", f"how long a session lasts unless extended, {MINUTES_BOUNDS[0]} to {MINUTES_BOUNDS[1]}; 60."),
    reads(
        "hosts", f"the lab hosts, 1 to {MAX_HOSTS}: a list of names, or a mapping of names; one host `{DEFAULT_HOST}`."
    ),
    reads("underlay", f"the subnet that joins the lab hosts; `{DEFAULT_UNDERLAY}`."),
    reads("internet", "whether lab hosts may reach the internet; `false`."),
    reads("limits", "what each lab host may use."),
    refuses("cluster", "Kubernetes clusters are not offered yet, and the lab would be another without one"),
)
HOST_KEYS: Final = Vocabulary.of(
    "a host",
    reads("address", "its address on the underlay; counted from .11 when left out."),
)
LIMIT_KEYS: Final = Vocabulary.of(
    "limits",
    reads("memory", "memory of one lab host, 128m to 8g; `1g`."),
    reads("disk", "space for images and containers of one lab host, 64m to 8g; `512m`."),
    reads("pids", f"processes on one lab host, {PIDS_BOUNDS[0]} to {PIDS_BOUNDS[1]}; 1024."),
    reads("cpus", f"processors of one lab host, {CPU_BOUNDS[0]:g} to {CPU_BOUNDS[1]:g}; 1."),
)

_HOST_NAME: Final = re.compile(r"[a-z](?:[a-z0-9-]{0,13}[a-z0-9])?")


@dataclass(frozen=True)
class LabFile:
    """`lab.yml`, read. `hosts` holds the valid ones, in order."""

    title: str
    summary: str
    level: str
    minutes: int
    hosts: tuple[Located[LabHost], ...]
    underlay: Located[IPv4Network]
    internet: bool
    limits: Limits

    @property
    def host_names(self) -> tuple[str, ...]:
        return tuple(host.value.name for host in self.hosts)


def read_lab_file(root: Node, report: Report) -> LabFile:
    section = Section.open(root, LAB_KEYS, report)
    title = section.read("title", _line(120))
    if section.lacks("title"):
        report.error(section.place, Code.MISSING_KEY, "A lab needs a title.", remedy="Add 'title: …'.")
    underlay = section.locate("underlay", _underlay) or Located(DEFAULT_UNDERLAY, section.where("underlay"))
    internet = section.read("internet", boolean)
    return LabFile(
        title=title or "",
        summary=section.read("summary", _line(400)) or "",
        level=section.read("level", choice(*LEVELS)) or LEVELS[0],
        minutes=section.read("minutes", integer(*MINUTES_BOUNDS)) or 60,
        hosts=_hosts(section, underlay.value, report),
        underlay=underlay,
        internet=bool(internet),
        limits=section.read("limits", _limits) or Limits(),
    )


def gateway(underlay: IPv4Network) -> IPv4Address:
    """Return the underlay bridge's own address: the first host address."""
    return underlay.network_address + 1


@dataclass(frozen=True, slots=True)
class _Named:
    name: Located[str]
    address: Located[IPv4Address] | None


def _hosts(section: Section, underlay: IPv4Network, report: Report) -> tuple[Located[LabHost], ...]:
    node = section.node("hosts")
    named = [_Named(Located(DEFAULT_HOST, section.place), None)] if node is None else _named_hosts(node, report)
    if node is not None and not named and not report.failed:
        report.error(node.place, Code.LIMIT, "A lab needs at least one host.", remedy="Name one, like 'alpha'.")
    if len(named) > MAX_HOSTS:
        report.error(
            named[MAX_HOSTS].name.place,
            Code.LIMIT,
            f"A lab has at most {MAX_HOSTS} hosts; this one has {len(named)}.",
            remedy="Delete the ones from here on.",
        )
    return _addressed(named[:MAX_HOSTS], underlay, report)


def _named_hosts(node: Node, report: Report) -> list[_Named]:
    found: dict[str, _Named] = {}
    if isinstance(node, ListNode):
        entries: list[tuple[Place, str | None, Located[IPv4Address] | None]] = [
            (item.place, text(item, report), None) for item in node
        ]
    elif isinstance(node, MapNode):
        entries = [
            (key.place, key.text, Section.open(value, HOST_KEYS, report).locate("address", ipv4_address))
            for key, value in named_sections(node, report, "hosts")
        ]
    else:
        wrong_type(node, report, "a list of host names, or a mapping of them", "Write 'hosts: [alpha, beta]'.")
        return []
    for place, name, host_address in entries:
        if name is None or not _is_host_name(name, place, report):
            continue
        if name in found:
            report.error(place, Code.REPEATED, f"The host '{name}' is named twice.", remedy="Give each its own name.")
            continue
        found[name] = _Named(Located(name, place), host_address)
    return list(found.values())


def _is_host_name(name: str, place: Place, report: Report) -> bool:
    if not _HOST_NAME.fullmatch(name):
        report.error(
            place,
            Code.BAD_NAME,
            f"'{name}' cannot name a lab host.",
            found=name,
            remedy="Use 1 to 15 lower-case letters, digits and hyphens, beginning with a letter, like 'alpha'.",
        )
        return False
    if name in RESERVED_HOST_NAMES:
        report.error(
            place,
            Code.BAD_NAME,
            f"The name '{name}' is reserved.",
            found=name,
            remedy="Choose another, like 'alpha', 'beta' or 'gamma'.",
        )
        return False
    return True


def _addressed(named: list[_Named], underlay: IPv4Network, report: Report) -> tuple[Located[LabHost], ...]:
    """Give every host its address: the one written, or the next free one from .11 (.2 in a small subnet)."""
    taken: dict[IPv4Address, str] = {}
    for host in named:
        if host.address is not None and _is_free(host.address, host.name.value, underlay, taken, report):
            taken[host.address.value] = host.name.value
    first = 11 if underlay.num_addresses >= 64 else 2
    free = (
        candidate
        for offset in range(first, underlay.num_addresses - 1)
        if (candidate := underlay.network_address + offset) not in taken
    )
    hosts = []
    for host in named:
        own = host.address.value if host.address is not None else next(free, None)
        if own is not None:
            hosts.append(Located(LabHost(host.name.value, own), host.name.place))
    return tuple(hosts)


def _is_free(
    written: Located[IPv4Address], host: str, underlay: IPv4Network, taken: dict[IPv4Address, str], report: Report
) -> bool:
    own = written.value
    if own not in underlay:
        report.error(
            written.place,
            Code.ADDRESS_OUTSIDE,
            f"{own} is outside the underlay {underlay}.",
            found=own,
            allowed=(str(underlay),),
            remedy=f"Choose an address from {underlay.network_address + 2} on, or change 'underlay'.",
        )
    elif own in (underlay.network_address, underlay.broadcast_address, gateway(underlay)):
        report.error(
            written.place,
            Code.ADDRESS_RESERVED,
            f"{own} is the underlay's network, broadcast or gateway address.",
            found=own,
            remedy=f"Choose an address from {underlay.network_address + 2} to {underlay.broadcast_address - 1}.",
        )
    elif own in taken:
        report.error(
            written.place,
            Code.ADDRESS_TAKEN,
            f"{own} is already the address of host '{taken[own]}'.",
            found=own,
            remedy=f"Give '{host}' another one.",
        )
    else:
        return True
    return False


def _underlay(node: Node, report: Report) -> IPv4Network | None:
    found: Subnetwork | None = subnet(node, report)
    if found is None:
        return None
    if not isinstance(found, IPv4Network) or not 16 <= found.prefixlen <= 28 or is_unusable(found):
        report.error(
            node.place,
            Code.BAD_VALUE,
            f"{found} cannot be the underlay.",
            found=found,
            allowed=("a private IPv4 subnet from /16 to /28",),
            remedy=f"Write one like {DEFAULT_UNDERLAY}.",
        )
        return None
    return found


def _limits(node: Node, report: Report) -> Limits:
    section = Section.open(node, LIMIT_KEYS, report)
    default = Limits()
    return Limits(
        memory_bytes=section.read("memory", _bounded_size("memory")) or default.memory_bytes,
        disk_bytes=section.read("disk", _bounded_size("disk")) or default.disk_bytes,
        pids=section.read("pids", integer(*PIDS_BOUNDS)) or default.pids,
        cpus=section.read("cpus", number(*CPU_BOUNDS)) or default.cpus,
    )


def _bounded_size(limit: str) -> Reader[int]:
    """Return a reader of an amount of bytes within the product's bounds for that limit."""
    minimum, maximum = LIMIT_BOUNDS[limit]

    def read(node: Node, report: Report) -> int | None:
        found = size(node, report)
        if found is None or minimum <= found <= maximum:
            return found
        report.error(
            node.place,
            Code.LIMIT,
            f"{found:,} bytes is not between {minimum >> 20}m and {maximum >> 30}g.",
            allowed=(f"{minimum >> 20}m to {maximum >> 30}g",),
        )
        return None

    return read


def _line(length: int) -> Reader[str]:
    """Return a reader of one line of text of a bounded length; line breaks and runs of spaces become one space."""

    def read(node: Node, report: Report) -> str | None:
        found = text(node, report)
        if found is None:
            return None
        found = " ".join(found.split())
        if not found or len(found) > length:
            report.error(
                node.place,
                Code.LIMIT,
                f"Expected 1 to {length} characters, found {len(found)}.",
                remedy="Say it in one line." if found else "Write a few words.",
            )
            return None
        return found

    return read
