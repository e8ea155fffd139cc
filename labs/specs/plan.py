"""The drafts of one lab put together: which containers there will be, on which hosts, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

from labs.specs.attachment import NetworkUse
from labs.specs.features import Features
from labs.specs.lab import Driver, ModeKind
from labs.specs.lab_file import LabFile
from labs.specs.network import NetworkDraft
from labs.specs.order import ordered
from labs.specs.problem import Code, Report
from labs.specs.service import ModeDraft, Service
from labs.specs.value import Located

DEFAULT_NETWORK: Final = "default"
_PREDEFINED_NAMES: Final = frozenset({"default", "bridge", "host", "none", "ingress", "docker_gwbridge"})
"""Networks that every engine has or makes for itself: a network whose key is one of them gets the lab's name before it,
as Compose puts the project's before every network."""

MAX_CONTAINERS: Final = 200
MAX_PORTS: Final = 400
MAX_NETWORKS: Final = 64


@dataclass(frozen=True)
class Instance:
    """One container to be: a service, or one of its replicas, with its host. `number` counts from 1."""

    service: Service
    name: str
    number: int
    host: str


@dataclass(frozen=True)
class Plan:
    """Everything the cross-checks look at. `instances` come in starting order."""

    slug: str
    lab: LabFile
    services: Mapping[str, Service]
    networks: Mapping[str, NetworkDraft]
    instances: tuple[Instance, ...]
    joins: Mapping[str, Instance]
    """By service that joins a namespace: the container whose namespace it is."""
    images: frozenset[str] | None
    features: Features

    @cached_property
    def members(self) -> Mapping[str, tuple[tuple[Instance, NetworkUse], ...]]:
        """By network key: who will be on it, in starting order."""
        found: dict[str, list[tuple[Instance, NetworkUse]]] = {key: [] for key in self.networks}
        for instance in self.instances:
            for use in uses(instance.service):
                if use.network in found:
                    found[use.network].append((instance, use))
        return {key: tuple(members) for key, members in found.items()}

    def hosts_of(self, network: str) -> tuple[str, ...]:
        """Return the hosts with a member of the network, in the lab's order."""
        there = {instance.host for instance, _ in self.members[network]}
        return tuple(host for host in self.lab.host_names if host in there)

    def on_host(self, host: str) -> Iterator[NetworkDraft]:
        """Yield the networks that the host's engine will hold, in file order."""
        return (network for network in self.networks.values() if host in self.hosts_of(network.key))

    def network_name(self, network: NetworkDraft) -> str:
        if network.name is not None:
            return network.name.value
        return f"{self.slug}_{network.key}" if network.key in _PREDEFINED_NAMES else network.key

    @property
    def has_swarm(self) -> bool:
        return any(network.kind is Driver.OVERLAY and self.members[network.key] for network in self.networks.values())


def uses(service: Service) -> tuple[NetworkUse, ...]:
    """Return the networks a service joins; with neither `networks` nor a mode that is the default network."""
    if service.mode is not None:
        return ()
    if not service.networks:
        return (NetworkUse(DEFAULT_NETWORK, service.place),)
    return service.networks


def make_plan(
    slug: str,
    lab: LabFile,
    services: Mapping[str, Service],
    networks: Mapping[str, NetworkDraft],
    images: frozenset[str] | None,
    features: Features,
    report: Report,
) -> Plan | None:
    """Place every container. Returns None when there are too many, or services wait for each other in a circle."""
    if not _is_small_enough(services, networks, report):
        return None
    order = ordered(services, _waits_for(services), report)
    if order is None:
        return None
    instances: dict[str, list[Instance]] = {}
    joins: dict[str, Instance] = {}
    for service in order:
        target = _joined(service, services, instances, report)
        if target is not None:
            joins[service.name] = target
        instances[service.name] = _place(service, target, lab, report)
    return Plan(
        slug,
        lab,
        services,
        _with_default(services, networks),
        tuple(instance for service in order for instance in instances[service.name]),
        joins,
        images,
        features,
    )


def _is_small_enough(services: Mapping[str, Service], networks: Mapping[str, NetworkDraft], report: Report) -> bool:
    """Say whether the lab is of a size that can be checked and run, reporting the first excess of each kind."""
    counts = [len(container_names(service)) for service in services.values()]
    excesses = (
        ("services", MAX_CONTAINERS, [(service.place, 1) for service in services.values()]),
        ("containers", MAX_CONTAINERS, [(s.place, count) for s, count in zip(services.values(), counts, strict=True)]),
        (
            "published ports",
            MAX_PORTS,
            [(s.where("ports"), count * len(s.ports)) for s, count in zip(services.values(), counts, strict=True)],
        ),
        ("networks", MAX_NETWORKS, [(network.place, 1) for network in networks.values()]),
    )
    for what, most, amounts in excesses:
        total = sum(amount for _, amount in amounts)
        if total > most:
            running = accumulate(amount for _, amount in amounts)
            place = next(place for (place, _), so_far in zip(amounts, running, strict=True) if so_far > most)
            report.error(
                place,
                Code.LIMIT,
                f"A lab may have {most} {what}; this one has {total}, the first too many here.",
                found=total,
                remedy="Take some away.",
            )
            return False
    return True


def _with_default(services: Mapping[str, Service], networks: Mapping[str, NetworkDraft]) -> dict[str, NetworkDraft]:
    """Add the network that Compose makes for services which name none."""
    for service in services.values():
        if DEFAULT_NETWORK not in networks and any(use.network == DEFAULT_NETWORK for use in uses(service)):
            return {**networks, DEFAULT_NETWORK: NetworkDraft(DEFAULT_NETWORK, service.place, implicit=True)}
    return dict(networks)


def _waits_for(services: Mapping[str, Service]) -> dict[str, list[Located[str]]]:
    """By service, the services that must come before it: dependencies, and the one whose namespace it joins."""
    waits: dict[str, list[Located[str]]] = {}
    for service in services.values():
        before = [Located(dependency.value.service, dependency.place) for dependency in service.depends_on]
        if service.mode is not None and service.mode.value.target is not None:
            target = _join_target(service.mode.value, services)
            if target is not None:
                before.append(Located(target.name, service.mode.place))
        waits[service.name] = before
    return waits


def _join_target(mode: ModeDraft, services: Mapping[str, Service]) -> Service | None:
    """Return the service meant by `service:NAME` or `container:NAME`, whose container may be one of several."""
    if mode.joins == "service":
        return services.get(mode.target or "")
    for service in services.values():
        if mode.target in container_names(service):
            return service
    return None


def container_names(service: Service) -> list[str]:
    """Return the names the engine will know the service's containers by.

    One container has the service's name. The engine wants two characters or more, so a service with a name of one
    letter gets the number that Compose, too, would add.
    """
    count = service.deployment.replicas.value if service.deployment.replicas else 1
    base = service.container_name.value if service.container_name else service.name
    if count == 1 and len(base) > 1:
        return [base]
    return [f"{base}-{number}" for number in range(1, count + 1)]


def _joined(
    service: Service, services: Mapping[str, Service], placed: Mapping[str, list[Instance]], report: Report
) -> Instance | None:
    """Return the container whose namespace the service joins, or None when it joins none (or a wrong one, reported)."""
    if service.mode is None or service.mode.value.kind is not ModeKind.CONTAINER:
        return None
    mode, place = service.mode.value, service.mode.place
    target = _join_target(mode, services)
    if target is None:
        known: Iterable[str] = services
        if mode.joins == "container":
            known = [name for other in services.values() for name in container_names(other)]
        report.error(
            place,
            Code.UNKNOWN_SERVICE,
            f"No {mode.joins} of this lab is called '{mode.target}'.",
            found=mode.target,
            allowed=sorted(known),
            remedy=report.did_you_mean(mode.target or "", known),
        )
        return None
    candidates = placed[target.name]
    if mode.joins == "container":
        candidates = [instance for instance in candidates if instance.name == mode.target]
    if len(candidates) != 1 and target.deployment.replicas is not None:
        count = target.deployment.replicas.value
        remedy = f"Name one of them, like 'container:{target.name}-1'." if count else "Give it a container."
        report.error(
            place, Code.REPLICAS, f"'{target.name}' has {count} containers; only one can be joined.", remedy=remedy
        )
    return candidates[0] if len(candidates) == 1 else None


def _place(service: Service, joined: Instance | None, lab: LabFile, report: Report) -> list[Instance]:
    hosts = _admitted(service, lab.host_names, report)
    if joined is not None:
        if hosts and joined.host not in hosts:
            constraint = service.deployment.constraints[0]
            report.error(
                constraint.place,
                Code.PLACEMENT,
                f"'{service.name}' joins the namespace of '{joined.name}', which is on host '{joined.host}'.",
                remedy=f"Give both the same constraint, or delete this one: it then follows '{joined.name}'.",
            )
        hosts = (joined.host,)
    if not hosts:
        return []
    return [
        Instance(service, name, number, hosts[(number - 1) % len(hosts)])
        for number, name in enumerate(container_names(service), start=1)
    ]


def _admitted(service: Service, hosts: tuple[str, ...], report: Report) -> tuple[str, ...]:
    """Return the hosts where the service may run. Without a constraint that is the first one, or, for replicas, all."""
    constraints = service.deployment.constraints
    for constraint in constraints:
        if constraint.value.host not in hosts:
            report.error(
                constraint.place,
                Code.UNKNOWN_HOST,
                f"No host of this lab is called '{constraint.value.host}'.",
                found=constraint.value.host,
                allowed=hosts,
                remedy=report.did_you_mean(constraint.value.host, hosts) or "Add it under 'hosts' in lab.yml.",
            )
            return ()
    admitted = tuple(host for host in hosts if all(constraint.value.admits(host) for constraint in constraints))
    if hosts and not admitted:
        report.error(
            constraints[-1].place,
            Code.PLACEMENT,
            f"No host satisfies all constraints of '{service.name}'.",
            found=len(constraints),
            allowed=hosts,
            remedy="Delete one of the constraints.",
        )
    return admitted
