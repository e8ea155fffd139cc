"""The graph of one session: nodes and edges of the wire format in a networkx multigraph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import networkx as nx

from labs.engine.facts import ContainerFacts, NetworkFacts
from labs.kernel.interface import Interface
from labs.topology import naming
from labs.topology.observation import Observation, ObservedHost, ObservedNamespace
from labs.topology.wire import (
    AttachedEdge,
    ContainerNode,
    Edge,
    Elements,
    HostNode,
    InsideEdge,
    InterfaceAddress,
    InterfaceNode,
    InterfaceType,
    NetworkNode,
    Node,
    PublishedPort,
    RealisedEdge,
    VxlanData,
    container_id,
    host_id,
    interface_id,
    namespace_id,
    network_id,
)
from labs.topology.wiring import Wiring

_TYPES: Mapping[str, InterfaceType] = {
    "veth": "veth",
    "bridge": "bridge",
    "vxlan": "vxlan",
    "macvlan": "macvlan",
    "macvtap": "macvlan",
    "ipvlan": "ipvlan",
    "loopback": "loopback",
    "tun": "tun",
    "ifb": "ifb",
}


class Graph:
    """A session's graph at one moment. Treat as frozen: build another for another moment.

    `nodes` and `edges` are by id. `network` is the same as a `networkx.MultiGraph`: node and edge keys are the ids,
    each with its value as the attribute `value`; an edge is left out there if one of its ends is missing.
    """

    def __init__(self, nodes: Iterable[Node] = (), edges: Iterable[Edge] = ()) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._edges = {edge.id: edge for edge in edges if edge.a in self._nodes and edge.b in self._nodes}
        self._network: nx.MultiGraph[str] | None = None

    @property
    def nodes(self) -> Mapping[str, Node]:
        return MappingProxyType(self._nodes)

    @property
    def edges(self) -> Mapping[str, Edge]:
        return MappingProxyType(self._edges)

    @property
    def elements(self) -> Elements:
        """Nodes and edges as the wire format groups them."""
        return Elements(dict(self._nodes), dict(self._edges))

    @property
    def network(self) -> nx.MultiGraph[str]:
        """The networkx graph, made when first asked for."""
        if self._network is None:
            network: nx.MultiGraph[str] = nx.MultiGraph()
            for node in self._nodes.values():
                network.add_node(node.id, value=node)
            for edge in self._edges.values():
                network.add_edge(edge.a, edge.b, key=edge.id, value=edge)
            self._network = network
        return self._network

    def interfaces(self, namespace: str) -> tuple[InterfaceNode, ...]:
        """Return a namespace's interfaces by index; empty for an unknown id."""
        found = (n for n in self._nodes.values() if isinstance(n, InterfaceNode) and n.namespace == namespace)
        return tuple(sorted(found, key=lambda node: node.index))


def build(observation: Observation) -> Graph:
    """Build the graph of one moment. Pure; about 10 µs per interface."""
    return Graph(_nodes(observation), _edges(observation))


def from_elements(elements: Elements) -> Graph:
    """Make a graph of elements read back from JSON."""
    return Graph(elements.nodes.values(), elements.edges.values())


def _nodes(observation: Observation) -> Iterator[Node]:
    networks = [
        network for host in observation.hosts for network in (host.inventory.networks if host.inventory else ())
    ]
    for host in observation.hosts:
        version = host.inventory.engine_version if host.inventory else None
        yield HostNode(host_id(host.name), host.name, host.address, version)
        yield from naming.namespaces(host, networks)
        for observed in host.namespaces:
            yield from _interfaces(observed)
        yield from _containers(host)
    if observation.underlay is not None:
        yield naming.underlay(observation.underlay)
        yield from _interfaces(observation.underlay)
    yield from _networks(observation.hosts)


def _interfaces(observed: ObservedNamespace) -> Iterator[InterfaceNode]:
    addresses: dict[int, list[InterfaceAddress]] = {}
    for address in observed.state.addresses:
        addresses.setdefault(address.interface, []).append(InterfaceAddress(address.address, address.scope))
    for interface in observed.state.interfaces:
        yield _interface(observed, interface, tuple(addresses.get(interface.index, ())))


def _interface(
    observed: ObservedNamespace, interface: Interface, addresses: tuple[InterfaceAddress, ...]
) -> InterfaceNode:
    vxlan, namespace = interface.vxlan, observed.namespace
    return InterfaceNode(
        id=interface_id(namespace, interface.index),
        namespace=namespace_id(namespace),
        index=interface.index,
        name=interface.name,
        type=_TYPES.get(interface.kind, "other"),
        mac=interface.mac,
        mtu_bytes=interface.mtu_bytes,
        state=interface.state,
        flags=interface.flags,
        master=None if interface.master is None else interface_id(namespace, interface.master),
        addresses=addresses,
        vxlan=None if vxlan is None else VxlanData(vxlan.vni, vxlan.port, vxlan.local, vxlan.remote),
        macvlan_mode=interface.macvlan_mode,
    )


def _containers(host: ObservedHost) -> Iterator[ContainerNode]:
    containers = host.inventory.containers if host.inventory else ()
    names = {container.id: container.name for container in containers}
    present = {observed.namespace for observed in host.namespaces}
    for container in containers:
        inside = container.namespace if container.namespace in present else None
        yield ContainerNode(
            id=container_id(container.id),
            host=host.name,
            name=container.name,
            image=container.image,
            state=container.state,
            health=container.health,
            network_mode=_network_mode(container, names),
            service=container.service,
            namespace=None if inside is None else namespace_id(inside),
            ports=tuple(PublishedPort(p.host_ip, p.published, p.target, p.protocol) for p in container.ports),
            pause=container.pause,
            command=container.command,
        )


def _network_mode(container: ContainerFacts, names: Mapping[str, str]) -> str:
    if container.network_mode == "default":
        return "bridge"
    mode, _, target = container.network_mode.partition(":")
    return f"container:{names.get(target, target[:12])}" if mode == "container" else container.network_mode


def _networks(hosts: Iterable[ObservedHost]) -> Iterator[NetworkNode]:
    by_id: dict[str, list[NetworkFacts]] = {}
    for host in hosts:
        for network in host.inventory.networks if host.inventory else ():
            by_id.setdefault(network.id, []).append(network)
    for identity, known in by_id.items():
        # Every host of a Swarm knows an overlay under one id; a worker that does not use it yet knows less of it.
        fullest = max(known, key=lambda network: len(network.subnets))
        yield NetworkNode(
            id=network_id(identity),
            hosts=tuple(network.host for network in known),
            name=fullest.name,
            driver=fullest.driver,
            scope=fullest.scope,
            subnets=tuple(subnet.subnet for subnet in fullest.subnets),
            gateways=tuple(subnet.gateway for subnet in fullest.subnets if subnet.gateway is not None),
            internal=fullest.internal,
            attachable=fullest.attachable,
            bridge=fullest.bridge,
            options=dict(fullest.options),
        )


def _edges(observation: Observation) -> Iterator[Edge]:
    everywhere: list[tuple[str | None, ObservedNamespace]] = [
        (host.name, observed) for host in observation.hosts for observed in host.namespaces
    ]
    if observation.underlay is not None:
        everywhere.append((None, observation.underlay))
    yield from Wiring(everywhere).edges()
    for host in observation.hosts:
        for container in host.inventory.containers if host.inventory else ():
            yield from _memberships(container)
        yield from _realisations(host)


def _memberships(container: ContainerFacts) -> Iterator[Edge]:
    own = container_id(container.id)
    if container.namespace is not None:
        inside = namespace_id(container.namespace)
        yield InsideEdge(f"inside:{container.id}~{container.namespace.key}", own, inside)
    for endpoint in container.endpoints:
        yield AttachedEdge(
            id=f"attached:{container.id}~{endpoint.network_id}",
            a=own,
            b=network_id(endpoint.network_id),
            addresses=endpoint.addresses,
            aliases=endpoint.aliases,
        )


def _realisations(host: ObservedHost) -> Iterator[RealisedEdge]:
    """Yield a network's bridge or macvlan parent in the host's namespace, and its VXLAN devices wherever they are."""
    own = next((observed for observed in host.namespaces if observed.own), None)
    for network in host.inventory.networks if host.inventory else ():
        if own is not None:
            name = network.bridge if network.driver == "bridge" else network.options.get("parent")
            for interface in own.state.interfaces if name else ():
                if interface.name == name:
                    yield _realised(network, own, interface)
        for observed in host.namespaces:
            for interface in observed.state.interfaces:
                if interface.vxlan is not None and interface.vxlan.vni in network.vnis:
                    yield _realised(network, observed, interface)


def _realised(network: NetworkFacts, observed: ObservedNamespace, interface: Interface) -> RealisedEdge:
    end = interface_id(observed.namespace, interface.index)
    return RealisedEdge(f"realised:{network.id}~{end.removeprefix('if:')}", network_id(network.id), end)
