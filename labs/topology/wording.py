"""What happened, in words: one sentence per thing a learner would point at, each opening with the place.

A place is `alpha` (the host's own namespace), `alpha/web` (a container's), `alpha/overlay backend`, or `underlay`.
What arrives or goes as one (a namespace with all its interfaces) is told once, not in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from labs.kernel import neighbour, policy_rule, route
from labs.kernel.neighbour import FdbEntry, Neighbour
from labs.kernel.policy_rule import PolicyRule
from labs.kernel.route import Route
from labs.kernel.watch import Change
from labs.topology.delta import Delta
from labs.topology.graph import Graph
from labs.topology.wire import (
    AttachedEdge,
    ContainerNode,
    ContainerState,
    Edge,
    Event,
    HostNode,
    InterfaceNode,
    NamespaceNode,
    NetworkNode,
    Node,
    VethEdge,
    VxlanEdge,
)

_CONTAINER_VERBS: Mapping[ContainerState, tuple[str, str]] = {
    "running": ("container_started", "started"),
    "exited": ("container_stopped", "stopped"),
    "removing": ("container_removing", "is being removed"),
    "created": ("container_created", "was created"),
    "paused": ("container_paused", "is paused: its processes are frozen, its interfaces stay"),
    "restarting": ("container_restarting", "is restarting"),
    "dead": ("container_dead", "is dead: the engine could not remove it whole"),
}
_HEALTH_WORDS = {
    "starting": "waits for its first health check",
    "healthy": "is healthy",
    "unhealthy": "is unhealthy: its health check fails",
}
_STATE_WORDS = {
    "up": "is up",
    "down": "is down",
    "lower_layer_down": "is down because the interface at its other end is",
    "unknown": "is in an unknown state",
}


def events(old: Graph, new: Graph, delta: Delta) -> tuple[Event, ...]:
    """Tell a delta between two graphs, causes first: networks, containers, namespaces, interfaces, cables."""
    teller = _Teller(old, new)
    told: list[Event] = []
    for node in _by_rank(delta.added.nodes.values()):
        told.extend(teller.arrival(node))
    for node in _by_rank(delta.changed.nodes.values()):
        told.extend(teller.change(old.nodes[node.id], node))
    for edge in delta.added.edges.values():
        told.extend(teller.connection(edge))
    for edge_id in delta.removed.edges:
        told.extend(teller.disconnection(old.edges[edge_id]))
    for node in _by_rank(old.nodes[identity] for identity in delta.removed.nodes):
        told.extend(teller.departure(node))
    return tuple(told)


def change(found: Change, graph: Graph, namespace: str) -> Event | None:
    """Tell one route, rule, neighbour or forwarding entry. None for the kernel's own bookkeeping.

    Told: routes of the tables people write in; rules; neighbours that are not link-local; forwarding entries that
    were learned or lead into a tunnel. Untold: local and multicast routes, a device's own addresses.
    """
    names = {interface.index: interface.name for interface in graph.interfaces(namespace)}
    place = _place(graph, namespace)
    value = found.value
    came = found.added
    if isinstance(value, Route):
        if value.table == "local" or value.destination.is_multicast or value.destination.is_link_local:
            return None
        text = f"{place}: route {route.describe(value, names)} {'added' if came else 'removed'}"
        return Event(text, "route_added" if came else "route_removed", namespace)
    if isinstance(value, PolicyRule):
        text = f"{place}: rule {value.priority}: {policy_rule.describe(value)} {'added' if came else 'removed'}"
        return Event(text, "rule_added" if came else "rule_removed", namespace)
    if isinstance(value, Neighbour):
        return _neighbour(value, came, place, names, namespace)
    return _forwarding(value, came, place, names, namespace)


def firewall_changed(graph: Graph, namespace: str) -> Event:
    """Tell that packet filter rules changed; which ones, the kernel's notice does not say in rules' words."""
    place = _place(graph, namespace)
    return Event(f"{place}: firewall rules changed", "firewall_changed", namespace)


class _Teller:
    """Tells nodes and edges, knowing both graphs."""

    def __init__(self, old: Graph, new: Graph) -> None:
        self._old = old
        self._new = new

    def arrival(self, node: Node) -> Iterator[Event]:
        if isinstance(node, HostNode):
            yield Event(f"{node.name}: lab host joined with address {node.address}", "host_added", node.id)
        elif isinstance(node, NetworkNode):
            if node.driver not in ("host", "null"):
                subnets = "".join(f" {subnet}" for subnet in node.subnets)
                text = f"{', '.join(node.hosts)}: {node.driver} network {node.name}{subnets} created"
                yield Event(text, "network_created", node.id)
        elif isinstance(node, ContainerNode):
            kind, verb = _CONTAINER_VERBS[node.state]
            yield Event(f"{node.host}: container {node.name} {verb}", kind, node.id)
        elif isinstance(node, NamespaceNode):
            if node.role != "host":
                yield Event(_namespace_made(node, self._new), "namespace_added", node.id)
        elif node.namespace in self._old.nodes:
            place = _place(self._new, node.namespace)
            yield Event(f"{place}: interface {node.name} ({node.type}) appeared", "interface_added", node.id)
            if node.master is not None:
                yield self._joined(node, place)

    def departure(self, node: Node) -> Iterator[Event]:
        if isinstance(node, HostNode):
            yield Event(f"{node.name}: lab host gone", "host_removed", node.id)
        elif isinstance(node, NetworkNode):
            if node.driver not in ("host", "null"):
                yield Event(f"{', '.join(node.hosts)}: network {node.name} removed", "network_removed", node.id)
        elif isinstance(node, ContainerNode):
            yield Event(f"{node.host}: container {node.name} removed", "container_removed", node.id)
        elif isinstance(node, NamespaceNode):
            place = _place(self._old, node.id)
            yield Event(f"{place}: network namespace gone, with its interfaces", "namespace_removed", node.id)
        elif node.namespace in self._new.nodes:
            place = _place(self._old, node.namespace)
            yield Event(f"{place}: interface {node.name} gone", "interface_removed", node.id)

    def change(self, before: Node, after: Node) -> Iterator[Event]:
        if isinstance(before, ContainerNode) and isinstance(after, ContainerNode):
            yield from self._container(before, after)
        elif isinstance(before, NamespaceNode) and isinstance(after, NamespaceNode):
            yield from self._namespace(before, after)
        elif isinstance(before, InterfaceNode) and isinstance(after, InterfaceNode):
            yield from self._interface(before, after)
        elif isinstance(before, HostNode) and isinstance(after, HostNode):
            if before.engine_version != after.engine_version:
                answers = "answers" if after.engine_version else "no longer answers"
                yield Event(f"{after.name}: Docker Engine {answers}", "engine_changed", after.id)
        elif isinstance(before, NetworkNode) and isinstance(after, NetworkNode):
            for host in sorted(set(after.hosts) - set(before.hosts)):
                yield Event(f"{host}: network {after.name} reached this host", "network_extended", after.id)
            for host in sorted(set(before.hosts) - set(after.hosts)):
                yield Event(f"{host}: network {after.name} left this host", "network_withdrawn", after.id)

    def connection(self, edge: Edge) -> Iterator[Event]:
        if isinstance(edge, VethEdge):
            ends = f"{self._end(self._new, edge.a)} and {self._end(self._new, edge.b)}"
            yield Event(f"{ends} are two ends of one veth", "cable_added", edge.a)
        elif isinstance(edge, VxlanEdge):
            ends = f"{self._end(self._new, edge.a)} and {self._end(self._new, edge.b)}"
            yield Event(f"{ends} form a VXLAN tunnel", "tunnel_added", edge.a)
        elif isinstance(edge, AttachedEdge):
            container, network = self._new.nodes[edge.a], self._new.nodes[edge.b]
            if edge.a in self._old.nodes and isinstance(container, ContainerNode) and isinstance(network, NetworkNode):
                address = f" with address {edge.addresses[0]}" if edge.addresses else ""
                text = f"{container.host}: container {container.name} connected to network {network.name}{address}"
                yield Event(text, "container_connected", container.id)

    def disconnection(self, edge: Edge) -> Iterator[Event]:
        gone = edge.a not in self._new.nodes or edge.b not in self._new.nodes
        if isinstance(edge, AttachedEdge) and not gone:
            container, network = self._new.nodes[edge.a], self._new.nodes[edge.b]
            if isinstance(container, ContainerNode) and isinstance(network, NetworkNode):
                text = f"{container.host}: container {container.name} disconnected from network {network.name}"
                yield Event(text, "container_disconnected", container.id)

    def _container(self, before: ContainerNode, after: ContainerNode) -> Iterator[Event]:
        if before.state != after.state and after.state != "removing":  # "removed" follows within milliseconds
            kind, verb = _CONTAINER_VERBS[after.state]
            if before.state == "paused" and after.state == "running":
                kind, verb = "container_unpaused", "goes on"
            yield Event(f"{after.host}: container {after.name} {verb}", kind, after.id)
        elif before.namespace != after.namespace and before.namespace and after.namespace:
            text = f"{after.host}: container {after.name} restarted, in a new network namespace"
            yield Event(text, "container_restarted", after.id)
        if before.health != after.health and after.health is not None and after.state == "running":
            words = _HEALTH_WORDS[after.health]
            yield Event(f"{after.host}: container {after.name} {words}", f"container_{after.health}", after.id)
        if before.name != after.name:
            text = f"{after.host}: container {before.name} is now called {after.name}"
            yield Event(text, "container_renamed", after.id)

    def _namespace(self, before: NamespaceNode, after: NamespaceNode) -> Iterator[Event]:
        if before.role == after.role or before.role == "host":
            return
        if after.role in ("pod", "overlay", "ingress"):
            yield Event(_namespace_made(after, self._new), "namespace_changed", after.id)

    def _interface(self, before: InterfaceNode, after: InterfaceNode) -> Iterator[Event]:
        place = _place(self._new, after.namespace)
        where = f"{place}: interface {after.name}"
        if before.name != after.name:
            text = f"{place}: interface {before.name} is now called {after.name}"
            yield Event(text, "interface_renamed", after.id)
        if before.master != after.master:
            if before.master is not None:
                yield Event(f"{where} left bridge {self._name(self._old, before.master)}", "interface_left", after.id)
            if after.master is not None:
                yield self._joined(after, place)
        if before.state != after.state:
            kind = "interface_up" if after.state == "up" else "interface_down"
            yield Event(f"{where} {_STATE_WORDS[after.state]}", kind, after.id)
        elif ("UP" in before.flags) != ("UP" in after.flags):
            up = "UP" in after.flags
            yield Event(f"{where} was set {'up' if up else 'down'}", f"interface_{'up' if up else 'down'}", after.id)
        if before.mtu_bytes != after.mtu_bytes:
            text = f"{where} has MTU {after.mtu_bytes} (was {before.mtu_bytes})"
            yield Event(text, "interface_mtu_changed", after.id)
        if before.mac != after.mac:
            yield Event(f"{where} has MAC {after.mac} (was {before.mac})", "interface_mac_changed", after.id)
        had = {item.address for item in before.addresses}
        has = {item.address for item in after.addresses}
        for item in after.addresses:
            if item.address not in had and item.scope != "link":
                yield Event(f"{where} got address {item.address}", "address_added", after.id)
        for item in before.addresses:
            if item.address not in has and item.scope != "link":
                yield Event(f"{where} lost address {item.address}", "address_removed", after.id)

    def _joined(self, node: InterfaceNode, place: str) -> Event:
        bridge = self._name(self._new, node.master)
        return Event(f"{place}: interface {node.name} joined bridge {bridge}", "interface_joined", node.id)

    def _end(self, graph: Graph, identity: str) -> str:
        node = graph.nodes[identity]
        if not isinstance(node, InterfaceNode):
            return identity
        return f"{_place(graph, node.namespace)} {node.name}"

    def _name(self, graph: Graph, identity: str | None) -> str:
        node = graph.nodes.get(identity or "")
        return node.name if node is not None else "that is gone"


def _place(graph: Graph, namespace: str) -> str:
    node = graph.nodes.get(namespace)
    if not isinstance(node, NamespaceNode):
        return "somewhere"
    if node.host is None:
        return node.name
    if node.role == "host":
        return node.host
    sort = {"container": "", "pod": "pod ", "overlay": "overlay ", "ingress": "", "named": "namespace "}
    return f"{node.host}/{sort.get(node.role, '')}{node.name}"


def _namespace_made(node: NamespaceNode, graph: Graph) -> str:
    addresses = [
        f"{interface.name} {item.address}"
        for interface in graph.interfaces(node.id)
        for item in interface.addresses
        if item.scope == "global"
    ]
    holding = f", holding {', '.join(addresses)}" if addresses else ""
    kinds = {
        "container": f"container {node.name} got a network namespace of its own",
        "pod": f"{len(node.containers)} containers share one network namespace, pod {node.name}",
        "overlay": f"overlay network {node.name} got a network namespace for its bridge and tunnel",
        "ingress": f"Swarm made a network namespace: {node.name}",
        "named": f"network namespace {node.name} was added",
        "process": f"a new network namespace holds {node.name}",
    }
    place = node.host if node.host is not None else "underlay"
    return f"{place}: {kinds.get(node.role, 'network namespace made')}{holding}"


def _neighbour(value: Neighbour, came: bool, place: str, names: Mapping[int, str], namespace: str) -> Event | None:
    if value.address.is_link_local or value.address.is_multicast:
        return None
    through = names.get(value.interface, f"if{value.interface}")
    if not came:
        return Event(f"{place}: forgot the MAC of {value.address} on {through}", "neighbour_removed", namespace)
    if value.mac is None:
        return Event(f"{place}: nobody answers for {value.address} on {through}", "neighbour_failed", namespace)
    verb = "was given" if value.state == "permanent" else "learned"
    return Event(f"{place}: {verb} that {value.address} is at {value.mac} on {through}", "neighbour_added", namespace)


def _forwarding(value: FdbEntry, came: bool, place: str, names: Mapping[int, str], namespace: str) -> Event | None:
    if value.destination is None and value.state == "permanent":
        return None
    entry = neighbour.describe_fdb(value, names)
    verb, kind = ("learned", "forwarding_added") if came else ("forgot", "forwarding_removed")
    if came and value.destination is not None:
        verb = "was told"
    return Event(f"{place}: bridge table {verb} {entry}", kind, namespace)


def _by_rank(nodes: Iterable[Node]) -> list[Node]:
    ranks = {"host": 0, "network": 1, "container": 2, "namespace": 3, "interface": 4}
    return sorted(nodes, key=lambda node: ranks[node.kind])
