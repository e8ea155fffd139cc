"""Every network mode of one host, on a real engine."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest

from labs.engine import inventory
from labs.engine.deploy import Progress, deploy
from labs.engine.errors import DeployFailed
from labs.hosts.host import Host
from labs.kernel.namespace import identify
from labs.specs.lab import (
    Attachment,
    Condition,
    Container,
    Dependency,
    Healthcheck,
    Lab,
    Mode,
    ModeKind,
    Port,
    Subnet,
)
from tests.integration.engine.inside import assert_isolated, assert_pings, execute
from tests.unit.engine.labs import container, lab, network

pytestmark = pytest.mark.engine


def run(definition: Lab, host: Host) -> inventory.Inventory:
    """Deploy on one host and read back what is there."""
    deploy(definition, {"alpha": host}, lambda progress: None)
    return inventory.read(host)


def find(found: inventory.Inventory, name: str) -> inventory.ContainerFacts:
    """Return the container of that name."""
    return next(other for other in found.containers if other.name == name)


def test_default_bridge_host_none_and_joined_modes_are_where_they_belong(host: Host) -> None:
    """[plain]--veth--[docker0]  [hosty] = the host's namespace  [lonely]  [pause + side]."""
    modes = {"hosty": Mode(ModeKind.HOST), "lonely": Mode(ModeKind.NONE), "side": Mode(ModeKind.CONTAINER, "pause")}
    containers = [container("plain"), replace(container("pause"), image="netquarium/pause:1")]
    containers += [replace(container(name), mode=mode) for name, mode in modes.items()]
    found = run(lab(containers=containers), host)
    assert {other.state for other in found.containers} == {"running"}
    assert find(found, "hosty").namespace == identify(host.namespace)
    assert find(found, "side").namespace == find(found, "pause").namespace
    assert find(found, "side").joined == find(found, "pause").id
    assert find(found, "pause").pause
    assert not find(found, "side").pause
    assert len({other.namespace for other in found.containers}) == 4
    assert find(found, "plain").endpoints[0].addresses[0].network == IPv4Network("172.17.0.0/16")
    assert execute(host, "lonely", "ls /sys/class/net") == "lo"


def test_user_bridge_gives_names_aliases_static_addresses_and_ipv6(host: Host) -> None:
    """[web .9]--[front]--[db .10]; db also answers to "database"."""
    pools = (Subnet(IPv4Network("172.30.0.0/24")), Subnet(IPv6Network("fd30::/64")))
    front = replace(network("front"), subnets=pools, enable_ipv6=True)
    web = container(
        "web",
        Attachment(
            "front",
            ipv4_address=IPv4Address("172.30.0.9"),
            ipv6_address=IPv6Address("fd30::9"),
            mac_address="02:00:00:00:00:09",
        ),
    )
    db = container("db", Attachment("front", ("database",), IPv4Address("172.30.0.10")))
    found = run(lab(networks=[front], containers=[web, db]), host)
    end = find(found, "web").endpoints[0]
    assert [str(address) for address in end.addresses] == ["172.30.0.9/24", "fd30::9/64"]
    assert end.mac_address == "02:00:00:00:00:09"
    assert "02:00:00:00:00:09" in execute(host, "web", "cat /sys/class/net/eth0/address")
    assert find(found, "db").endpoints[0].aliases == ("db", "database")
    assert_pings(host, "web", "database")
    assert_pings(host, "db", "fd30::9")


def test_a_multi_homed_container_joins_two_bridges_that_do_not_meet(host: Host) -> None:
    """[web]--[front]--[gate]--[back]--[db]; web and db do not see each other."""
    front, back = network("front"), network("back", subnet="172.31.7.0/24")
    containers = [container("web", "front"), container("gate", "front", "back"), container("db", "back")]
    found = run(lab(networks=[front, back], containers=containers), host)
    assert [end.network_name for end in find(found, "gate").endpoints] == ["back", "front"]
    assert_pings(host, "gate", "web")
    assert_pings(host, "gate", "db")
    assert_isolated(host, "web", str(find(found, "db").endpoints[0].addresses[0].ip))


def test_an_internal_network_has_no_way_out(host: Host) -> None:
    """[vault]--[sealed]   [web]--[front]--alpha--underlay 10.77.0.1."""
    sealed = replace(network("sealed"), internal=True)
    members = [container("vault", "sealed"), container("web", "front")]
    run(lab(networks=[sealed, network("front")], containers=members), host)
    assert_pings(host, "web", "10.77.0.1")
    assert_isolated(host, "vault", "10.77.0.1")


def test_a_published_port_is_in_force(host: Host) -> None:
    web = replace(container("web", "front"), image="netquarium/web:1", ports=(Port(80, published=8080),))
    found = run(lab(networks=[network("front")], containers=[web]), host)
    assert (8080, 80, "tcp") in {(port.published, port.target, port.protocol) for port in find(found, "web").ports}


def test_compose_finds_what_was_launched_by_its_labels(host: Host) -> None:
    facts = find(run(lab(containers=[container("web")]), host), "web")
    assert facts.service == "web"
    assert facts.labels["com.docker.compose.project"] == "drill"


def test_a_chosen_subnet_never_takes_a_declared_one(host: Host) -> None:
    """An engine alone would give 172.18.0.0/16 to whichever network comes first."""
    networks = [network("chosen"), network("other"), network("declared", subnet="172.18.0.0/16")]
    found = run(lab(networks=networks), host)
    subnets = {other.name: other.subnets[0].subnet for other in found.networks if other.subnets}
    assert subnets["declared"] == IPv4Network("172.18.0.0/16")
    assert not subnets["chosen"].overlaps(subnets["declared"])


def test_deploying_again_takes_over_and_finishes_what_is_there(host: Host) -> None:
    front = network("front")
    half = lab(networks=[front], containers=[container("web", "front")])
    first = run(half, host)
    whole = lab(networks=[front], containers=[container("web", "front"), container("db", "front")])
    second = run(whole, host)
    assert find(first, "web").id == find(second, "web").id
    assert find(second, "db").state == "running"


def test_progress_counts_every_object_once(host: Host) -> None:
    told: list[Progress] = []
    definition = lab(networks=[network("front")], containers=[container("web", "front"), container("db", "front")])
    deploy(definition, {"alpha": host}, told.append)
    assert [(progress.done, progress.total) for progress in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[0].text == "alpha: network front created (1 of 3)"


def ends_with(name: str, script: str) -> Container:
    """A container that runs a script and ends."""
    return replace(container(name), command=("sh", "-c", script))


def test_a_dependent_starts_after_its_dependency_finished_and_another_is_healthy(host: Host) -> None:
    check = Healthcheck(("CMD", "test", "-e", "/tmp/ready"), interval_s=0.2, timeout_s=1, retries=100)
    slow = replace(ends_with("slow", "sleep 0.5; touch /tmp/ready; exec sleep 60"), healthcheck=check, init=False)
    needs = (Dependency("setup", Condition.COMPLETED), Dependency("slow", Condition.HEALTHY))
    web = replace(container("web"), depends_on=needs)
    found = run(lab(containers=[ends_with("setup", "sleep 0.3"), slow, web]), host)
    assert find(found, "setup").exit_code == 0
    assert find(found, "slow").health == "healthy"
    assert find(found, "web").state == "running"


@pytest.mark.parametrize(
    ("script", "condition", "reason"),
    [
        ("exit 3", Condition.COMPLETED, "was to finish successfully and exited with code 3"),
        ("exit 4", Condition.HEALTHY, "was to become healthy and exited with code 4"),
        ("sleep 60", Condition.HEALTHY, "became unhealthy: not yet"),
    ],
)
def test_a_failing_dependency_is_named_with_what_it_did(
    host: Host, script: str, condition: Condition, reason: str
) -> None:
    check = Healthcheck(("CMD-SHELL", "echo not yet; false"), interval_s=0.1, timeout_s=1, retries=2)
    failing = replace(ends_with("setup", script), healthcheck=check)
    web = replace(container("web"), depends_on=(Dependency("setup", condition),))
    with pytest.raises(DeployFailed, match="Container setup on host alpha") as failure:
        run(lab(containers=[failing, web]), host)
    assert (failure.value.kind, failure.value.name, failure.value.host) == ("container", "setup", "alpha")
    assert reason in failure.value.reason
    assert [other.name for other in inventory.read(host).containers] == ["setup"]


def test_a_missing_image_names_its_container(host: Host) -> None:
    missing = replace(container("web"), image="nowhere/nothing:9")
    with pytest.raises(DeployFailed, match=r"Container web on host alpha did not start: No such image: nowhere"):
        run(lab(containers=[missing, container("db")]), host)


def test_a_port_taken_twice_names_one_of_the_two(host: Host) -> None:
    both = [replace(container(name), ports=(Port(80, published=8080),)) for name in ("web", "shop")]
    with pytest.raises(DeployFailed, match="port is already allocated") as failure:
        run(lab(containers=both), host)
    assert failure.value.name in ("web", "shop")


def test_an_impossible_network_is_named(host: Host) -> None:
    networks = [network("one", subnet="172.18.0.0/16"), network("two", subnet="172.18.0.0/24")]
    with pytest.raises(DeployFailed, match="Pool overlaps") as failure:
        run(lab(networks=networks), host)
    assert failure.value.kind == "network"


def test_someone_elses_container_of_that_name_is_not_taken_over(host: Host) -> None:
    run(lab(containers=[container("web")]), host)
    changed = replace(container("web"), hostname="other")
    with pytest.raises(DeployFailed, match="already in use"):
        run(lab(containers=[changed]), host)
