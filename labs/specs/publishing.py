"""Which host port each published port gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labs.specs.lab import ModeKind, Port
from labs.specs.plan import Instance, Plan
from labs.specs.port import PortRequest
from labs.specs.problem import Place
from labs.specs.value import Address, Located


@dataclass(frozen=True, slots=True)
class Grant:
    """One port asked for by one container, and what it got: no `port` when every candidate was taken by `holder`."""

    instance: Instance
    place: Place
    request: PortRequest
    port: Port | None
    holder: Instance | None = None


def published_ports(plan: Plan) -> dict[str, tuple[Port, ...]]:
    """Return the ports of every container by its name."""
    found: dict[str, tuple[Port, ...]] = {instance.name: () for instance in plan.instances}
    for grant in grants(plan):
        if grant.port is not None:
            found[grant.instance.name] += (grant.port,)
    return found


def grants(plan: Plan) -> Iterator[Grant]:
    """Deal host ports out in starting order: of a range each container gets the first port still free on its host.

    The engine would do the same, one after another; dealt out here, the outcome does not depend on who comes first.
    """
    taken: dict[tuple[str, str, int], list[tuple[Address | None, Instance]]] = {}
    for instance in plan.instances:
        for asked in _effective(instance):
            request = asked.value
            if request.candidates is None:
                port = Port(request.target, request.protocol, None, request.host_ip)
                yield Grant(instance, asked.place, request, port)
                continue
            holder: Instance | None = None
            for candidate in request.candidates:
                listeners = taken.setdefault((instance.host, request.protocol, candidate), [])
                clash = next((other for ip, other in listeners if _clash(ip, request.host_ip)), None)
                if clash is None:
                    listeners.append((request.host_ip, instance))
                    port = Port(request.target, request.protocol, candidate, request.host_ip)
                    yield Grant(instance, asked.place, request, port)
                    break
                holder = holder or clash
            else:
                yield Grant(instance, asked.place, request, None, holder)


def _effective(instance: Instance) -> tuple[Located[PortRequest], ...]:
    """Return the ports the engine will publish: none without a namespace and an address of its own."""
    mode = instance.service.mode
    if mode is not None and mode.value.kind is not ModeKind.BRIDGE:
        return ()
    return instance.service.ports


def _clash(one: Address | None, other: Address | None) -> bool:
    """Say whether two listeners on one port exclude each other. No address means every address of both families."""
    if one is None or other is None:
        return True
    if one.version != other.version:
        return False
    return one == other or one.is_unspecified or other.is_unspecified
