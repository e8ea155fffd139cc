"""Facts of one namespace in the wire format: what the page shows when a namespace is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

from pydantic import TypeAdapter

from labs.kernel import neighbour, policy_rule, route
from labs.kernel.facts import NamespaceFacts
from labs.kernel.firewall import World
from labs.kernel.neighbour import FdbEntry, Neighbour
from labs.kernel.policy_rule import PolicyRule
from labs.kernel.route import Route
from labs.topology.graph import Graph
from labs.topology.maker import Makers
from labs.topology.wire import JsonObject, interface_id, namespace_id

Family = Literal[4, 6]


@dataclass(frozen=True, slots=True)
class NextHopFacts:
    gateway: IPv4Address | IPv6Address | None
    interface: str | None
    weight: int


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """One route; `gateway` and `interface` are those of its first next hop, `next_hops` all of them."""

    family: Family
    table: str
    destination: str
    gateway: IPv4Address | IPv6Address | None
    interface: str | None
    source: IPv4Address | IPv6Address | None
    protocol: str
    scope: str
    metric: int | None
    type: str
    next_hops: tuple[NextHopFacts, ...]
    text: str


@dataclass(frozen=True, slots=True)
class PolicyRuleFacts:
    family: Family
    priority: int
    text: str


@dataclass(frozen=True, slots=True)
class NeighbourFacts:
    address: IPv4Address | IPv6Address
    mac: str | None
    interface: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class FdbFacts:
    mac: str
    interface: str
    destination: IPv4Address | IPv6Address | None
    vni: int | None
    flags: tuple[str, ...]
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class FilterRuleFacts:
    """One firewall rule; `packets` and `bytes` are None where the rule does not count."""

    handle: int | None
    text: str
    packets: int | None
    bytes: int | None
    maker: str | None


@dataclass(frozen=True, slots=True)
class ChainFacts:
    world: World
    family: str
    table: str
    chain: str
    hook: str | None
    priority: str | None
    policy: str | None
    rules: tuple[FilterRuleFacts, ...]


@dataclass(frozen=True, slots=True)
class CounterFacts:
    """What passed an interface; `interface` is its id, `name` its name."""

    interface: str
    name: str
    rx_packets: int
    rx_bytes: int
    tx_packets: int
    tx_bytes: int
    rx_dropped: int
    tx_dropped: int
    rx_errors: int
    tx_errors: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one namespace. Interfaces are named, as the kernel's tools do, except in `counters`."""

    namespace: str
    routes: tuple[RouteFacts, ...]
    policy_rules: tuple[PolicyRuleFacts, ...]
    neighbours: tuple[NeighbourFacts, ...]
    fdb: tuple[FdbFacts, ...]
    firewall: tuple[ChainFacts, ...]
    counters: tuple[CounterFacts, ...]
    sysctls: Mapping[str, str]


_FACTS: TypeAdapter[Facts] = TypeAdapter(Facts)


def tell(found: NamespaceFacts, graph: Graph) -> Facts:
    """Put kernel facts into words, with makers' names from the graph (an empty graph gives fewer hints)."""
    identity = namespace_id(found.namespace)
    makers = Makers(graph, identity)
    return Facts(
        namespace=identity,
        routes=tuple(_route(item, found.names) for item in found.routes),
        policy_rules=tuple(_policy_rule(item) for item in found.policy_rules),
        neighbours=tuple(_neighbour(item, found.names) for item in found.neighbours),
        fdb=tuple(_forwarding(item, found.names) for item in found.fdb),
        firewall=tuple(
            ChainFacts(
                world=chain.world,
                family=chain.family,
                table=chain.table,
                chain=chain.name,
                hook=chain.hook,
                priority=chain.priority,
                policy=chain.policy,
                rules=tuple(
                    FilterRuleFacts(rule.handle, rule.text, rule.packets, rule.bytes, makers.explain(chain, rule))
                    for rule in chain.rules
                ),
            )
            for chain in found.firewall
        ),
        counters=tuple(
            CounterFacts(
                interface=interface_id(found.namespace, index),
                name=found.names.get(index, f"if{index}"),
                rx_packets=counters.rx_packets,
                rx_bytes=counters.rx_bytes,
                tx_packets=counters.tx_packets,
                tx_bytes=counters.tx_bytes,
                rx_dropped=counters.rx_dropped,
                tx_dropped=counters.tx_dropped,
                rx_errors=counters.rx_errors,
                tx_errors=counters.tx_errors,
            )
            for index, counters in sorted(found.counters.items())
        ),
        sysctls=dict(found.sysctls),
    )


def to_object(facts: Facts) -> JsonObject:
    """Return the facts as plain JSON values."""
    found: JsonObject = _FACTS.dump_python(facts, mode="json")
    return found


def from_object(found: JsonObject) -> Facts:
    """Read `to_object` back. Raises: pydantic.ValidationError."""
    return _FACTS.validate_python(found)


def schema() -> JsonObject:
    """Return the JSON Schema, for the test that compares it with the TypeScript types."""
    return _FACTS.json_schema(mode="serialization")


def _route(item: Route, names: Mapping[int, str]) -> RouteFacts:
    hops = tuple(NextHopFacts(hop.gateway, _name(hop.interface, names), hop.weight) for hop in item.hops)
    return RouteFacts(
        family=4 if item.family == 4 else 6,
        table=item.table,
        destination="default" if item.is_default else str(item.destination),
        gateway=hops[0].gateway if hops else None,
        interface=hops[0].interface if hops else None,
        source=item.source,
        protocol=item.protocol,
        scope=item.scope,
        metric=item.metric,
        type=item.type,
        next_hops=hops,
        text=route.describe(item, names),
    )


def _policy_rule(item: PolicyRule) -> PolicyRuleFacts:
    return PolicyRuleFacts(4 if item.family == 4 else 6, item.priority, policy_rule.describe(item))


def _neighbour(item: Neighbour, names: Mapping[int, str]) -> NeighbourFacts:
    return NeighbourFacts(
        address=item.address,
        mac=item.mac,
        interface=_name(item.interface, names) or "",
        state=item.state,
        text=neighbour.describe(item, names),
    )


def _forwarding(item: FdbEntry, names: Mapping[int, str]) -> FdbFacts:
    return FdbFacts(
        mac=item.mac,
        interface=_name(item.interface, names) or "",
        destination=item.destination,
        vni=item.vni,
        flags=item.flags,
        state=item.state,
        text=neighbour.describe_fdb(item, names),
    )


def _name(index: int | None, names: Mapping[int, str]) -> str | None:
    return None if index is None else names.get(index, f"if{index}")
