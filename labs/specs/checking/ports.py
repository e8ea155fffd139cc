"""Published ports: each host port once, on an address the host has, from a network that can publish."""

from __future__ import annotations

from typing import Final

from labs.specs.features import KernelFeature
from labs.specs.lab import Driver
from labs.specs.plan import Instance, Plan, uses
from labs.specs.pool import gateway
from labs.specs.problem import Code, Report
from labs.specs.publishing import Grant, grants
from labs.specs.value import Address

_DEFAULT_BRIDGE_GATEWAY: Final = "172.17.0.1"
_SWARM_PORTS: Final = {(2377, "tcp"), (7946, "tcp"), (7946, "udp"), (4789, "udp")}
"""Ports the engines of a Swarm listen on themselves."""


def check_ports(plan: Plan, report: Report) -> None:
    for grant in grants(plan):
        if grant.port is None and grant.holder is not None:
            _report_taken(grant, grant.holder, report)
        _check_host_ip(plan, grant, report)
        _check_swarm(plan, grant, report)
        if grant.request.protocol == "sctp" and plan.features.lacks(KernelFeature.SCTP):
            report.error(
                grant.place, Code.KERNEL_LACKS, "This machine's kernel has no sctp.", found="sctp", remedy="Use tcp."
            )
    for instance in plan.instances:
        if instance.service.ports and not _can_publish(plan, instance):
            report.warning(
                instance.service.where("ports"),
                Code.PORT_UNPUBLISHED,
                f"The engine publishes nothing for '{instance.name}': none of its networks leads through the host.",
                remedy="Join a bridge that is not internal, or delete 'ports'.",
            )


def _can_publish(plan: Plan, instance: Instance) -> bool:
    """Say whether ports can be published. Modes with no network of their own have a message of their own."""
    if instance.service.mode is not None:
        return True
    joined = [plan.networks[use.network] for use in uses(instance.service) if use.network in plan.networks]
    return any(network.kind in (Driver.BRIDGE, Driver.OVERLAY) and not network.internal for network in joined)


def _report_taken(grant: Grant, holder: Instance, report: Report) -> None:
    candidates = grant.request.candidates or range(0)
    asked = str(candidates[0]) if len(candidates) == 1 else f"{candidates[0]}-{candidates[-1]}"
    replicas = holder.service.name == grant.instance.service.name and holder is not grant.instance
    report.error(
        grant.place,
        Code.PORT_TAKEN,
        f"Host port {asked}/{grant.request.protocol} is already published on host '{grant.instance.host}'"
        f" by '{holder.name}'.",
        found=asked,
        remedy="Give a range with a port for each replica, or leave the host port out."
        if replicas
        else "Choose another host port, or place the two on different hosts.",
    )


def _check_host_ip(plan: Plan, grant: Grant, report: Report) -> None:
    wanted = grant.request.host_ip
    if wanted is None or wanted.is_unspecified or wanted.is_loopback or str(wanted) in _host_addresses(plan, grant):
        return
    report.error(
        grant.place,
        Code.BAD_VALUE,
        f"Host '{grant.instance.host}' has no address {wanted} to listen on.",
        found=wanted,
        allowed=("0.0.0.0", "127.0.0.1", *sorted(_host_addresses(plan, grant))),
        remedy="Leave the address out to listen on all of the host's.",
    )


def _host_addresses(plan: Plan, grant: Grant) -> frozenset[str]:
    """Return the addresses the container's host will have, as far as they are known before the start."""
    host = grant.instance.host
    own: list[Address] = [each.value.address for each in plan.lab.hosts if each.value.name == host]
    for network in plan.on_host(host):
        if network.kind is Driver.BRIDGE:
            own += [gateway(draft) for draft in network.subnets]
    return frozenset(map(str, own)) | {_DEFAULT_BRIDGE_GATEWAY}


def _check_swarm(plan: Plan, grant: Grant, report: Report) -> None:
    port = grant.port
    if plan.has_swarm and port is not None and (port.published, port.protocol) in _SWARM_PORTS:
        report.error(
            grant.place,
            Code.PORT_TAKEN,
            f"Host port {port.published}/{port.protocol} belongs to the Swarm that a lab with an overlay forms.",
            found=port.published,
            remedy="Choose another host port.",
        )
