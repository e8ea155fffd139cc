"""A difference leads from one graph to the other, exactly, and says nothing twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from labs.topology.delta import apply, diff
from labs.topology.graph import Graph, build
from labs.topology.wire import Edge, HostNode, Node
from tests.unit.topology import sample

FULL = build(sample.observation())


@some.composite
def parts(draw: some.DrawFn) -> Graph:
    """Part of the sample's graph, with some nodes changed."""
    nodes: list[Node] = []
    for node in FULL.nodes.values():
        if draw(some.integers(0, 4)):
            changed = isinstance(node, HostNode) and draw(some.booleans())
            nodes.append(HostNode(node.id, node.name, node.address, None) if changed else node)  # type: ignore[union-attr]  # `changed` implies a host
    edges: list[Edge] = [edge for edge in FULL.edges.values() if draw(some.integers(0, 4))]
    return Graph(nodes, edges)


@given(parts(), parts())
def test_applying_a_difference_gives_the_other_graph(old: Graph, new: Graph) -> None:
    reached = apply(old, diff(old, new))
    assert (reached.nodes, reached.edges) == (new.nodes, new.edges)


@given(parts())
def test_equal_graphs_differ_in_nothing(graph: Graph) -> None:
    assert not diff(graph, Graph(graph.nodes.values(), graph.edges.values()))


@given(parts(), parts())
def test_each_element_is_told_once(old: Graph, new: Graph) -> None:
    delta = diff(old, new)
    told = [*delta.added.nodes, *delta.changed.nodes, *delta.removed.nodes]
    told += [*delta.added.edges, *delta.changed.edges, *delta.removed.edges]
    assert len(told) == len(set(told))


def test_removed_node_takes_its_edges_along() -> None:
    less = build(sample.without(sample.observation(), sample.WEB, containers=("web",)))
    removed = diff(FULL, less).removed
    assert set(removed.edges) >= {"veth:4-100:6~4-102:5", "port:4-100:6~4-100:3"}
    assert not any(edge.a in removed.nodes or edge.b in removed.nodes for edge in less.edges.values())
