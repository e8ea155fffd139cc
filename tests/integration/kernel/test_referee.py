"""What we read equals what iproute2 reads, in namespaces that hold a bit of everything."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from socket import AF_INET, SOCK_DGRAM
from typing import Any

import pytest

from labs.kernel import interface, neighbour, policy_rule, route, snapshot
from labs.kernel.namespace import open_socket_in
from labs.kernel.netlink import Netlink
from tests.integration.kernel.bench import Bench, Site


@pytest.fixture
def router(bench: Bench) -> Site:
    """A namespace with a bridge and two ports, a vxlan, a macvlan, rules, and every sort of route.

    [left]--veth--[br0, vx9] router [up0]--veth--[right]
    """
    router, left, right = bench.site(), bench.site(), bench.site()
    bench.cable(router, "port0", left, "eth0")
    bench.cable(router, "up0", right, "eth0")
    router.run(
        "ip link add br0 type bridge stp_state 1 ageing_time 12000",
        "ip link add vx9 type vxlan id 9 local 10.1.0.1 dev up0 dstport 8472 nolearning proxy",
        "ip link add vx6 type vxlan id 10 remote fd00:1::9 dstport 4789",
        "ip link set port0 master br0 alias cable.to.left",
        "ip link set vx9 master br0 up mtu 1400",
        "bridge link set dev port0 hairpin on isolated on",
        "ip link set br0 up",
        "ip link add mv0 link up0 type macvlan mode private",
        "ip link add mv1 link up0 type macvlan mode bridge",
        "ip addr add 10.1.0.1/24 dev up0",
        "ip addr add 10.1.0.7/24 dev up0",
        "ip addr add 10.2.0.1 peer 10.2.0.2/32 dev br0",
        "ip addr add fd00:1::1/64 dev up0 nodad",
        "ip addr add 169.254.3.3/16 dev br0 scope link label br0:old",
        "ip route add default via 10.1.0.254 dev up0 proto static metric 100",
        "ip route add 10.5.0.0/16 proto bird nexthop via 10.1.0.2 dev up0 weight 2 nexthop via 10.1.0.3 dev up0",
        "ip route add blackhole 10.6.0.0/16",
        "ip route add unreachable 10.7.0.0/16 metric 9",
        "ip route add prohibit 10.8.0.1",
        "ip route add throw 10.9.0.0/16 table 77",
        "ip route add 10.10.0.0/16 via inet6 fd00:1::2 dev up0",
        "ip route add 10.11.0.0/24 via 10.99.0.1 dev up0 onlink src 10.1.0.7 mtu 1300",
        "ip nexthop add id 5 via 10.1.0.5 dev up0",
        "ip route add 10.12.0.0/24 nhid 5",
        "ip -6 route add fd00:7::/64 via fd00:1::7 dev up0 metric 42",
        "ip -6 route add blackhole fd00:8::/64",
        "ip -6 route add default proto ra nexthop via fd00:1::3 dev up0 nexthop via fd00:1::4 dev up0",
        "ip rule add priority 100 from 10.1.0.0/24 to 10.9.0.0/16 lookup 77",
        "ip rule add priority 110 not fwmark 0x10/0xff iif up0 lookup 77",
        "ip rule add priority 120 oif br0 ipproto tcp dport 80-90 sport 7 prohibit",
        "ip rule add priority 130 uidrange 7-9 goto 200",
        "ip rule add priority 200 lookup main suppress_prefixlength 0",
        "ip -6 rule add priority 50 from fd00:1::1 blackhole",
        "ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:02 dev up0 nud permanent",
        "ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:03 dev up0 nud stale",
        "ip neigh add fd00:1::2 lladdr 02:00:00:00:00:06 dev up0 nud permanent router",
        "bridge fdb append 00:00:00:00:00:00 dev vx9 dst 10.1.0.8",
        "bridge fdb add 02:00:00:00:00:08 dev vx9 dst 10.1.0.8 vni 11 port 9999 self permanent",
        "bridge fdb add 02:00:00:00:00:09 dev port0 master static",
        "bridge fdb add 02:00:00:00:00:0a dev port0 master static sticky",
    )
    return router


def test_interfaces_equal_ip_link(router: Site) -> None:
    """[router] alone: the referee names masters and parents, we number them."""
    said = {found["ifindex"]: found for found in router.ask("ip -j -d link")}
    read = {found.index: found for found in router.read().interfaces}
    names = {found.index: found.name for found in read.values()}
    assert read.keys() == said.keys()
    for index, found in read.items():
        other = said[index]
        info = other.get("linkinfo", {})
        data: dict[str, Any] = info.get("info_data", {})
        slave: dict[str, Any] = info.get("info_slave_data", {})
        assert found.name == other["ifname"]
        assert found.kind == info.get("info_kind", "loopback")
        assert found.mac == other["address"]
        assert found.mtu_bytes == other["mtu"]
        assert found.flags == tuple(other["flags"])
        assert found.state == other["operstate"].lower().replace("lowerlayer", "lower_layer_")
        assert names.get(found.master or 0) == other.get("master")
        assert found.alias == other.get("ifalias")
        assert found.peer_nsid == other.get("link_netnsid")
        if "link" in other:
            assert names[found.peer or 0] == other["link"]
        elif "link_index" in other:
            assert (found.peer or 0) == other["link_index"]
        if found.vxlan is not None:
            assert (found.vxlan.vni, found.vxlan.port) == (data["id"], data["port"])
            assert found.vxlan.local == (ip_address(data["local"]) if "local" in data else None)
            remote = data.get("remote") or data.get("remote6")
            assert found.vxlan.remote == (ip_address(remote) if remote else None)
            assert (found.vxlan.learning, found.vxlan.proxy) == (data["learning"], data.get("proxy", False))
        if found.bridge is not None:
            assert found.bridge.stp == bool(data["stp_state"])
            assert found.bridge.ageing_s == data["ageing_time"] / 100
            assert found.bridge.vlan_filtering == bool(data["vlan_filtering"])
        if found.port is not None:
            assert (found.port.state, found.port.hairpin) == (slave["state"], slave["hairpin"])
            assert (found.port.isolated, found.port.learning) == (slave["isolated"], slave["learning"])
        if found.kind == "macvlan":
            assert found.macvlan_mode == data["mode"]


def test_addresses_equal_ip_addr(router: Site) -> None:
    """[router] alone."""
    said = [
        (
            link["ifindex"],
            ip_interface(f"{found['local']}/{found['prefixlen']}"),
            found["scope"],
            found.get("label"),
            ip_address(found["address"]) if "address" in found else None,
            "secondary" in found or None,
        )
        for link in router.ask("ip -j addr")
        for found in link["addr_info"]
    ]
    read = [
        (found.interface, found.address, found.scope, found.label, found.peer, "secondary" in found.flags or None)
        for found in router.read().addresses
    ]
    assert read == said


@pytest.mark.parametrize("family", [4, 6])
def test_routes_equal_ip_route(router: Site, family: int) -> None:
    """[router] alone: every table, word for word, as the command prints them."""
    with Netlink(router.descriptor) as netlink:
        names = {found.index: found.name for found in snapshot.read(router.descriptor).interfaces}
        read = [route.describe(found, names) for found in route.read(netlink) if found.family == family]
    printed = router.run(f"ip -{family} -d route show table all").replace("\n\t", " ").splitlines()
    said = [_plain(line) for line in printed]
    assert sorted(read) == sorted(said)


def test_policy_rules_equal_ip_rule(router: Site) -> None:
    """[router] alone, both families, in order."""
    with Netlink(router.descriptor) as netlink:
        read = [f"{found.priority}:\t{policy_rule.describe(found)}" for found in policy_rule.read(netlink)]
    assert read == [line.strip() for family in "46" for line in router.run(f"ip -{family} rule").splitlines()]


def test_neighbours_equal_ip_neigh(router: Site) -> None:
    """[router] alone."""
    with Netlink(router.descriptor) as netlink:
        names = {found.index: found.name for found in interface.read(netlink)}
        read = [neighbour.describe(found, names) for found in neighbour.read(netlink)]
    said = [line.strip() for family in "46" for line in router.run(f"ip -{family} neigh").splitlines()]
    assert sorted(read) == sorted(said)


def test_forwarding_entries_equal_bridge_fdb(router: Site) -> None:
    """[router] alone: bridge ports, tunnel destinations, and every device's own multicast entries."""
    with Netlink(router.descriptor) as netlink:
        names = {found.index: found.name for found in interface.read(netlink)}
        read = neighbour.read_fdb(netlink)
    said = router.ask("bridge -j fdb")
    assert sorted(
        (
            found.mac,
            names[found.interface],
            str(found.destination or ""),
            names.get(found.master or 0, ""),
            found.vni or 0,
            found.port or 0,
            found.state if found.state in ("permanent", "static") else "",
            sorted(flag for flag in found.flags if flag != "master"),
        )
        for found in read
    ) == sorted(
        (
            found["mac"],
            found["ifname"],
            found.get("dst", ""),
            found.get("master", ""),
            found.get("vni", 0),
            found.get("port", 0),
            found["state"],
            sorted(flag for flag in found["flags"] if flag != "master"),
        )
        for found in said
    )


def test_counters_equal_ip_stats(bench: Bench) -> None:
    """[a]--veth--[b], three packets."""
    one, other = bench.site(), bench.site()
    bench.cable(one, "eth0", other, "eth0")
    one.run("ip addr add 10.3.0.1/24 dev eth0")
    other.run("ip addr add 10.3.0.2/24 dev eth0")
    with open_socket_in(one.descriptor, AF_INET, SOCK_DGRAM) as sender:
        for _ in range(3):
            sender.sendto(b"hello", ("10.3.0.2", 9))
    with Netlink(one.descriptor) as netlink:
        read = {found.index: found.name for found in interface.read(netlink)}
        # An address in use may speak by itself (neighbour discovery): what was read must lie between two readings.
        before = {found["ifindex"]: found["stats64"] for found in one.ask("ip -j -s link")}
        counters = interface.read_counters(netlink)
        after = {found["ifindex"]: found["stats64"] for found in one.ask("ip -j -s link")}
    for index in read:
        for direction in ("rx", "tx"):
            for what in ("packets", "bytes", "errors", "dropped"):
                value = getattr(counters[index], f"{direction}_{what}")
                assert before[index][direction][what] <= value <= after[index][direction][what]
    assert counters[2].tx_packets >= 3


def _plain(line: str) -> str:
    """Bring a line of `ip -d route` to our words: it also prints the usual type, table and scope, ids and lifetimes."""
    words = line.partition(" nh_info ")[0].split()
    if words[0] == "unicast":
        words = words[1:]
    for noise in ("nhid", "pref", "hoplimit", "error", "expires"):
        while noise in words:
            at = words.index(noise)
            del words[at : at + 2]
    for usual in ("table main", "scope global"):
        words = " ".join(words).replace(f" {usual}", "").split()
    return " ".join(words)
