"""The other end is found, in both directions, whatever the indexes."""

from __future__ import annotations

from ipaddress import IPv4Address

from labs.kernel import interface
from labs.kernel.interface import Interface
from labs.kernel.namespace import Namespace
from labs.kernel.netlink import Netlink, attribute
from labs.kernel.peer import nsid
from labs.topology import graph
from labs.topology.observation import Observation, ObservedHost, ObservedNamespace
from labs.topology.wire import interface_id
from tests.integration.kernel.bench import Bench, Site


def _wired(observed: dict[Namespace, ObservedNamespace]) -> set[frozenset[str]]:
    """Return the pairs of interface ids that are wired in the graph of these namespaces."""
    host = ObservedHost("alpha", IPv4Address("10.0.0.1"), tuple(observed.values()))
    return {frozenset((e.a, e.b)) for e in graph.build(Observation((host,))).edges.values() if e.kind == "wired"}


def _pair(one: Site, one_name: str, other: Site, other_name: str) -> frozenset[str]:
    return frozenset((_id(one, one_name), _id(other, other_name)))


def _id(site: Site, name: str) -> str:
    return interface_id(site.namespace, _named(site, name).index)


def _named(site: Site, name: str) -> Interface:
    return next(found for found in site.read().interfaces if found.name == name)


def test_veth_pair_is_found_from_both_ends_and_gone_after_removal(bench: Bench) -> None:
    """[web] eth0--veth0 [host]--port--br0"""
    web, host = bench.site(), bench.site()
    bench.cable(host, "veth0", web, "eth0")
    host.run("ip link add br0 type bridge", "ip link set veth0 master br0")
    assert _wired(bench.observe()) == {_pair(web, "eth0", host, "veth0"), _pair(host, "veth0", host, "br0")}
    assert _wired(bench.observe(host, web)) == _wired(bench.observe(web, host))
    web.run("ip link del eth0")
    assert _wired(bench.observe()) == set()


def test_ends_of_equal_index_find_each_other(bench: Bench) -> None:
    """[a] eth0 #40--veth--#40 eth0 [b], and the same once more: [c] #40--veth--#40 [d]"""
    a, b, c, d = (bench.site() for _ in range(4))
    bench.cable(a, "eth0", b, "eth0", index=40)
    bench.cable(c, "eth0", d, "eth0", index=40)
    assert _named(a, "eth0").peer == _named(b, "eth0").index == 40
    assert _wired(bench.observe()) == {_pair(a, "eth0", b, "eth0"), _pair(c, "eth0", d, "eth0")}
    b.run("ip link del eth0")
    assert _wired(bench.observe()) == {_pair(c, "eth0", d, "eth0")}


def test_equal_index_is_understood_when_the_kernel_leaves_the_peer_out(bench: Bench) -> None:
    """[a] eth0 #40--veth--#40 eth0 [b], told by a kernel that omits IFLA_LINK then (all before 5.1)."""
    a, b = bench.site(), bench.site()
    bench.cable(a, "eth0", b, "eth0", index=40)
    with Netlink(a.descriptor) as netlink:
        kind, body = netlink.request(interface.GET, bytes(4) + (40).to_bytes(4, "little") + bytes(8))
    told = attribute(5, (40).to_bytes(4, "little"))
    assert told in body, "this kernel tells the peer; the test takes it out"
    older = interface.parse((kind, body.replace(told, b"")))
    assert (older.peer, older.peer_nsid) == (40, _named(a, "eth0").peer_nsid)


def test_many_alike_pairs_are_told_apart(bench: Bench) -> None:
    """Ten times [host] veth0 #5--veth--#7 eth0 [container], all indexes alike: only namespace ids can tell."""
    pairs = [(bench.site(), bench.site()) for _ in range(10)]
    for host, container in pairs:
        host.run(f"ip link add veth0 index 5 type veth peer name eth0 index 7 netns {container.path}")
    expected = {_pair(host, "veth0", container, "eth0") for host, container in pairs}
    assert _wired(bench.observe()) == expected
    assert _wired(bench.observe()) == expected, "the second time from memory"


def test_pair_inside_one_namespace(bench: Bench) -> None:
    """[host] one--veth--other"""
    host = bench.site()
    host.run("ip link add name one type veth peer name other")
    assert _wired(bench.observe()) == {_pair(host, "one", host, "other")}


def test_end_in_an_unseen_namespace_has_no_cable(bench: Bench) -> None:
    """[seen] eth0--veth--eth0 [unseen], beside [other] eth0--veth--eth0 [unseen too], of equal indexes"""
    seen, unseen, other, unseen_too = (bench.site() for _ in range(4))
    bench.cable(seen, "eth0", unseen, "eth0", index=9)
    bench.cable(other, "eth0", unseen_too, "eth0", index=9)
    assert _wired(bench.observe(seen, other)) == set()
    assert len(_wired(bench.observe())) == 2


def test_moved_end_is_followed(bench: Bench) -> None:
    """[a] x--veth--y [b], then y moves to [c], which gives it another index if its own is taken"""
    a, b, c = bench.site(), bench.site(), bench.site()
    bench.cable(a, "x", b, "y", index=6)
    c.run("ip link add taken index 6 type bridge")
    assert _wired(bench.observe()) == {_pair(a, "x", b, "y")}
    b.run(f"ip link set y netns {c.path}")
    assert _named(c, "y").index != 6
    assert _wired(bench.observe()) == {_pair(a, "x", c, "y")}


def test_macvlan_finds_its_parent_here_and_in_another_namespace(bench: Bench) -> None:
    """[underlay] host--veth--eth0 [host]; child and far are macvlans of eth0, far moved to [container]"""
    underlay, host, container = bench.site(), bench.site(), bench.site()
    bench.cable(underlay, "host", host, "eth0")
    host.run(
        "ip link add child link eth0 type macvlan mode bridge",
        f"ip link add far link eth0 netns {container.path} type macvlan mode bridge",
    )
    cable = _pair(underlay, "host", host, "eth0")
    near, far = _pair(host, "child", host, "eth0"), _pair(container, "far", host, "eth0")
    assert _wired(bench.observe()) == {cable, near, far}
    container.run("ip link del far")
    assert _wired(bench.observe()) == {cable, near}
    host.run("ip link del eth0")
    assert _wired(bench.observe()) == set()


def test_macvlan_of_its_parents_index_in_another_namespace(bench: Bench) -> None:
    """[host] eth0 #30; [container] far #30, its macvlan child"""
    underlay, host, container = bench.site(), bench.site(), bench.site()
    bench.cable(underlay, "host", host, "eth0", index=30)
    host.run(f"ip link add far index 30 link eth0 netns {container.path} type macvlan mode bridge")
    assert _pair(container, "far", host, "eth0") in _wired(bench.observe())


def test_namespace_id_is_absent_between_strangers(bench: Bench) -> None:
    """[a] [b]: no link, no number; a veth makes one on each side."""
    a, b = bench.site(), bench.site()
    with Netlink(a.descriptor) as netlink:
        assert nsid(netlink, b.descriptor) is None
        bench.cable(a, "eth0", b, "eth0")
        a.read()
        assert nsid(netlink, b.descriptor) == _named(a, "eth0").peer_nsid
