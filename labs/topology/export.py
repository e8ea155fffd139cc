"""The graph in the formats of other tools: Cytoscape.js, GraphML, Graphviz, Mermaid, and our own JSON.

Names in a graph are a learner's: each format's own quoting is applied, so that no name can break out of its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Final, Literal, get_args

import networkx as nx

from labs.topology.graph import Graph
from labs.topology.wire import (
    ContainerNode,
    Edge,
    HostNode,
    InterfaceNode,
    JsonObject,
    NamespaceNode,
    NetworkNode,
    Node,
    elements_to_object,
    host_id,
)

Format = Literal["json", "cytoscape", "graphml", "dot", "mermaid"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
MEDIA_TYPES: Final[dict[Format, str]] = {
    "json": "application/json",
    "cytoscape": "application/json",
    "graphml": "application/graphml+xml",
    "dot": "text/vnd.graphviz",
    "mermaid": "text/vnd.mermaid",
}
_XML_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(graph: Graph, into: Format) -> str:
    """Return the graph as text in one of `FORMATS`."""
    writers: dict[Format, Callable[[Graph], str]] = {
        "json": lambda graph: json.dumps(elements_to_object(graph.elements)),
        "cytoscape": lambda graph: json.dumps(cytoscape(graph)),
        "graphml": graphml,
        "dot": dot,
        "mermaid": mermaid,
    }
    return writers[into](graph)


def cytoscape(graph: Graph) -> JsonObject:
    """Return Cytoscape.js elements: `data.parent` nests interfaces and containers in namespaces, those in hosts."""
    plain = elements_to_object(graph.elements)
    return {
        "elements": {
            "nodes": [
                {"data": {**found, "label": label(graph.nodes[key]), "parent": parent(graph, graph.nodes[key])}}
                for key, found in plain["nodes"].items()
            ],
            "edges": [
                {"data": {**found, "source": found["a"], "target": found["b"]}} for found in plain["edges"].values()
            ],
        }
    }


def graphml(graph: Graph) -> str:
    """Return GraphML. Lists and objects, which it cannot hold, become JSON text; None becomes an absent key."""
    plain = elements_to_object(graph.elements)
    flat: nx.MultiGraph[str] = nx.MultiGraph()
    for key, found in plain["nodes"].items():
        flat.add_node(key, label=_xml(label(graph.nodes[key])), **dict(_flat(found)))
    for key, found in plain["edges"].items():
        # networkx writes the edge's key as GraphML's own id; a data key named `id` would be a second one.
        flat.add_edge(found["a"], found["b"], key=key, **{k: v for k, v in _flat(found) if k != "id"})
    out = BytesIO()
    nx.write_graphml(flat, out, named_key_ids=True)
    return out.getvalue().decode()


def dot(graph: Graph) -> str:
    """Return Graphviz: hosts and namespaces are clusters, drawn edges are undirected."""
    lines = ["graph session {", "  node [shape=box, style=rounded];"]
    lines += _tree(graph, _dot_group, _dot_node)
    for edge in _between(graph):
        lines.append(f"  {_quote(edge.a)} -- {_quote(edge.b)} [label={_quote(edge.type)}{_style(edge)}];")
    return "\n".join([*lines, "}", ""])


def mermaid(graph: Graph) -> str:
    """Return a Mermaid flowchart, which GitHub and GitLab draw in Markdown: the same nesting as `dot`."""
    short = {key: f"n{number}" for number, key in enumerate(graph.nodes)}

    def open_group(key: str, text: str) -> str:
        return f"subgraph {short[key]}[{_mermaid(text)}]"

    def draw(node: Node) -> str:
        return f"{short[node.id]}[{_mermaid(label(node))}]"

    lines = ["flowchart LR", *_tree(graph, lambda key, text: (open_group(key, text), "end"), draw)]
    for edge in _between(graph):
        line = "---" if edge.kind == "wired" else "-.-"
        lines.append(f"  {short[edge.a]} {line}|{edge.type}| {short[edge.b]}")
    return "\n".join([*lines, ""])


def label(node: Node) -> str:
    """Return what to write on a node."""
    if isinstance(node, HostNode):
        return f"{node.name} {node.address}"
    if isinstance(node, NamespaceNode):
        return node.name if node.role in ("host", "container") else f"{node.role} {node.name}"
    if isinstance(node, InterfaceNode):
        addresses = [str(item.address) for item in node.addresses if item.scope == "global"]
        return " ".join([node.name, *addresses])
    if isinstance(node, NetworkNode):
        return f"network {node.name} ({node.driver})"
    return f"container {node.name}"


def parent(graph: Graph, node: Node) -> str | None:
    """Return the id of what a node is drawn inside of: None for hosts, networks and the underlay."""
    found: str | None = None
    if isinstance(node, InterfaceNode):
        found = node.namespace
    elif isinstance(node, ContainerNode):
        found = node.namespace or host_id(node.host)
    elif isinstance(node, NamespaceNode) and node.host is not None:
        found = host_id(node.host)
    return found if found in graph.nodes else None


def _between(graph: Graph) -> Iterator[Edge]:
    """Yield the edges to draw: nesting shows already what is inside what, and Mermaid refuses an edge to a parent."""
    return (edge for edge in graph.edges.values() if parent(graph, graph.nodes[edge.a]) != edge.b)


def _tree(graph: Graph, group: Callable[[str, str], tuple[str, str]], draw: Callable[[Node], str]) -> Iterator[str]:
    """Yield the nested lines of both diagram languages: groups for hosts and namespaces, the rest inside."""
    inside: dict[str | None, list[Node]] = {}
    for node in graph.nodes.values():
        inside.setdefault(parent(graph, node), []).append(node)

    def level(of: str | None, depth: int) -> Iterator[str]:
        indent = "  " * depth
        for node in inside.get(of, ()):
            if isinstance(node, HostNode | NamespaceNode) and node.id in inside:
                opening, closing = group(node.id, label(node))
                yield indent + opening
                yield from level(node.id, depth + 1)
                yield indent + closing
            else:
                yield indent + draw(node)

    yield from level(None, 1)


def _dot_group(key: str, text: str) -> tuple[str, str]:
    # Only a group named cluster… is drawn as a box.
    return f"subgraph {_quote(f'cluster {key}')} {{ label={_quote(text)};", "}"


def _dot_node(node: Node) -> str:
    return f"{_quote(node.id)} [label={_quote(label(node))}];"


def _style(edge: Edge) -> str:
    return "" if edge.kind == "wired" else ", style=dashed"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def _mermaid(text: str) -> str:
    # Mermaid has no escape character, only entities written with # for &.
    safe = "".join(c if c.isalnum() or c in " .:/-_()" else f"#{ord(c)};" for c in text)
    return f'"{safe}"'


def _flat(found: JsonObject) -> Iterator[tuple[str, str | int | float | bool]]:
    for key, value in found.items():
        if isinstance(value, bool | int | float):
            yield key, value
        elif value is not None:
            yield key, _xml(value if isinstance(value, str) else json.dumps(value))


def _xml(text: str) -> str:
    """Replace characters that XML 1.0 cannot hold in any form."""
    return _XML_UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)
