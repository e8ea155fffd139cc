"""Other tools' formats: readable by them, whatever a learner calls things."""

from __future__ import annotations

import json
from io import BytesIO
from xml.etree import ElementTree

import networkx as nx
import pytest

from labs.kernel.namespace import Namespace
from labs.topology import export, wire
from labs.topology.graph import Graph, build
from labs.topology.wire import InterfaceNode, NamespaceNode
from tests.unit.topology import sample

HOSTILE = 'a"]; end\n--> x\\ <b>&\x01#quot;'


@pytest.fixture
def graph() -> Graph:
    return build(sample.observation())


@pytest.fixture
def hostile() -> Graph:
    namespace = wire.namespace_id(Namespace(4, 1))
    interface = InterfaceNode(
        "if:4-1:1", namespace, 1, HOSTILE, "veth", None, 1500, "up", (), None, ()
    )  # fmt: skip
    return Graph([NamespaceNode(namespace, None, "named", HOSTILE, ()), interface])


def test_json_reads_back(graph: Graph) -> None:
    found = wire.elements_from_object(json.loads(export.write(graph, "json")))
    assert (found.nodes, found.edges) == (graph.nodes, graph.edges)


def test_cytoscape_nests_and_refers_to_known_nodes(graph: Graph) -> None:
    elements = json.loads(export.write(graph, "cytoscape"))["elements"]
    nodes = {node["data"]["id"]: node["data"] for node in elements["nodes"]}
    assert nodes.keys() == graph.nodes.keys()
    assert {node["parent"] for node in nodes.values()} - {None} <= nodes.keys()
    assert nodes["if:4-102:5"]["parent"] == "ns:4-102"
    assert nodes["ns:4-102"]["parent"] == "host:alpha"
    assert nodes["if:4-102:5"]["label"] == "eth0 172.17.0.2/16"
    for edge in elements["edges"]:
        assert {edge["data"]["source"], edge["data"]["target"]} <= nodes.keys()


@pytest.mark.parametrize("name", ["graph", "hostile"])
def test_graphml_is_read_by_networkx(name: str, request: pytest.FixtureRequest) -> None:
    graph: Graph = request.getfixturevalue(name)
    read = nx.read_graphml(BytesIO(export.write(graph, "graphml").encode()), force_multigraph=True)
    assert isinstance(read, nx.MultiGraph)
    assert set(read.nodes) == graph.nodes.keys()
    assert {key for _, _, key in read.edges(keys=True)} == graph.edges.keys()


def test_graphml_keeps_values(graph: Graph) -> None:
    text = export.write(graph, "graphml")
    read = nx.read_graphml(BytesIO(text.encode()), force_multigraph=True)
    assert read.nodes["if:4-102:5"]["mtu_bytes"] == 1500
    assert json.loads(read.nodes["if:4-102:5"]["addresses"])[0]["address"] == "172.17.0.2/16"
    assert ElementTree.fromstring(text).tag.endswith("graphml")


@pytest.mark.parametrize("into", ["dot", "mermaid"])
def test_diagrams_nest_everything_once(graph: Graph, into: export.Format) -> None:
    text = export.write(graph, into)
    groups = text.count("subgraph ")
    closed = sum(line.strip() in ("}", "end") for line in text.splitlines())
    assert groups == 2 + 8
    assert closed == groups + (into == "dot")
    drawn = sum(edge.type != "inside" for edge in graph.edges.values())
    assert text.count(" -- " if into == "dot" else "|veth|") + text.count("|port|") >= (drawn if into == "dot" else 8)


def test_hostile_names_stay_in_their_quotes(hostile: Graph) -> None:
    dot = export.write(hostile, "dot")
    assert dot.count("\n") == len(["graph", "node", "subgraph", "interface", "}", "}"])
    mermaid = export.write(hostile, "mermaid")
    assert mermaid.splitlines()[-1].strip() == "end"
    assert len(mermaid.splitlines()) == 4
    assert not any(sign in line.split('"')[1] for line in mermaid.splitlines()[1:3] for sign in '"[]<>\\&')


def test_every_format_has_a_media_type_and_takes_an_empty_graph() -> None:
    assert set(export.FORMATS) == set(export.MEDIA_TYPES)
    for into in export.FORMATS:
        assert export.write(Graph(), into)
