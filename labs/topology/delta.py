"""The difference between two graphs, and a graph with a difference applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from labs.topology.graph import Graph
from labs.topology.wire import Edge, Elements, Node, Removed

Value = TypeVar("Value", Node, Edge)


@dataclass(frozen=True, slots=True)
class Delta:
    """What must be added, replaced (given whole) and removed to get from one graph to another. False if nothing."""

    added: Elements = field(default_factory=Elements)
    changed: Elements = field(default_factory=Elements)
    removed: Removed = field(default_factory=Removed)

    def __bool__(self) -> bool:
        parts = (self.added, self.changed, self.removed)
        return any(part.nodes or part.edges for part in parts)


def diff(old: Graph, new: Graph) -> Delta:
    """Return what changed from `old` to `new`. Removing a node is told with its edges, so nothing dangles."""
    added_nodes, changed_nodes, removed_nodes = _compare(old.nodes, new.nodes)
    added_edges, changed_edges, removed_edges = _compare(old.edges, new.edges)
    return Delta(
        Elements(added_nodes, added_edges),
        Elements(changed_nodes, changed_edges),
        Removed(removed_nodes, removed_edges),
    )


def apply(graph: Graph, delta: Delta) -> Graph:
    """Return the graph after the change: `apply(old, diff(old, new))` equals `new`."""
    nodes = {**graph.nodes, **delta.added.nodes, **delta.changed.nodes}
    edges = {**graph.edges, **delta.added.edges, **delta.changed.edges}
    for identity in delta.removed.nodes:
        nodes.pop(identity, None)
    for identity in delta.removed.edges:
        edges.pop(identity, None)
    return Graph(nodes.values(), edges.values())


def _compare(
    old: Mapping[str, Value], new: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, Value], tuple[str, ...]]:
    added = {identity: value for identity, value in new.items() if identity not in old}
    changed = {identity: value for identity, value in new.items() if identity in old and old[identity] != value}
    return added, changed, tuple(identity for identity in old if identity not in new)
