"""Sentences a learner can use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from labs.kernel.address import Address
from labs.kernel.interface import Interface
from labs.kernel.neighbour import FdbEntry, Neighbour
from labs.kernel.policy_rule import PolicyRule
from labs.kernel.route import NextHop, Route
from labs.kernel.watch import Aspect, Change
from labs.topology import wording
from labs.topology.delta import diff
from labs.topology.graph import Graph, build
from labs.topology.observation import Observation
from tests.unit.topology import sample


def _told(old: Observation | None, new: Observation | None) -> list[str]:
    before, after = (build(one) if one is not None else Graph() for one in (old, new))
    return [event.text for event in wording.events(before, after, diff(before, after))]


def _altered(change: Callable[[Interface], Interface], name: str = "veth1") -> Observation:
    """Return the sample with one of alpha's interfaces changed."""
    observation = sample.observation()
    alpha, *rest = observation.hosts
    own, *others = alpha.namespaces
    interfaces = tuple(change(one) if one.name == name else one for one in own.state.interfaces)
    own = replace(own, state=replace(own.state, interfaces=interfaces))
    return replace(observation, hosts=(replace(alpha, namespaces=(own, *others)), *rest))


def test_nothing_is_told_of_nothing() -> None:
    assert _told(sample.observation(), sample.observation()) == []


def test_container_that_comes_is_told_with_its_wiring() -> None:
    less = sample.without(sample.observation(), sample.WEB, containers=("web",))
    assert _told(less, sample.observation()) == [
        "alpha: container web started",
        "alpha: container web got a network namespace of its own, holding eth0 172.17.0.2/16",
        "alpha: interface veth1 (veth) appeared",
        "alpha: interface veth1 joined bridge docker0",
        "alpha veth1 and alpha/web eth0 are two ends of one veth",
    ]


def test_container_that_goes_is_told_without_its_pieces() -> None:
    less = sample.without(sample.observation(), sample.WEB, containers=("web",))
    assert _told(sample.observation(), less) == [
        "alpha: container web removed",
        "alpha/web: network namespace gone, with its interfaces",
        "alpha: interface veth1 gone",
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda one: replace(one, master=None), "alpha: interface veth1 left bridge docker0"),
        (lambda one: replace(one, name="renamed"), "alpha: interface veth1 is now called renamed"),
        (lambda one: replace(one, mtu_bytes=1450), "alpha: interface veth1 has MTU 1450 (was 1500)"),
        (lambda one: replace(one, state="down"), "alpha: interface veth1 is down"),
        (
            lambda one: replace(one, state="lower_layer_down"),
            "alpha: interface veth1 is down because the interface at its other end is",
        ),
        (lambda one: replace(one, flags=()), "alpha: interface veth1 was set down"),
        (
            lambda one: replace(one, mac="02:00:00:00:00:ff"),
            "alpha: interface veth1 has MAC 02:00:00:00:00:ff (was 02:00:00:00:00:06)",
        ),
    ],
)
def test_change_of_an_interface(change: Callable[[Interface], Interface], sentence: str) -> None:
    assert _told(sample.observation(), _altered(change)) == [sentence]


def test_address_comes_and_goes() -> None:
    observation = sample.observation()
    alpha, *rest = observation.hosts
    own, *others = alpha.namespaces
    more = (*own.state.addresses, Address(3, IPv4Interface("172.30.0.1/24"), "global", ()))
    own = replace(own, state=replace(own.state, addresses=more))
    richer = replace(observation, hosts=(replace(alpha, namespaces=(own, *others)), *rest))
    assert _told(observation, richer) == ["alpha: interface docker0 got address 172.30.0.1/24"]
    assert _told(richer, observation) == ["alpha: interface docker0 lost address 172.30.0.1/24"]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ({"state": "running"}, {"state": "paused"}, "is paused: its processes are frozen, its interfaces stay"),
        ({"state": "paused"}, {"state": "running"}, "goes on"),
        ({"state": "created"}, {"state": "running"}, "started"),
        ({"health": "starting"}, {"health": "unhealthy"}, "is unhealthy: its health check fails"),
    ],
)
def test_change_of_a_container(before: dict[str, str], after: dict[str, str], sentence: str) -> None:
    def with_web(fields: dict[str, str]) -> Observation:
        observation = sample.observation()
        alpha, *rest = observation.hosts
        assert alpha.inventory is not None
        web, *others = alpha.inventory.containers
        web = replace(web, **fields)  # type: ignore[arg-type]  # fields of ContainerFacts, named above
        return replace(
            observation, hosts=(replace(alpha, inventory=replace(alpha.inventory, containers=(web, *others))), *rest)
        )

    assert _told(with_web(before), with_web(after)) == [f"alpha: container web {sentence}"]


def test_session_that_begins_is_told_causes_first() -> None:
    told = _told(None, sample.observation())
    assert told[0] == "alpha: lab host joined with address 10.77.0.11"
    assert "alpha, beta: overlay network backend created" in told
    assert "alpha: 2 containers share one network namespace, pod pause" in told
    assert told[-1] == "alpha/overlay backend vxlan0 and beta/overlay backend vxlan0 form a VXLAN tunnel"


ROUTE = Route(
    4, "main", IPv4Network("10.9.0.0/16"), "unicast", "static", "global", (NextHop(IPv4Address("10.77.0.12"), 2),)
)


@pytest.mark.parametrize(
    ("aspect", "added", "value", "sentence"),
    [
        ("routes", True, ROUTE, "alpha: route 10.9.0.0/16 via 10.77.0.12 dev eth0 proto static added"),
        ("routes", False, ROUTE, "alpha: route 10.9.0.0/16 via 10.77.0.12 dev eth0 proto static removed"),
        ("routes", True, replace(ROUTE, table="local", type="local"), None),
        ("rules", True, PolicyRule(4, 100, "lookup", "77"), "alpha: rule 100: from all lookup 77 added"),
        (
            "neighbours",
            True,
            Neighbour(3, IPv4Address("172.17.0.2"), "02:42:ac:11:00:02", "reachable"),
            "alpha: learned that 172.17.0.2 is at 02:42:ac:11:00:02 on docker0",
        ),
        (
            "neighbours",
            True,
            Neighbour(3, IPv4Address("172.17.0.9"), None, "failed"),
            "alpha: nobody answers for 172.17.0.9 on docker0",
        ),
        ("neighbours", True, Neighbour(3, IPv4Address("169.254.1.1"), "02:00:00:00:00:01", "stale"), None),
        (
            "fdb",
            True,
            FdbEntry(6, "02:42:ac:11:00:02", "reachable", (), master=3),
            "alpha: bridge table learned 02:42:ac:11:00:02 dev veth1 master docker0",
        ),
        ("fdb", True, FdbEntry(6, "33:33:00:00:00:01", "permanent", ("self",)), None),
        (
            "fdb",
            True,
            FdbEntry(6, "02:42:0a:00:01:05", "permanent", ("self",), IPv4Address("10.77.0.12")),
            "alpha: bridge table was told 02:42:0a:00:01:05 dev veth1 dst 10.77.0.12 self permanent",
        ),
    ],
)
def test_facts_that_change(
    aspect: Aspect, added: bool, value: Route | PolicyRule | Neighbour | FdbEntry, sentence: str | None
) -> None:
    graph = build(sample.observation())
    event = wording.change(Change(aspect, added, value), graph, "ns:4-100")
    assert (event.text if event else None) == sentence


def test_firewall_change_names_its_place() -> None:
    event = wording.firewall_changed(build(sample.observation()), "ns:4-102")
    assert (event.text, event.subject) == ("alpha/web: firewall rules changed", "ns:4-102")
