"""What each namespace is for, and what to call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from labs.engine.facts import ContainerFacts, Inventory, NetworkFacts
from labs.kernel.namespace import Namespace
from labs.topology.observation import ObservedHost, ObservedNamespace
from labs.topology.wire import NamespaceNode, Role, container_id, namespace_id

_INGRESS_SANDBOX = "ingress_sbox"


def residents(inventory: Inventory | None) -> dict[Namespace, list[ContainerFacts]]:
    """Return the running containers of each namespace: pause containers first, then those joined, by name."""
    found: dict[Namespace, list[ContainerFacts]] = {}
    for container in inventory.containers if inventory else ():
        if container.namespace is not None:
            found.setdefault(container.namespace, []).append(container)
    for members in found.values():
        members.sort(key=lambda member: (not member.pause, member.joined is not None, member.name))
    return found


def namespaces(host: ObservedHost, networks: Sequence[NetworkFacts]) -> Iterable[NamespaceNode]:
    """Yield a node for each of a host's namespaces.

    `networks` are those of all hosts: a Swarm worker's engine does not list an overlay it has a sandbox of until one
    of its containers is started, while the manager names it from the start.
    """
    members = residents(host.inventory)
    own = host.inventory.networks if host.inventory else ()
    sandboxes = {network.sandbox: network for network in own if network.sandbox is not None}
    for observed in host.namespaces:
        inside = members.get(observed.namespace, [])
        role, name = _role(host, observed, inside, sandboxes, networks)
        yield NamespaceNode(
            id=namespace_id(observed.namespace),
            host=host.name,
            role=role,
            name=name,
            containers=tuple(container_id(member.id) for member in inside),
        )


def underlay(observed: ObservedNamespace) -> NamespaceNode:
    """Return the node of the segment that joins the hosts; it belongs to none of them."""
    return NamespaceNode(namespace_id(observed.namespace), None, "underlay", "underlay", ())


def _role(
    host: ObservedHost,
    observed: ObservedNamespace,
    inside: Sequence[ContainerFacts],
    sandboxes: Mapping[Namespace, NetworkFacts],
    networks: Sequence[NetworkFacts],
) -> tuple[Role, str]:
    """Decide by the strongest sign: the host's own, the engine's containers and networks, files, processes.

    A Swarm's load-balancing sandboxes (`ingress_sbox`, `lb_<network>`) have the role `ingress`. A sandbox of the
    engine that belongs to no container yet is one being made: it is called by the sandbox's id until then.
    """
    if observed.own:
        return "host", host.name
    if inside:
        return ("pod" if inside[0].pause or len(inside) > 1 else "container"), inside[0].name
    network = sandboxes.get(observed.namespace)
    if network is not None:
        return "overlay", network.name
    file = observed.engine_file
    if file is not None:
        if file == _INGRESS_SANDBOX:
            return "ingress", "ingress"
        sort, _, prefix = file.partition("-") if file[:2] == "1-" else file.partition("_")
        if sort in ("1", "lb") and prefix:
            name = next((network.name for network in networks if network.id.startswith(prefix)), prefix)
            return ("overlay", name) if sort == "1" else ("ingress", f"load balancer of {name}")
        return "container", file
    if observed.name is not None:
        return "named", observed.name
    return "process", observed.process or "a process"
