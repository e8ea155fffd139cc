"""Networks that span two hosts, on real engines."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from labs.engine import inventory
from labs.engine.deploy import deploy
from labs.hosts.host import Host
from labs.specs.lab import Attachment, Condition, Dependency, Driver, Lab
from tests.integration.engine.inside import assert_isolated, assert_pings
from tests.unit.engine.labs import container, lab, network

pytestmark = pytest.mark.engine

HOSTS = ("alpha", "beta")


def run(definition: Lab, hosts: tuple[Host, Host]) -> dict[str, inventory.Inventory]:
    """Deploy and read back what is on each host."""
    by_name = {host.name: host for host in hosts}
    deploy(definition, by_name, lambda progress: None)
    return {name: inventory.read(host) for name, host in by_name.items()}


def test_an_overlay_joins_containers_of_two_hosts_by_name(two_hosts: tuple[Host, Host]) -> None:
    """[web]--[mesh: vxlan on alpha]==underlay==[mesh: vxlan on beta]--[db .77]."""
    mesh = network("mesh", *HOSTS, driver=Driver.OVERLAY, subnet="10.0.0.0/24")
    local = network("local", *HOSTS, subnet="172.18.0.0/16")
    db = container("db", Attachment("mesh", ("database",), IPv4Address("10.0.0.77")), "local", host="beta")
    web = container("web", "mesh", host="alpha")
    found = run(lab(hosts=HOSTS, networks=[mesh, local], containers=[web, db]), two_hosts)
    alpha, beta = two_hosts
    assert_pings(alpha, "web", "database")
    assert_pings(beta, "db", "web")
    ends = [next(other for other in found[name].networks if other.name == "mesh") for name in HOSTS]
    assert ends[0].id == ends[1].id
    assert ends[0].vnis == ends[1].vnis != ()
    assert None not in {ends[0].sandbox, ends[1].sandbox}
    assert ends[0].sandbox != ends[1].sandbox


def test_an_overlay_without_subnet_and_a_member_attached_second(two_hosts: tuple[Host, Host]) -> None:
    """[web]--[front on alpha]; web and db also on [mesh]."""
    networks = [network("mesh", *HOSTS, driver=Driver.OVERLAY), network("front", *HOSTS)]
    web, db = container("web", "front", "mesh", host="alpha"), container("db", "front", "mesh", host="beta")
    run(lab(hosts=HOSTS, networks=networks, containers=[web, db]), two_hosts)
    assert_pings(two_hosts[0], "web", "db")


def test_a_macvlan_puts_containers_of_two_hosts_on_one_segment(two_hosts: tuple[Host, Host]) -> None:
    """[one]--macvlan--[alpha eth0]==underlay==[beta eth0]--macvlan--[two]; a child and its own parent do not meet."""
    lan = network("lan", *HOSTS, driver=Driver.MACVLAN)
    members = [container("one", "lan", host="alpha"), container("two", "lan", host="beta")]
    found = run(lab(hosts=HOSTS, networks=[lan], containers=members), two_hosts)
    alpha, beta = two_hosts
    addresses = [found[name].containers[0].endpoints[0].addresses[0].ip for name in HOSTS]
    assert len({*addresses, alpha.address, beta.address}) == 4
    assert all(address in IPv4Network("10.77.0.0/24") for address in addresses)
    assert_pings(alpha, "one", str(addresses[1]))
    assert_pings(alpha, "one", str(beta.address))
    assert_isolated(alpha, "one", str(alpha.address))


def test_equal_subnets_on_two_hosts_are_two_networks(two_hosts: tuple[Host, Host]) -> None:
    twin = network("twin", *HOSTS, subnet="172.29.0.0/24")
    members = [
        container(f"at-{name}", Attachment("twin", ipv4_address=IPv4Address("172.29.0.5")), host=name) for name in HOSTS
    ]
    found = run(lab(hosts=HOSTS, networks=[twin], containers=members), two_hosts)
    ids = {other.id for name in HOSTS for other in found[name].networks if other.name == "twin"}
    assert len(ids) == 2


def test_a_dependency_is_waited_for_across_hosts(two_hosts: tuple[Host, Host]) -> None:
    setup = replace(container("setup", host="beta"), command=("sh", "-c", "sleep 0.3"))
    web = replace(container("web"), depends_on=(Dependency("setup", Condition.COMPLETED),))
    found = run(lab(hosts=HOSTS, containers=[setup, web]), two_hosts)
    assert found["beta"].containers[0].exit_code == 0
    assert found["alpha"].containers[0].state == "running"
