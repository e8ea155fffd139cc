"""The ends of a session's matrix: its hosts and containers, with every address they can be asked at. Worker only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from labs.engine import inventory
from labs.engine.client import connect
from labs.engine.facts import ContainerFacts
from labs.hosts.host import Host
from labs.probes.matrix.values import End, Reach
from labs.services.probe_end import Ends, EndWithoutNetwork

UNDERLAY = "underlay"
_LAST = "docker_gwbridge"
"""Docker's own way out for containers of an overlay; never what a lesson means."""


@dataclass(frozen=True)
class SessionEnd:
    """An end as the session knows it: `networks` by the names learners gave them."""

    end: End
    kind: str
    host: str
    networks: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it ready for JSON."""
        return {"name": self.end.name, "kind": self.kind, "host": self.host, "networks": list(self.networks)}


@contextmanager
def of_session(known: Ends, wanted: Sequence[str] = ()) -> Iterator[list[SessionEnd]]:
    """Open the ends wanted, in that order, or all: hosts first, then each host's containers by name.

    Containers that only hold a namespace for others are left out unless asked for. The namespaces stay open inside.

    Raises: EndUnknown, EngineUnreachable, EngineRefused.
    """
    with ExitStack() as opened:
        yield _chosen(known, wanted, opened)


def _chosen(known: Ends, wanted: Sequence[str], opened: ExitStack) -> list[SessionEnd]:
    if wanted:
        return [
            _host(known.hosts[text]) if text in known.hosts else _container(known, known.find(text), opened)
            for text in dict.fromkeys(wanted)
        ]
    found = [_host(host) for host in known.hosts.values()]
    for name in known.hosts:
        for container in sorted(known.on(name), key=lambda one: one.name):
            if not container.pause:
                found.append(_container(known, container, opened))
    return found


def _host(host: Host) -> SessionEnd:
    """A host is on the underlay, and at the gateway's address on each of its bridges."""
    reaches = [Reach(UNDERLAY, host.address)]
    names = [UNDERLAY]
    with connect(host) as engine:
        for network in inventory.networks(engine):
            if network.driver == "bridge":
                gateways = [subnet.gateway for subnet in network.subnets if subnet.gateway is not None]
                reaches += [Reach(network.id, gateway) for gateway in gateways]
                names += [network.name] if gateways and network.name != _LAST else []
    return SessionEnd(End(host.name, host.namespace, tuple(reaches)), "host", host.name, tuple(names))


def _container(known: Ends, container: ContainerFacts, opened: ExitStack) -> SessionEnd:
    name = f"{container.host}/{container.name}"
    try:
        namespace = opened.enter_context(known.container(container)).namespace
    except EndWithoutNetwork as error:
        return SessionEnd(End(name, None, problem=error.reason.rstrip(".")), "container", container.host, ())
    owner = known.network_owner(container)
    if owner is not None and owner.network_mode == "host":
        reaches: tuple[Reach, ...] = (Reach(UNDERLAY, known.hosts[container.host].address),)
        return SessionEnd(End(name, namespace, reaches), "container", container.host, (UNDERLAY,))
    found = sorted(owner.endpoints, key=lambda one: one.network_name == _LAST) if owner is not None else []
    reaches = tuple(
        Reach(one.network_id, interface.ip)
        for one in found
        for interface in sorted(one.addresses, key=lambda interface: interface.version)
    )
    names = tuple(one.network_name for one in found if one.network_name != _LAST)
    return SessionEnd(End(name, namespace, reaches), "container", container.host, names)
