"""What a probe asks and what it finds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

Address = IPv4Address | IPv6Address


class Protocol(StrEnum):
    """How a probe asks."""

    ICMP = "icmp"
    TCP = "tcp"
    UDP = "udp"
    DNS = "dns"
    HTTP = "http"


DEFAULT_PORTS: Mapping[Protocol, int] = {Protocol.DNS: 53, Protocol.HTTP: 80}
"""Protocols that need a port but have one by custom."""


class Verdict(StrEnum):
    """How it ended. Exactly one holds."""

    REACHABLE = "reachable"
    """The target answered in the protocol asked."""
    REFUSED = "refused"
    """The target said that nothing listens there: TCP reset, or ICMP port unreachable to UDP from the target itself."""
    REJECTED = "rejected"
    """Something on the way said no: an ICMP error, kept in the evidence, or the source's own firewall."""
    NO_ROUTE = "no_route"
    """The source's routing has no way to that address; nothing was sent."""
    NO_REPLY = "no_reply"
    """Silence until the deadline."""
    NAME_NOT_FOUND = "name_not_found"
    """The source's own resolver gave no address for the name."""
    NOT_MEASURED = "not_measured"
    """The probe itself could not run. Says nothing about the network."""


@dataclass(frozen=True)
class Source:
    """Where a probe starts.

    `namespace` is a descriptor of a network namespace or a trusted path to one, such as `/proc/<pid>/ns/net`. `root` is
    the file tree whose hosts and resolv.conf apply, such as `/proc/<pid>/root`; None for a namespace without process,
    from which names cannot be resolved. `name` is for the sentence.
    """

    namespace: int | str | Path
    root: Path | None
    name: str


@dataclass(frozen=True)
class ProbeRequest:
    """One question. `to` is an address or a name as the source's resolver knows it.

    `port` is required for TCP and UDP, has a default for DNS and HTTP, and is ignored for ICMP. For DNS, a name is
    looked up by the source's resolver, and an address is asked as a name server. `timeout_s` covers everything, the
    lookup included; `count` is the number of ICMP echo requests.
    """

    to: str
    protocol: Protocol
    port: int | None = None
    timeout_s: float = 2.0
    count: int = 3


@dataclass(frozen=True)
class IcmpError:
    """An ICMP error received. `name` is like "port unreachable"; `sender` the address it came from."""

    type: int
    code: int
    name: str
    sender: str | None


@dataclass(frozen=True)
class Listener:
    """What waits for peers on the port asked, read in the target's own namespace.

    `state` is "listening", "queue_full" (TCP: more connections wait than it takes), "loopback_only", "other_address"
    or "none"; `address` is where it listens, such as "0.0.0.0". `answers_itself` tells whether the target reached that
    port at its own address; None when that was not measured.
    """

    state: str
    address: str | None = None
    answers_itself: bool | None = None


@dataclass(frozen=True)
class Evidence:
    """What was seen, for the curious and for grading. None means it did not come to that."""

    address: str | None = None
    """The address asked, after name resolution."""
    port: int | None = None
    source_address: str | None = None
    """The source address the kernel chose."""
    resolver: str | None = None
    """Where the address came from: "hosts file" or a name server's address."""
    answers: tuple[str, ...] | None = None
    """All addresses or, for DNS, all answers, in the order given."""
    rcode: str | None = None
    """DNS response code, such as "NXDOMAIN"."""
    errno: str | None = None
    """Name of the kernel's error, such as "EHOSTUNREACH"."""
    icmp: IcmpError | None = None
    sent: int | None = None
    received: int | None = None
    listener: Listener | None = None
    """Set in a matrix for a TCP or UDP pair that was refused or silent."""
    http_status: int | None = None
    http_reason: str | None = None
    first_line: str | None = None
    """First line of an HTTP body or of another answer, at most 200 characters."""
    detail: str | None = None
    """Why a probe was not measured."""

    def as_dict(self) -> dict[str, object]:
        """Return the fields that are set, ready for JSON."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class ProbeResult:
    """The answer. `rtts_ms` has one entry per reply in sending order; for TCP and HTTP the time of the handshake."""

    verdict: Verdict
    sentence: str
    rtts_ms: tuple[float, ...]
    evidence: Evidence
    took_ms: float


@dataclass(frozen=True)
class Finding:
    """What one protocol's module found, before it is put into words."""

    verdict: Verdict
    evidence: Evidence
    rtts_ms: tuple[float, ...] = ()
