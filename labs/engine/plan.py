"""What waits for what when a lab is deployed. Pure: a lab in, a graph of tasks out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from labs.specs.lab import Condition, Container, Driver, Lab, ModeKind, Network

Kind = Literal["swarm", "network", "container", "condition"]


@dataclass(frozen=True)
class Task:
    """One thing to do on one host's engine. `name` is a network's key, a container's name or, for a swarm, ""."""

    kind: Kind
    host: str
    name: str = ""
    condition: Condition | None = None
    """For kind "condition": what container `name` has to reach before its dependents may start."""


def tasks(lab: Lab) -> dict[Task, frozenset[Task]]:
    """Return every task of a lab with those it waits for, in an order that suits starting: networks first.

    Networks whose subnets are declared come before those whose subnets an engine picks, and before the Swarm, which
    picks some too: an engine cannot know that an address range it is about to take was promised to another.

    Raises: KeyError if a container names a network, host or container that the lab does not have.
    """
    graph: dict[Task, frozenset[Task]] = {}
    manager = lab.hosts[0].name
    declared = {
        host.name: frozenset(
            Task("network", host.name, network.key)
            for network in lab.networks
            if host.name in network.hosts and network.driver is not Driver.OVERLAY and network.subnets
        )
        for host in lab.hosts
    }
    if lab.needs_swarm:
        for host in lab.hosts:
            founded = frozenset() if host.name == manager else frozenset({Task("swarm", manager)})
            graph[Task("swarm", host.name)] = declared[host.name] | founded
    overlays = frozenset(
        Task("network", manager, network.key)
        for network in lab.networks
        if network.driver is Driver.OVERLAY and network.subnets
    )
    for network in lab.networks:
        if network.driver is Driver.OVERLAY:
            chosen = overlays if not network.subnets else frozenset()
            graph[Task("network", manager, network.key)] = chosen | {Task("swarm", manager)}
            continue
        for name in network.hosts:
            graph[Task("network", name, network.key)] = frozenset() if network.subnets else declared[name]
    containers = {container.name: container for container in lab.containers}
    networks = {network.key: network for network in lab.networks}
    for container in lab.containers:
        waits = _waits(container, containers, networks, manager)
        for task in waits:
            if task.kind == "condition":
                graph[task] = frozenset({Task("container", task.host, task.name)})
        graph[Task("container", container.host, container.name)] = waits
    return graph


def _waits(
    container: Container, containers: Mapping[str, Container], networks: Mapping[str, Network], manager: str
) -> frozenset[Task]:
    waits: set[Task] = set()
    for attachment in container.attachments:
        overlay = networks[attachment.network].driver is Driver.OVERLAY
        waits.add(Task("network", manager if overlay else container.host, attachment.network))
        if overlay:
            waits.add(Task("swarm", container.host))
    if container.mode.kind is ModeKind.CONTAINER and container.mode.target is not None:
        waits.add(Task("container", containers[container.mode.target].host, container.mode.target))
    for dependency in container.depends_on:
        host = containers[dependency.container].host
        if dependency.condition is Condition.STARTED:
            waits.add(Task("container", host, dependency.container))
        else:
            waits.add(Task("condition", host, dependency.container, dependency.condition))
    return frozenset(waits)
