"""The wire format: nodes, edges and messages as browsers and programs get them, and back.

Frozen values with real addresses; JSON by `to_json` and `from_json`. Nodes are discriminated by `kind`, edges by
`type`, messages by `type`. `frontend/src/model/wire.ts` mirrors this module; a test keeps them in step. Ids are
stable while the thing lives: a namespace by device and inode, an interface by namespace and index, a container and a
network by the engine's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from labs.kernel.namespace import Namespace
from labs.kernel.watch import Aspect

Role = Literal["host", "container", "pod", "overlay", "ingress", "underlay", "named", "process"]
InterfaceType = Literal["veth", "bridge", "vxlan", "macvlan", "ipvlan", "loopback", "tun", "ifb", "other"]
InterfaceState = Literal["up", "down", "lower_layer_down", "unknown"]
ContainerState = Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"]
Health = Literal["starting", "healthy", "unhealthy"]
SessionState = Literal["queued", "launching", "running", "stopping", "stopped", "failed"]
Stage = Literal["host", "image", "swarm", "network", "container", "ready"]


@dataclass(frozen=True, slots=True)
class HostNode:
    id: str
    name: str
    address: IPv4Address
    engine_version: str | None
    kind: Literal["host"] = "host"


@dataclass(frozen=True, slots=True)
class NamespaceNode:
    """One network namespace. `host` is None for the underlay; `containers` are ids, the pause container first."""

    id: str
    host: str | None
    role: Role
    name: str
    containers: tuple[str, ...]
    kind: Literal["namespace"] = "namespace"


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    address: IPv4Interface | IPv6Interface
    scope: str


@dataclass(frozen=True, slots=True)
class VxlanData:
    vni: int
    port: int
    local: IPv4Address | IPv6Address | None
    remote: IPv4Address | IPv6Address | None


@dataclass(frozen=True, slots=True)
class InterfaceNode:
    """One interface. `master` is the id of its bridge."""

    id: str
    namespace: str
    index: int
    name: str
    type: InterfaceType
    mac: str | None
    mtu_bytes: int
    state: InterfaceState
    flags: tuple[str, ...]
    master: str | None
    addresses: tuple[InterfaceAddress, ...]
    vxlan: VxlanData | None = None
    macvlan_mode: str | None = None
    kind: Literal["interface"] = "interface"


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """`published` and `host_ip` are None for a port that is exposed only."""

    host_ip: IPv4Address | IPv6Address | None
    published: int | None
    target: int
    protocol: str


@dataclass(frozen=True, slots=True)
class ContainerNode:
    """One container. `network_mode` is `bridge`, `host`, `none`, `container:<name>` or a network's name."""

    id: str
    host: str
    name: str
    image: str
    state: ContainerState
    health: Health | None
    network_mode: str
    service: str | None
    namespace: str | None
    ports: tuple[PublishedPort, ...]
    pause: bool
    command: str
    kind: Literal["container"] = "container"


@dataclass(frozen=True, slots=True)
class NetworkNode:
    """One Docker network; a Swarm network is one node with the hosts that know it. `bridge` is an interface name."""

    id: str
    hosts: tuple[str, ...]
    name: str
    driver: str
    scope: str
    subnets: tuple[IPv4Network | IPv6Network, ...]
    gateways: tuple[IPv4Address | IPv6Address, ...]
    internal: bool
    attachable: bool
    bridge: str | None
    options: Mapping[str, str]
    kind: Literal["network"] = "network"


@dataclass(frozen=True, slots=True)
class VethEdge:
    """A cable between two interfaces; `a` < `b`."""

    id: str
    a: str
    b: str
    type: Literal["veth"] = "veth"
    kind: Literal["wired"] = "wired"


@dataclass(frozen=True, slots=True)
class PortEdge:
    """`a` is a port of bridge `b`."""

    id: str
    a: str
    b: str
    type: Literal["port"] = "port"
    kind: Literal["wired"] = "wired"


@dataclass(frozen=True, slots=True)
class MacvlanEdge:
    """`a` is a macvlan, macvtap or ipvlan child of interface `b`, which may be in another namespace."""

    id: str
    a: str
    b: str
    type: Literal["macvlan"] = "macvlan"
    kind: Literal["wired"] = "wired"


@dataclass(frozen=True, slots=True)
class VxlanEdge:
    """A tunnel: two VXLAN interfaces of equal VNI and port on different hosts; `a` < `b`."""

    id: str
    a: str
    b: str
    type: Literal["vxlan"] = "vxlan"
    kind: Literal["wired"] = "wired"


@dataclass(frozen=True, slots=True)
class InsideEdge:
    """Container `a` lives in namespace `b`."""

    id: str
    a: str
    b: str
    type: Literal["inside"] = "inside"
    kind: Literal["member"] = "member"


@dataclass(frozen=True, slots=True)
class AttachedEdge:
    """Container `a` is attached to network `b`. `addresses` is empty while it does not run."""

    id: str
    a: str
    b: str
    addresses: tuple[IPv4Interface | IPv6Interface, ...]
    aliases: tuple[str, ...]
    type: Literal["attached"] = "attached"
    kind: Literal["member"] = "member"


@dataclass(frozen=True, slots=True)
class RealisedEdge:
    """Network `a` is made real by interface `b`: its bridge, its VXLAN device, or its macvlan parent."""

    id: str
    a: str
    b: str
    type: Literal["realised"] = "realised"
    kind: Literal["member"] = "member"


Node = HostNode | NamespaceNode | InterfaceNode | ContainerNode | NetworkNode
WiredEdge = VethEdge | PortEdge | MacvlanEdge | VxlanEdge
MemberEdge = InsideEdge | AttachedEdge | RealisedEdge
Edge = WiredEdge | MemberEdge
Nodes = dict[str, Annotated[Node, Field(discriminator="kind")]]
Edges = dict[str, Annotated[Edge, Field(discriminator="type")]]


@dataclass(frozen=True, slots=True)
class Elements:
    """Nodes and edges by id."""

    nodes: Nodes = field(default_factory=dict)
    edges: Edges = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removed:
    """Ids of what went."""

    nodes: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as a sentence for the learner. `subject` is the id of a node, which may be gone."""

    text: str
    kind: str
    subject: str | None


@dataclass(frozen=True, slots=True)
class SnapshotMessage:
    """The whole graph, with every delta up to `sequence` folded in. `at` is in seconds since 1970."""

    session: str
    sequence: int
    at: float
    nodes: Nodes
    edges: Edges
    type: Literal["snapshot"] = "snapshot"


@dataclass(frozen=True, slots=True)
class DeltaMessage:
    """What changed; changed elements are given whole. `touched` names facts to be read again, by namespace id."""

    session: str
    sequence: int
    at: float
    added: Elements
    changed: Elements
    removed: Removed
    touched: Mapping[str, tuple[Aspect, ...]]
    events: tuple[Event, ...]
    type: Literal["delta"] = "delta"


@dataclass(frozen=True, slots=True)
class ProgressMessage:
    session: str
    sequence: int
    at: float
    stage: Stage
    done: int
    total: int
    text: str
    type: Literal["progress"] = "progress"


@dataclass(frozen=True, slots=True)
class StateMessage:
    session: str
    sequence: int
    at: float
    state: SessionState
    reason: str | None
    type: Literal["state"] = "state"


Message = SnapshotMessage | DeltaMessage | ProgressMessage | StateMessage
JsonObject = dict[str, Any]
"""A decoded JSON object, as `json.loads` gives it."""

_ELEMENTS: TypeAdapter[Elements] = TypeAdapter(Elements)
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def to_json(message: Message) -> str:
    """Return the message as JSON text. Costs about 5 µs per element."""
    return _MESSAGE.dump_json(message).decode()


def to_object(message: Message) -> JsonObject:
    """Return the message as plain JSON values."""
    found: JsonObject = _MESSAGE.dump_python(message, mode="json")
    return found


def from_json(text: str | bytes) -> Message:
    """Read a message back. Raises: pydantic.ValidationError if it is none."""
    return _MESSAGE.validate_json(text)


def elements_to_object(elements: Elements) -> JsonObject:
    """Return `{"nodes": {…}, "edges": {…}}` as plain JSON values."""
    found: JsonObject = _ELEMENTS.dump_python(elements, mode="json")
    return found


def elements_from_object(found: JsonObject) -> Elements:
    """Read `elements_to_object` back. Raises: pydantic.ValidationError."""
    return _ELEMENTS.validate_python(found)


def schema() -> JsonObject:
    """Return the JSON Schema of every message, for the test that compares it with the TypeScript types."""
    return _MESSAGE.json_schema(mode="serialization")


def host_id(name: str) -> str:
    return f"host:{name}"


def namespace_id(namespace: Namespace) -> str:
    return f"ns:{namespace.key}"


def interface_id(namespace: Namespace, index: int) -> str:
    return f"if:{namespace.key}:{index}"


def container_id(identity: str) -> str:
    return f"container:{identity}"


def network_id(identity: str) -> str:
    return f"network:{identity}"


def namespace_of(node_id: str) -> Namespace:
    """Return the namespace meant by a namespace's or an interface's id. Raises: ValueError for any other text."""
    prefix, _, rest = node_id.partition(":")
    if prefix not in ("ns", "if"):
        raise ValueError(f"not the id of a namespace: {node_id}")
    return Namespace.parse(rest.partition(":")[0])
