"""Addresses that several engines must not choose twice."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from hypothesis import given
from hypothesis import strategies as st

from labs.engine import addressing
from labs.specs.lab import Attachment, Driver

from .labs import container, lab, network

HOSTS = ("alpha", "beta")


def test_macvlan_hosts_take_addresses_from_ranges_that_do_not_meet() -> None:
    lan = network("lan", *HOSTS, driver=Driver.MACVLAN, subnet="192.168.50.0/24")
    ranges = [addressing.subnets(lab(hosts=HOSTS, networks=[lan]), lan, host)[0].ip_range for host in HOSTS]
    assert ranges == [IPv4Network("192.168.50.0/25"), IPv4Network("192.168.50.128/25")]


@given(st.integers(1, 8), st.integers(16, 26))
def test_ranges_stay_inside_the_declared_one_and_apart(count: int, length: int) -> None:
    names = [f"host{number}" for number in range(count)]
    lan = network("lan", *names, driver=Driver.MACVLAN, subnet=f"192.168.0.0/{length}")
    subnets = [addressing.subnets(lab(hosts=names, networks=[lan]), lan, name)[0] for name in names]
    found = [subnet.ip_range or subnet.subnet for subnet in subnets]
    assert all(isinstance(part, IPv4Network) for part in found)
    assert sum(part.num_addresses for part in found) <= 1 << (32 - length)
    assert len({int(part.network_address) for part in found}) == count


def test_macvlan_without_subnet_is_the_underlay_with_its_hosts_reserved() -> None:
    lan = network("lan", *HOSTS, driver=Driver.MACVLAN)
    subnet = addressing.subnets(lab(hosts=HOSTS, networks=[lan]), lan, "beta")[0]
    assert subnet.subnet == IPv4Network("10.77.0.0/24")
    assert subnet.gateway == IPv4Address("10.77.0.1")
    assert set(subnet.aux_addresses.values()) == {IPv4Address("10.77.0.11"), IPv4Address("10.77.0.12")}


def test_a_static_address_is_reserved_on_the_other_hosts_only() -> None:
    lan = network("lan", *HOSTS, driver=Driver.MACVLAN, subnet="192.168.50.0/24")
    static = IPv4Address("192.168.50.200")
    web = container("web", Attachment("lan", ipv4_address=static), host="alpha")
    drill = lab(hosts=HOSTS, networks=[lan], containers=[web])
    assert static in addressing.subnets(drill, lan, "beta")[0].aux_addresses.values()
    assert static not in addressing.subnets(drill, lan, "alpha")[0].aux_addresses.values()


def test_a_bridge_keeps_what_was_declared() -> None:
    front = network("front", subnet="172.20.0.0/16")
    assert addressing.subnets(lab(networks=[front]), front, "alpha") == front.subnets


def test_ipv6_without_subnet_gets_a_private_one() -> None:
    front = replace(network("front"), enable_ipv6=True)
    (chosen,) = addressing.subnets(lab(networks=[front]), front, "alpha")
    assert isinstance(chosen.subnet, IPv6Network)
    assert chosen.subnet.subnet_of(IPv6Network("fd00::/8"))
    assert chosen.subnet.prefixlen == 64


def test_the_swarm_keeps_away_from_declared_subnets() -> None:
    assert addressing.swarm_pool(lab()) == IPv4Network("10.0.0.0/16")
    mesh = network("mesh", driver=Driver.OVERLAY, subnet="10.0.0.0/24")
    assert addressing.swarm_pool(lab(networks=[mesh])) == IPv4Network("10.1.0.0/16")
