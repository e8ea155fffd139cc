"""The graph says what kernels and engines said, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import pytest

from labs.kernel.namespace import Namespace
from labs.topology import wire
from labs.topology.graph import Graph, build, from_elements
from labs.topology.observation import ObservedHost, ObservedNamespace
from labs.topology.wire import ContainerNode, InterfaceNode, NamespaceNode, NetworkNode
from tests.unit.topology import sample


@pytest.fixture
def graph() -> Graph:
    return build(sample.observation())


def _name(graph: Graph, identity: str) -> str:
    node = graph.nodes[identity]
    if isinstance(node, InterfaceNode):
        namespace = graph.nodes[node.namespace]
        assert isinstance(namespace, NamespaceNode)
        return f"{namespace.host}/{namespace.name}:{node.name}"
    return node.name


def _edges(graph: Graph, sort: str) -> set[tuple[str, str]]:
    return {(_name(graph, e.a), _name(graph, e.b)) for e in graph.edges.values() if e.type == sort}


def test_roles_and_names(graph: Graph) -> None:
    found = {(n.host, n.role, n.name, len(n.containers)) for n in graph.nodes.values() if isinstance(n, NamespaceNode)}
    assert found == {
        ("alpha", "host", "alpha", 1),
        ("alpha", "container", "web", 1),
        ("alpha", "pod", "pause", 2),
        ("alpha", "overlay", "backend", 0),
        ("beta", "host", "beta", 0),
        ("beta", "overlay", "backend", 0),
        ("beta", "container", "at", 1),
        (None, "underlay", "underlay", 0),
    }


def test_cables_ports_parents_and_tunnels(graph: Graph) -> None:
    assert _edges(graph, "veth") == {
        ("alpha/alpha:veth1", "alpha/web:eth0"),
        ("alpha/alpha:eth0", "None/underlay:alpha"),
        ("beta/beta:eth0", "None/underlay:beta"),
    }
    assert _edges(graph, "port") == {
        ("alpha/alpha:veth1", "alpha/alpha:docker0"),
        ("alpha/backend:vxlan0", "alpha/backend:br0"),
        ("beta/backend:vxlan0", "beta/backend:br0"),
        ("None/underlay:alpha", "None/underlay:underlay0"),
        ("None/underlay:beta", "None/underlay:underlay0"),
    }
    assert _edges(graph, "macvlan") == {("beta/at:eth0", "beta/beta:eth0")}
    assert _edges(graph, "vxlan") == {("alpha/backend:vxlan0", "beta/backend:vxlan0")}


def test_memberships(graph: Graph) -> None:
    assert _edges(graph, "inside") == {
        ("web", "web"), ("pause", "pause"), ("app", "pause"), ("here", "alpha"), ("at", "at"),
    }  # fmt: skip
    assert _edges(graph, "attached") == {("web", "bridge")}
    assert _edges(graph, "realised") == {
        ("bridge", "alpha/alpha:docker0"),
        ("backend", "alpha/backend:vxlan0"),
        ("lan", "beta/beta:eth0"),
    }


def test_containers_and_networks(graph: Graph) -> None:
    containers = {node.name: node for node in graph.nodes.values() if isinstance(node, ContainerNode)}
    modes = {name: node.network_mode for name, node in containers.items()}
    assert modes == {
        "web": "bridge", "pause": "none", "app": "container:pause", "here": "host", "old": "bridge", "at": "lan",
    }  # fmt: skip
    assert containers["old"].namespace is None
    assert containers["web"].ports[0].published == 8080
    networks = {node.name: node for node in graph.nodes.values() if isinstance(node, NetworkNode)}
    assert networks["backend"].hosts == ("alpha", "beta")
    assert [str(subnet) for subnet in networks["bridge"].subnets] == ["172.17.0.0/16"]


def test_networkx_graph_holds_the_same(graph: Graph) -> None:
    assert set(graph.network.nodes) == set(graph.nodes)
    assert {key for _, _, key in graph.network.edges(keys=True)} == set(graph.edges)
    web, beta = wire.interface_id(sample.WEB, 5), wire.interface_id(sample.BETA, 2)
    wired = [(edge.a, edge.b) for edge in graph.edges.values() if edge.kind == "wired"]
    assert nx.has_path(nx.Graph(wired), wire.interface_id(sample.ALPHA, 2), beta)
    assert not nx.has_path(nx.Graph(wired), web, beta), "only routing joins docker0 and eth0"


def test_peer_in_an_unresolved_namespace_gives_no_cable() -> None:
    """[web] eth0 #5 points to #6 of namespace 0, which nobody looked into, though alpha has a fitting #6."""
    observation = sample.observation()
    alpha, *rest = observation.hosts
    blind = tuple(replace(o, peers={}) if o.namespace == sample.WEB else o for o in alpha.namespaces)
    graph = build(replace(observation, hosts=(replace(alpha, namespaces=blind), *rest)))
    assert ("alpha/alpha:veth1", "alpha/web:eth0") not in _edges(graph, "veth")


def test_tunnels_join_equal_vni_and_port_on_different_hosts_only() -> None:
    observation = sample.observation()
    alpha, beta = observation.hosts
    twin = ObservedNamespace(sample.overlay_state(Namespace(4, 999)), engine_file="1-other")
    alone = build(replace(observation, hosts=(replace(alpha, namespaces=(*alpha.namespaces, twin)),)))
    assert _edges(alone, "vxlan") == set()
    three = build(replace(observation, hosts=(alpha, beta, ObservedHost("gamma", beta.address, (twin,)))))
    assert len(_edges(three, "vxlan")) == 3


def test_overlay_sandbox_takes_its_name_from_another_hosts_engine() -> None:
    """[beta: overlay sandbox], of a network that beta's engine does not list yet and alpha's does."""
    observation = sample.observation()
    alpha, beta = observation.hosts
    assert beta.inventory is not None
    unaware = replace(beta, inventory=replace(beta.inventory, networks=()))
    graph = build(replace(observation, hosts=(alpha, unaware)))
    node = graph.nodes[wire.namespace_id(sample.BACK_B)]
    assert isinstance(node, wire.NamespaceNode)
    assert (node.role, node.name) == ("overlay", "backend")


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        ({"engine_file": "ingress_sbox"}, ("ingress", "ingress")),
        ({"engine_file": "lb_backendkk"}, ("ingress", "load balancer of backend")),
        ({"engine_file": "1-backendkkk"}, ("overlay", "backend")),
        ({"engine_file": "1-zzzzzzzzzz"}, ("overlay", "zzzzzzzzzz")),
        ({"engine_file": "0123456789ab"}, ("container", "0123456789ab")),
        ({"name": "mine", "process": "sh (7)"}, ("named", "mine")),
        ({"process": "sh (7)"}, ("process", "sh (7)")),
        ({}, ("process", "a process")),
    ],
)
def test_lesser_traces_of_what_a_namespace_is_for(trace: dict[str, str], expected: tuple[str, str]) -> None:
    observation = sample.observation()
    alpha = observation.hosts[0]
    odd = ObservedNamespace(
        sample.state(Namespace(4, 998)),
        engine_file=trace.get("engine_file"),
        name=trace.get("name"),
        process=trace.get("process"),
    )
    graph = build(replace(observation, hosts=(replace(alpha, namespaces=(*alpha.namespaces, odd)),)))
    node = graph.nodes["ns:4-998"]
    assert isinstance(node, NamespaceNode)
    assert (node.role, node.name) == expected


def test_silent_engine_leaves_the_kernels_half() -> None:
    observation = sample.observation()
    mute = replace(observation, hosts=tuple(replace(host, inventory=None) for host in observation.hosts))
    graph = build(mute)
    assert len(_edges(graph, "veth")) == 3
    assert {node.kind for node in graph.nodes.values()} == {"host", "namespace", "interface"}


def test_elements_read_back(graph: Graph) -> None:
    again = from_elements(wire.elements_from_object(wire.elements_to_object(graph.elements)))
    assert (again.nodes, again.edges) == (graph.nodes, graph.edges)
