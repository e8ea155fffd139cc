"""Names that must be told apart: of containers, of networks on one host, of bridges, and aliases on one network."""

from __future__ import annotations

import re
from typing import Final

from labs.specs.lab import Driver
from labs.specs.network import NetworkDraft
from labs.specs.plan import DEFAULT_NETWORK, Instance, Plan
from labs.specs.problem import Code, Place, Report

_PREDEFINED: Final = ("bridge", "host", "none", "default")
_SWARM_NAME: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?")


def check_names(plan: Plan, report: Report) -> None:
    _check_containers(plan, report)
    for host in plan.lab.host_names:
        _check_networks(plan, host, report)
    for network in plan.networks.values():
        _check_network_name(plan, network, report)
        _check_aliases(plan, network, report)


def _check_containers(plan: Plan, report: Report) -> None:
    """A name is unique in the whole lab: probes and terminals address containers by it."""
    owners: dict[str, Instance] = {}
    for instance in plan.instances:
        service, owner = instance.service, owners.setdefault(instance.name, instance)
        if owner is not instance:
            report.error(
                service.where("container_name"),
                Code.NAME_TAKEN,
                f"'{service.name}' and '{owner.service.name}' would both have a container named '{instance.name}'.",
                found=instance.name,
                remedy="Give one of them another 'container_name'.",
            )
        if instance.name in plan.lab.host_names:
            report.warning(
                service.where("container_name"),
                Code.NAME_TAKEN,
                f"'{instance.name}' is the name of a host and of a container; alone it means the host.",
                found=instance.name,
                remedy=f"Give it another name, or write '{instance.host}/{instance.name}' when you mean the container.",
            )
        if service.container_name is not None and instance.number == 2:
            report.error(
                service.container_name.place,
                Code.REPLICAS,
                f"'{service.name}' has several containers, and 'container_name' names one.",
                found=service.container_name.value,
                remedy="Delete 'container_name': replicas are numbered.",
            )


def _check_networks(plan: Plan, host: str, report: Report) -> None:
    owners: dict[str, NetworkDraft] = {}
    for network in plan.on_host(host):
        name = plan.network_name(network)
        owner = owners.setdefault(name, network)
        if owner is not network:
            report.error(
                network.name.place if network.name else network.place,
                Code.NAME_TAKEN,
                f"The networks '{owner.key}' and '{network.key}' would both be named '{name}' on host '{host}'.",
                found=name,
                remedy="Give each its own 'name'.",
            )


def _check_network_name(plan: Plan, network: NetworkDraft, report: Report) -> None:
    name, place = plan.network_name(network), network.name.place if network.name else network.place
    if name in (*_PREDEFINED, "ingress", "docker_gwbridge"):
        report.error(
            place,
            Code.BAD_NAME,
            f"The engine has a network named '{name}' of its own.",
            found=name,
            remedy="To use the default bridge, write 'network_mode: bridge' on the service."
            if name == "bridge"
            else None,
        )
    elif network.kind is Driver.OVERLAY and not _SWARM_NAME.fullmatch(name):
        report.error(
            place,
            Code.BAD_NAME,
            f"'{name}' cannot be the name of an overlay: Swarm allows no dots, and no '-' or '_' at the end.",
            found=name,
            remedy="Use letters, digits, '-' and '_'.",
        )


def _check_aliases(plan: Plan, network: NetworkDraft, report: Report) -> None:
    """Warn of a name that leads to containers of several services: the engine then answers with any of them."""
    answers: dict[str, dict[str, Place | None]] = {}
    for instance, use in plan.members[network.key]:
        service = instance.service.name
        for name in (service, instance.name):
            answers.setdefault(name, {}).setdefault(service, None)
        for alias in use.aliases:
            answers.setdefault(alias.value, {})[service] = alias.place
    shown = "default network" if network.key == DEFAULT_NETWORK else f"network '{network.key}'"
    for name, services in answers.items():
        places = [place for place in services.values() if place is not None]
        if len(services) > 1 and places:
            report.warning(
                places[-1],
                Code.ALIAS_SHARED,
                f"On the {shown}, '{name}' leads to {' and '.join(sorted(services))}: the engine answers with each.",
                found=name,
                remedy="Give each its own alias, unless the load is to be shared.",
            )
