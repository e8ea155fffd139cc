"""A plan without errors becomes the `Lab` value. Nothing is checked here any more."""

from __future__ import annotations

from collections.abc import Mapping

from labs.specs.attachment import NetworkUse
from labs.specs.lab import Attachment, Container, Dependency, Lab, Mode, ModeKind, Network, Port, Subnet
from labs.specs.network import NetworkDraft, SubnetDraft
from labs.specs.plan import Instance, Plan, uses
from labs.specs.publishing import published_ports
from labs.specs.service import Service


def assemble(plan: Plan, lesson: str) -> Lab:
    lab = plan.lab
    return Lab(
        slug=plan.slug,
        title=lab.title,
        summary=lab.summary,
        hosts=tuple(host.value for host in lab.hosts),
        networks=_networks(plan),
        containers=_containers(plan),
        underlay=lab.underlay.value,
        limits=lab.limits,
        internet=lab.internet,
        lesson=lesson,
        level=lab.level,
        minutes=lab.minutes,
    )


def _networks(plan: Plan) -> tuple[Network, ...]:
    """Return the networks that have members.

    Those with subnets of their own come first: the engine picks the others from what is free at that moment, and might
    pick one that is still to be asked for.
    """
    used = [network for network in plan.networks.values() if plan.members[network.key]]
    used.sort(key=lambda network: not network.subnets)
    return tuple(_network(plan, network) for network in used)


def _network(plan: Plan, draft: NetworkDraft) -> Network:
    return Network(
        key=draft.key,
        name=plan.network_name(draft),
        driver=draft.kind,
        hosts=plan.hosts_of(draft.key),
        subnets=tuple(_subnet(subnet) for subnet in draft.subnets),
        internal=draft.internal,
        attachable=draft.attachable is not None and draft.attachable.value,
        enable_ipv6=draft.enable_ipv6,
        driver_opts={name: option.value for name, option in draft.options.items()},
        labels=draft.labels or {},
    )


def _subnet(draft: SubnetDraft) -> Subnet:
    return Subnet(
        draft.subnet.value,
        draft.gateway.value if draft.gateway else None,
        draft.ip_range.value if draft.ip_range else None,
        {name: auxiliary.value for name, auxiliary in draft.aux_addresses.items()},
    )


def _containers(plan: Plan) -> tuple[Container, ...]:
    ports = published_ports(plan)
    names: dict[str, list[str]] = {}
    for instance in plan.instances:
        names.setdefault(instance.service.name, []).append(instance.name)
    return tuple(_container(plan, instance, ports[instance.name], names) for instance in plan.instances)


def _container(plan: Plan, instance: Instance, ports: tuple[Port, ...], names: Mapping[str, list[str]]) -> Container:
    service, deployment = instance.service, instance.service.deployment
    assert service.image is not None  # a service without one has been reported
    mode = _mode(plan, service)
    return Container(
        name=instance.name,
        service=service.name,
        host=instance.host,
        image=service.image.value,
        mode=mode,
        attachments=tuple(_attachment(service, use, first=position == 0) for position, use in enumerate(uses(service))),
        command=service.command,
        entrypoint=service.entrypoint,
        environment=service.environment,
        labels=service.labels,
        hostname=service.hostname,
        ports=ports,
        expose=service.expose,
        dns=service.dns,
        dns_search=service.dns_search,
        hosts_entries=service.hosts_entries,
        sysctls=service.sysctls,
        cap_add=service.cap_add,
        cap_drop=service.cap_drop,
        depends_on=tuple(
            Dependency(name, dependency.value.condition)
            for dependency in service.depends_on
            for name in names.get(dependency.value.service, ())
        ),
        healthcheck=service.healthcheck,
        restart=service.restart,
        init=service.init,
        memory_bytes=deployment.memory_bytes.value if deployment.memory_bytes else None,
        cpus=deployment.cpus.value if deployment.cpus else None,
        pids_limit=deployment.pids_limit,
        stop_grace_s=service.stop_grace_s,
        mac_address=service.mac_address.value if service.mac_address and mode.kind is ModeKind.BRIDGE else None,
        dns_options=service.dns_options,
        user=service.user,
        working_dir=service.working_dir,
        tty=service.tty,
        stdin_open=service.stdin_open,
    )


def _mode(plan: Plan, service: Service) -> Mode:
    if service.mode is None:
        return Mode(ModeKind.NETWORKS)
    joined = plan.joins.get(service.name)
    return Mode(service.mode.value.kind, joined.name if joined else None)


def _attachment(service: Service, use: NetworkUse, *, first: bool) -> Attachment:
    """Return one end. The service's name is an alias on every network, as in Compose."""
    mac = use.mac_address or (service.mac_address if first else None)
    return Attachment(
        network=use.network,
        aliases=tuple(dict.fromkeys((service.name, *(alias.value for alias in use.aliases)))),
        ipv4_address=use.ipv4_address.value if use.ipv4_address else None,
        ipv6_address=use.ipv6_address.value if use.ipv6_address else None,
        mac_address=mac.value if mac else None,
    )
