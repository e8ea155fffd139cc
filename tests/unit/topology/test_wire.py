"""The wire format is what the page and the programs were promised, and reads back."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from labs.kernel.namespace import Namespace
from labs.topology import wire
from labs.topology.delta import diff
from labs.topology.graph import Graph, build
from labs.topology.wire import (
    DeltaMessage,
    Event,
    Message,
    ProgressMessage,
    SnapshotMessage,
    StateMessage,
)
from tests.unit.topology import sample


def _messages() -> list[Message]:
    graph = build(sample.observation())
    delta = diff(Graph(), graph)
    return [
        SnapshotMessage("ab12", 17, 1763870000.125, dict(graph.nodes), dict(graph.edges)),
        DeltaMessage(
            session="ab12",
            sequence=18,
            at=1.5,
            added=delta.added,
            changed=delta.changed,
            removed=delta.removed,
            touched={"ns:4-100": ("routes", "fdb")},
            events=(Event("alpha: container web started", "container_started", "container:w"),),
        ),
        ProgressMessage("ab12", 19, 1.0, "container", 3, 9, "three of nine"),
        StateMessage("ab12", 20, 1.0, "running", None),
    ]


@pytest.mark.parametrize("message", _messages(), ids=lambda message: message.type)
def test_message_reads_back(message: Message) -> None:
    text = wire.to_json(message)
    assert wire.from_json(text) == message
    assert json.loads(text) == wire.to_object(message)


def test_elements_look_as_agreed() -> None:
    plain = wire.to_object(_messages()[0])
    assert plain["nodes"]["host:alpha"] == {
        "id": "host:alpha",
        "kind": "host",
        "name": "alpha",
        "address": "10.77.0.11",
        "engine_version": "20.10.24",
    }
    assert plain["nodes"]["if:4-102:5"] == {
        "id": "if:4-102:5",
        "kind": "interface",
        "namespace": "ns:4-102",
        "index": 5,
        "name": "eth0",
        "type": "veth",
        "mac": "02:00:00:00:00:05",
        "mtu_bytes": 1500,
        "state": "up",
        "flags": ["UP", "LOWER_UP"],
        "master": None,
        "addresses": [{"address": "172.17.0.2/16", "scope": "global"}],
        "vxlan": None,
        "macvlan_mode": None,
    }
    assert plain["edges"]["veth:4-100:6~4-102:5"] == {
        "id": "veth:4-100:6~4-102:5",
        "kind": "wired",
        "type": "veth",
        "a": "if:4-100:6",
        "b": "if:4-102:5",
    }
    attached = next(edge for edge in plain["edges"].values() if edge["type"] == "attached")
    assert attached["addresses"] == ["172.17.0.2/16"]
    assert attached["aliases"] == ["web", "www"]


@pytest.mark.parametrize("text", ["{}", "[]", '{"type":"other"}', '{"type":"state","session":"a"}', "nonsense"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        wire.from_json(text)


def test_ids_lead_back_to_their_namespace() -> None:
    assert wire.namespace_of("ns:4-102") == wire.namespace_of("if:4-102:5") == Namespace(4, 102)
    for other in ("host:alpha", "ns:x", "", "container:4-102"):
        with pytest.raises(ValueError, match=r"."):
            wire.namespace_of(other)


def test_schema_names_every_sort_of_element() -> None:
    definitions = wire.schema()["$defs"]
    assert {"HostNode", "NamespaceNode", "InterfaceNode", "ContainerNode", "NetworkNode"} <= definitions.keys()
    assert {"VethEdge", "PortEdge", "MacvlanEdge", "VxlanEdge", "InsideEdge", "AttachedEdge"} <= definitions.keys()
