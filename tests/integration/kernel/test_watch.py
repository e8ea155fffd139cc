"""Changes are told once, for what they are, and losses are noticed."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import closing
from ipaddress import IPv4Address, IPv4Network
from socket import AF_INET, SOCK_DGRAM

import pytest

from labs.kernel import watch
from labs.kernel.namespace import open_socket_in
from labs.kernel.neighbour import FdbEntry, Neighbour
from labs.kernel.policy_rule import PolicyRule
from labs.kernel.route import Route
from labs.kernel.watch import Change, Changes, Watcher
from tests.integration.kernel.bench import Bench, Site, until


class Watched:
    """A site and its watcher, read until something asked for shows up."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.watcher = Watcher(site.descriptor)

    def close(self) -> None:
        self.watcher.close()

    def after(self, *commands: str) -> Changes:
        """Return what is told of commands that have ended: events precede the answer a command waits for."""
        self.watcher.read()
        self.site.run(*commands)
        return self.watcher.read()

    def until(self, wanted: Callable[[Change], bool]) -> Change:
        def look() -> Change | None:
            return next((found for found in self.watcher.read().changes if wanted(found)), None)

        found = until(look)
        assert found is not None
        return found


@pytest.fixture
def watched(bench: Bench) -> Iterator[Watched]:
    """[watched] eth0--veth--eth0 [other]; 10.1.0.1/24 and 10.1.0.2/24."""
    site, other = bench.site(), bench.site()
    bench.cable(site, "eth0", other, "eth0")
    site.run("ip addr add 10.1.0.1/24 dev eth0", "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1")
    other.run("ip addr add 10.1.0.2/24 dev eth0")
    with closing(Watched(site)) as found:
        yield found


def test_nothing_is_told_when_nothing_happens(watched: Watched) -> None:
    watched.watcher.read()
    assert not watched.watcher.read()


def test_descriptor_is_readable_exactly_when_there_is_news(watched: Watched) -> None:
    watched.watcher.read()
    with select.epoll() as poll:
        poll.register(watched.watcher.fileno(), select.EPOLLIN)
        assert poll.poll(0) == []
        watched.site.run("ip link add br0 type bridge")
        assert poll.poll(1)
        watched.watcher.read()
        assert poll.poll(0) == []
        watched.site.run("nft add table inet mine")
        assert poll.poll(1)
        assert watched.watcher.read().touched == {"rules"}
        assert poll.poll(0) == []


@pytest.mark.parametrize(
    ("come", "go"),
    [
        ("ip link add br0 type bridge", "ip link del br0"),
        ("ip addr add 10.9.0.1/24 dev eth0", "ip addr del 10.9.0.1/24 dev eth0"),
        ("ip -6 addr add fd00::1/64 dev lo", "ip -6 addr del fd00::1/64 dev lo"),
        ("ip link set eth0 mtu 1400", "ip link set eth0 down"),
    ],
)
def test_interfaces_and_addresses_ask_for_a_new_reading(watched: Watched, come: str, go: str) -> None:
    assert watched.after(come).wiring
    assert watched.after(go).wiring


def test_route_comes_and_goes(watched: Watched) -> None:
    came = watched.after("ip route add 10.7.0.0/16 via 10.1.0.2")
    assert not came.wiring
    assert came.touched == {"routes"}
    gone = watched.after("ip route del 10.7.0.0/16")
    for changes, added in ((came, True), (gone, False)):
        (change,) = changes.changes
        assert isinstance(change.value, Route)
        assert (change.added, change.value.destination) == (added, IPv4Network("10.7.0.0/16"))
        assert change.value.hops[0].gateway == IPv4Address("10.1.0.2")


def test_ipv6_route_and_rule_are_told(watched: Watched) -> None:
    (route,) = watched.after("ip -6 route add blackhole fd00:9::/64").changes
    assert isinstance(route.value, Route)
    assert route.value.family == 6
    (rule,) = watched.after("ip -6 rule add priority 7 lookup 77").changes
    assert isinstance(rule.value, PolicyRule)
    assert (rule.aspect, rule.value.family, rule.value.priority) == ("rules", 6, 7)


def test_neighbour_is_told_when_learned_but_not_at_each_step_of_its_upkeep(watched: Watched) -> None:
    given = watched.after("ip neigh add 10.1.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud reachable")
    upkeep = watched.after("ip neigh change 10.1.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud stale")
    moved = watched.after("ip neigh change 10.1.0.9 lladdr 02:00:00:00:00:0a dev eth0 nud reachable")
    gone = watched.after("ip neigh del 10.1.0.9 dev eth0")
    assert [found.touched for found in (given, upkeep, moved, gone)] == [{"neighbours"}] * 4
    assert [len(found.changes) for found in (given, upkeep, moved)] == [1, 0, 1]
    assert gone.changes[-1].added is False


def test_neighbour_that_nobody_answers_for_is_told_as_failed(watched: Watched) -> None:
    watched.site.run("sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=20")
    watched.watcher.read()
    with open_socket_in(watched.site.descriptor, AF_INET, SOCK_DGRAM) as sender:
        sender.sendto(b"anybody?", ("10.1.0.77", 9))
    failed = watched.until(lambda found: isinstance(found.value, Neighbour) and found.value.state == "failed")
    assert isinstance(failed.value, Neighbour)
    assert failed.value.mac is None


def test_forwarding_entry_comes_and_goes(watched: Watched) -> None:
    watched.site.run("ip link add vx0 type vxlan id 5 dstport 4789 dev eth0")
    came = watched.after("bridge fdb add 02:00:00:00:00:05 dev vx0 dst 10.1.0.2")
    gone = watched.after("bridge fdb del 02:00:00:00:00:05 dev vx0 dst 10.1.0.2")
    for changes, added in ((came, True), (gone, False)):
        assert changes.touched == {"fdb"}
        (change,) = changes.changes
        assert isinstance(change.value, FdbEntry)
        assert (change.added, change.value.destination) == (added, IPv4Address("10.1.0.2"))


def test_firewall_rules_of_both_tools_are_told(watched: Watched) -> None:
    for command in ("iptables -A FORWARD -j DROP", "nft add table ip mine", "ip6tables -A INPUT -j ACCEPT"):
        assert watched.after(command).touched == {"rules"}


def test_overrun_counts_everything_as_changed_and_later_news_still_come(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unread socket with a small buffer: hundreds of routes do not fit."""
    monkeypatch.setattr(watch, "_BUFFER_BYTES", 4096)
    with closing(Watched(watched.site)) as small:
        small.site.shell("for i in $(seq 1 250); do echo route add blackhole 10.200.$i.0/24; done | ip -batch -")
        first = small.watcher.read()
        assert first.overrun
        assert first.wiring
        assert first.touched == watch.ASPECTS
        until(lambda: not small.watcher.read())
        assert small.after("ip route del 10.200.7.0/24").touched == {"routes"}
    assert len(watched.watcher.read().changes) == 251, "the big buffer held them all"


def test_watcher_keeps_its_namespace_until_closed(bench: Bench) -> None:
    """[other] eth0--veth--eth0 [watched], whose only descriptor is closed: the cable falls with the watcher."""
    other, watched_site = bench.site(), bench.site()
    bench.cable(other, "eth0", watched_site, "eth0")
    watcher = Watcher(watched_site.descriptor)
    bench.discard(watched_site)
    assert any(found.name == "eth0" for found in other.read().interfaces)
    watcher.close()
    until(lambda: not any(found.name == "eth0" for found in other.read().interfaces))
