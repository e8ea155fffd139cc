"""Routes in words, without a kernel."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address

from labs.kernel.route import NextHop, Route, describe


def _with(*hops: NextHop, destination: str = "10.5.0.0/16", metric: int | None = None) -> Route:
    return Route(4, "main", IPv4Network(destination), "unicast", "static", "global", hops, metric=metric)


def test_default_route_with_a_gateway() -> None:
    route = _with(NextHop(IPv4Address("10.0.0.1"), 2), destination="0.0.0.0/0", metric=100)
    assert describe(route, {2: "eth0"}) == "default via 10.0.0.1 dev eth0 proto static metric 100"


def test_several_ways_onwards() -> None:
    route = _with(NextHop(IPv4Address("10.0.0.1"), 2, 3), NextHop(None, 9, 1, ("dead", "linkdown")))
    assert describe(route, {2: "eth0"}) == (
        "10.5.0.0/16 proto static nexthop via 10.0.0.1 dev eth0 weight 3 nexthop dev if9 weight 1 dead linkdown"
    )


def test_gateway_of_the_other_family_and_single_address() -> None:
    route = _with(NextHop(IPv6Address("fd00::1"), 2), destination="10.5.0.7/32")
    assert describe(route, {2: "eth0"}) == "10.5.0.7 via inet6 fd00::1 dev eth0 proto static"


def test_dropping_route_names_its_type() -> None:
    route = Route(4, "77", IPv4Network("10.6.0.0/16"), "blackhole", "bird", "global", ())
    assert describe(route, {}) == "blackhole 10.6.0.0/16 table 77 proto bird"
