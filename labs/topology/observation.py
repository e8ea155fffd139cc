"""What the graph is built from: one moment of a session, as kernels and engines gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from labs.engine.facts import Inventory
from labs.kernel.namespace import Namespace
from labs.kernel.snapshot import NamespaceState


@dataclass(frozen=True, slots=True)
class ObservedNamespace:
    """One namespace, its wiring, and every trace of what it is for.

    `peers` tells which namespaces its ids (`Interface.peer_nsid`) mean; unresolved ones are absent. `own` marks the
    lab host's own namespace. `engine_file` is its name in the engine's folder (`1-<network>` for an overlay),
    `name` the one given by `ip netns add`, `process` a word for a process in it, such as `sleep 4242`.
    """

    state: NamespaceState
    peers: Mapping[int, Namespace] = field(default_factory=dict)
    own: bool = False
    engine_file: str | None = None
    name: str | None = None
    process: str | None = None

    @property
    def namespace(self) -> Namespace:
        return self.state.namespace


@dataclass(frozen=True, slots=True)
class ObservedHost:
    """One lab host. `inventory` is None while its engine does not answer."""

    name: str
    address: IPv4Address
    namespaces: tuple[ObservedNamespace, ...]
    inventory: Inventory | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One session at one moment. `underlay` is the namespace that joins its hosts."""

    hosts: tuple[ObservedHost, ...]
    underlay: ObservedNamespace | None = None
