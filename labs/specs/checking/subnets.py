"""Subnets: sound in themselves, and apart from every other subnet that the same lab host knows."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from labs.specs.checking.drivers import is_lan
from labs.specs.lab import Driver
from labs.specs.network import NetworkDraft, SubnetDraft
from labs.specs.plan import Plan
from labs.specs.pool import edges, gateway
from labs.specs.problem import Code, Place, Report
from labs.specs.ranges import contains, is_unusable, overlap
from labs.specs.value import Address, Located, Subnetwork

DEFAULT_BRIDGE: Final = IPv4Network("172.17.0.0/16")
SWARM_BRIDGE: Final = IPv4Network("172.18.0.0/16")
"""docker_gwbridge, through which containers of an overlay reach their host. Bridges with a subnet of their own are made
before it, so it avoids them; an overlay's subnet is another address space, which it does not see."""

LONGEST_PREFIX: Final = {4: 30, 6: 126}


def check_subnets(plan: Plan, report: Report) -> None:
    for network in plan.networks.values():
        for draft in network.subnets:
            _check_subnet(draft, report)
        _check_family(network, report)
    for host in plan.lab.host_names:
        _check_host(plan, host, report)
    _check_underlay(plan, report)


# --- one subnet ---------------------------------------------------------------------------------------------------


def _check_subnet(draft: SubnetDraft, report: Report) -> None:
    subnet, place = draft.subnet.value, draft.subnet.place
    if subnet.prefixlen > LONGEST_PREFIX[subnet.version]:
        report.error(
            place,
            Code.SUBNET_FULL,
            f"{subnet} has no room for a gateway and a container.",
            found=subnet,
            remedy=f"Use a prefix of /{LONGEST_PREFIX[subnet.version]} or shorter.",
        )
    if is_unusable(subnet):
        report.error(
            place,
            Code.BAD_VALUE,
            f"{subnet} holds addresses that no container may have: loopback, multicast or reserved ones.",
            found=subnet,
            remedy="Use a private subnet, like 172.30.0.0/24 or fd00:1::/64.",
        )
    if draft.gateway is not None:
        _check_inside(draft.gateway, subnet, "The gateway", report)
    for name, auxiliary in draft.aux_addresses.items():
        _check_inside(auxiliary, subnet, f"The auxiliary address '{name}'", report)
    _check_range(draft, report)
    _check_auxiliary(draft, report)


def _check_inside(address: Located[Address], subnet: Subnetwork, what: str, report: Report) -> None:
    if address.value not in subnet:
        report.error(
            address.place,
            Code.ADDRESS_OUTSIDE,
            f"{what} {address.value} is outside the subnet {subnet}.",
            found=address.value,
            allowed=(str(subnet),),
            remedy=f"Choose one inside, like {subnet[1]}." if subnet.num_addresses > 1 else None,
        )
    elif address.value in edges(subnet):
        report.error(
            address.place,
            Code.ADDRESS_RESERVED,
            f"{what} {address.value} is the network or broadcast address of {subnet}.",
            found=address.value,
            remedy=f"Choose one between, like {subnet[1]}." if subnet.num_addresses > 1 else None,
        )


def _check_range(draft: SubnetDraft, report: Report) -> None:
    ip_range, subnet = draft.ip_range, draft.subnet.value
    if ip_range is not None and not contains(subnet, ip_range.value):
        report.error(
            ip_range.place,
            Code.ADDRESS_OUTSIDE,
            f"The range {ip_range.value} is not part of the subnet {subnet}.",
            found=ip_range.value,
            allowed=(str(subnet),),
            remedy="Choose a part of the subnet.",
        )


def _check_auxiliary(draft: SubnetDraft, report: Report) -> None:
    """The engine reserves the gateway, then each auxiliary address, and refuses one it has reserved already."""
    taken = {gateway(draft): "the gateway"}
    for name, auxiliary in draft.aux_addresses.items():
        owner = taken.setdefault(auxiliary.value, f"the auxiliary address '{name}'")
        if owner != f"the auxiliary address '{name}'":
            report.error(
                auxiliary.place,
                Code.ADDRESS_TAKEN,
                f"{auxiliary.value} already is {owner}, which the engine keeps back by itself.",
                found=auxiliary.value,
                remedy="Delete it.",
            )


def _check_family(network: NetworkDraft, report: Report) -> None:
    versions: set[int] = set()
    for draft in network.subnets:
        version = draft.subnet.value.version
        if version == 6 and not network.enable_ipv6:
            report.error(
                draft.subnet.place,
                Code.IPV6_DISABLED,
                f"The engine would ignore {draft.subnet.value}: '{network.key}' does not enable IPv6.",
                found=draft.subnet.value,
                remedy="Add 'enable_ipv6: true' to the network.",
            )
        elif network.kind is Driver.BRIDGE and version in versions:
            report.error(
                draft.subnet.place,
                Code.CONFLICT,
                f"A bridge has one IPv{version} subnet; '{network.key}' names several.",
                found=draft.subnet.value,
                remedy="Keep one, or make a network of each.",
            )
        versions.add(version)


# --- subnets of one host ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """A subnet that a lab host knows already, and what it belongs to."""

    subnet: Subnetwork
    owner: str
    place: Place | None = None


def _check_host(plan: Plan, host: str, report: Report) -> None:
    underlay = _Known(plan.lab.underlay.value, "the underlay that joins the lab hosts")
    known = [_Known(DEFAULT_BRIDGE, "the engine's default bridge, docker0")]
    for network in plan.on_host(host):
        others = list(known) if is_lan(network) else [underlay, *known]
        if network.kind is Driver.OVERLAY:
            others.append(_Known(SWARM_BRIDGE, "docker_gwbridge, which every Swarm host has"))
        for draft in network.subnets:
            own = draft.subnet
            if is_unusable(own.value):
                continue
            clash = next((other for other in others if overlap(other.subnet, own.value)), None)
            if clash is not None:
                _report_overlap(host, own, clash, report)
            mine = _Known(own.value, f"the network '{network.key}'", own.place)
            others.append(mine)
            known.append(mine)


def _report_overlap(host: str, own: Located[Subnetwork], clash: _Known, report: Report) -> None:
    line = f" (line {clash.place.line})" if clash.place else ""
    elsewhere = ", or place the two networks on different hosts" if clash.place else ""
    report.error(
        own.place,
        Code.SUBNET_OVERLAP,
        f"On host '{host}', {own.value} overlaps {clash.subnet} of {clash.owner}{line}.",
        found=own.value,
        remedy=f"Choose another subnet{elsewhere}.",
    )


def _check_underlay(plan: Plan, report: Report) -> None:
    underlay = plan.lab.underlay
    if underlay.value.overlaps(DEFAULT_BRIDGE):
        report.error(
            underlay.place,
            Code.SUBNET_OVERLAP,
            f"The underlay {underlay.value} overlaps {DEFAULT_BRIDGE} of the engine's default bridge, docker0.",
            found=underlay.value,
            remedy="Choose another, like 10.77.0.0/24.",
        )
