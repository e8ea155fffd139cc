"""Small labs to reason about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from labs.specs.lab import Attachment, Container, Driver, Lab, LabHost, Mode, ModeKind, Network, Subnet


def lab(
    *, hosts: Sequence[str] = ("alpha",), networks: Sequence[Network] = (), containers: Sequence[Container] = ()
) -> Lab:
    """A lab on 10.77.0.0/24 whose hosts have the addresses .11, .12, …"""
    return Lab(
        slug="drill",
        title="Drill",
        summary="",
        hosts=tuple(LabHost(name, IPv4Address("10.77.0.11") + index) for index, name in enumerate(hosts)),
        networks=tuple(networks),
        containers=tuple(containers),
        underlay=IPv4Network("10.77.0.0/24"),
    )


def container(name: str, *attachments: Attachment | str, host: str = "alpha") -> Container:
    """A container on networks, or on the default bridge if none are given."""
    ends = tuple(Attachment(end) if isinstance(end, str) else end for end in attachments)
    mode = Mode(ModeKind.NETWORKS if ends else ModeKind.BRIDGE)
    return Container(name=name, service=name, host=host, image="netquarium/tools:1", mode=mode, attachments=ends)


def network(
    key: str, *hosts: str, driver: Driver = Driver.BRIDGE, subnet: str | None = None, ip_range: str | None = None
) -> Network:
    """A network named after its key."""
    found = Network(key=key, name=key, driver=driver, hosts=hosts or ("alpha",))
    if subnet is None:
        return found
    pool = Subnet(IPv4Network(subnet), ip_range=None if ip_range is None else IPv4Network(ip_range))
    return replace(found, subnets=(pool,))
