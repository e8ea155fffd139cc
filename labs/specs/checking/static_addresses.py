"""Addresses and MAC addresses that a service asks for: inside their subnet, free, and only once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labs.specs.attachment import NetworkUse
from labs.specs.checking.drivers import is_lan
from labs.specs.lab import Driver
from labs.specs.lab_file import gateway as underlay_gateway
from labs.specs.network import NetworkDraft
from labs.specs.plan import Instance, Plan, uses
from labs.specs.pool import edges, gateway, of_version
from labs.specs.problem import Code, Report
from labs.specs.service import Service
from labs.specs.value import Address, Located

LAN: Final = "the underlay"
"""Stands for the segment that all macvlan and ipvlan networks share with the lab hosts."""


def check_static_addresses(plan: Plan, report: Report) -> None:
    for service in plan.services.values():
        for use in uses(service):
            if use.network in plan.networks:
                for address in wanted(use):
                    _check_address(plan.networks[use.network], address, report)
        _check_macs(plan, service, report)
    _check_unique(plan, report)


def wanted(use: NetworkUse) -> Iterator[Located[Address]]:
    """Yield the addresses asked for at this end, of both IP versions."""
    if use.ipv4_address is not None:
        yield Located(use.ipv4_address.value, use.ipv4_address.place)
    if use.ipv6_address is not None:
        yield Located(use.ipv6_address.value, use.ipv6_address.place)


def segment(network: NetworkDraft, host: str) -> str:
    """Name the layer-2 segment a member is on: the underlay, the overlay, or the host's own copy of the network."""
    if is_lan(network):
        return LAN
    return network.key if network.kind is Driver.OVERLAY else f"{network.key} on {host}"


def _check_address(network: NetworkDraft, address: Located[Address], report: Report) -> None:
    version = address.value.version
    if version == 6 and not network.enable_ipv6:
        report.error(
            address.place,
            Code.IPV6_DISABLED,
            f"The network '{network.key}' has no IPv6.",
            found=address.value,
            remedy="Add 'enable_ipv6: true' and an IPv6 subnet to the network.",
        )
        return
    drafts = of_version(network, version)
    if not drafts:
        report.error(
            address.place,
            Code.SUBNET_MISSING,
            f"The engine gives out a chosen address only where the subnet is chosen too, and '{network.key}' has none.",
            found=address.value,
            remedy="Add 'ipam: {config: [{subnet: …}]}' to the network.",
        )
        return
    home = next((draft for draft in drafts if address.value in draft.subnet.value), None)
    if home is None:
        subnets = tuple(str(draft.subnet.value) for draft in drafts)
        report.error(
            address.place,
            Code.ADDRESS_OUTSIDE,
            f"{address.value} is outside the subnet {' or '.join(subnets)} of '{network.key}'.",
            found=address.value,
            allowed=subnets,
            remedy="Choose an address inside.",
        )
        return
    auxiliary = {each.value: name for name, each in home.aux_addresses.items()}
    if address.value in edges(home.subnet.value):
        _report_reserved(address, f"the network or broadcast address of {home.subnet.value}", report)
    elif address.value == gateway(home):
        _report_reserved(address, f"the gateway of '{network.key}'", report)
    elif address.value in auxiliary:
        _report_reserved(address, f"kept back as the auxiliary address '{auxiliary[address.value]}'", report)


def _report_reserved(address: Located[Address], what: str, report: Report) -> None:
    report.error(
        address.place,
        Code.ADDRESS_RESERVED,
        f"{address.value} is {what}.",
        found=address.value,
        remedy="Choose another address of the subnet.",
    )


def _check_macs(plan: Plan, service: Service, report: Report) -> None:
    for position, use in enumerate(uses(service)):
        network = plan.networks.get(use.network)
        mac = use.mac_address or (service.mac_address if position == 0 else None)
        if mac is None or network is None:
            continue
        if position > 0:
            report.error(
                mac.place,
                Code.CONFLICT,
                f"The engine sets a MAC address on the first network only, here '{uses(service)[0].network}'.",
                found=mac.value,
                remedy=f"Delete it, or give '{use.network}' the highest priority.",
            )
        if network.kind is Driver.IPVLAN:
            report.error(
                mac.place,
                Code.CONFLICT,
                "All ipvlan interfaces have the MAC address of their parent.",
                found=mac.value,
                remedy="Delete it, or use macvlan.",
            )
        if use.mac_address and service.mac_address and use.mac_address.value != service.mac_address.value:
            report.error(
                service.mac_address.place,
                Code.CONFLICT,
                "The service and its first network name different MAC addresses.",
                found=service.mac_address.value,
                remedy="Keep one of them.",
            )


def _check_unique(plan: Plan, report: Report) -> None:
    addresses: dict[tuple[str, object], str] = {
        (LAN, underlay_gateway(plan.lab.underlay.value)): "the underlay's gateway",
        **{(LAN, host.value.address): f"host '{host.value.name}'" for host in plan.lab.hosts},
    }
    macs: dict[tuple[str, object], str] = {}
    for key, members in plan.members.items():
        network = plan.networks[key]
        for instance, use in members:
            where = segment(network, instance.host)
            for address in wanted(use):
                _claim(addresses, where, address, instance, Code.ADDRESS_TAKEN, report)
            first = uses(instance.service)[0] is use
            mac = use.mac_address or (instance.service.mac_address if first else None)
            if mac is not None:
                _claim(macs, where, mac, instance, Code.MAC_TAKEN, report)


def _claim(
    owners: dict[tuple[str, object], str],
    where: str,
    wanted_one: Located[Address] | Located[str],
    instance: Instance,
    code: Code,
    report: Report,
) -> None:
    owner = owners.setdefault((where, wanted_one.value), f"'{instance.name}'")
    if owner != f"'{instance.name}'":
        replicas = instance.number > 1
        report.error(
            wanted_one.place,
            code,
            f"{wanted_one.value} already belongs to {owner}.",
            found=wanted_one.value,
            remedy="Delete it: replicas on one network cannot share it." if replicas else "Choose another one.",
        )
