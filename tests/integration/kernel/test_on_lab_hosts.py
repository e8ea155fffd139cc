"""On real lab hosts: every namespace is seen, every cable has two ends, and nothing of the machine shows."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import partial

import pytest

from labs.engine import inventory
from labs.hosts import underlay
from labs.hosts.host import Host, command
from labs.kernel import facts, sighting
from labs.kernel.errors import NamespaceGone
from labs.kernel.namespace import identify
from labs.kernel.peer import PeerResolver
from labs.kernel.snapshot import Reader
from labs.topology import facts as topology_facts
from labs.topology import graph
from labs.topology.graph import Graph
from labs.topology.observation import Observation, ObservedHost, ObservedNamespace
from labs.topology.wire import ContainerNode, InterfaceNode, NamespaceNode, namespace_id, namespace_of
from tests.integration.kernel.bench import until

pytestmark = pytest.mark.engine


class Session:
    """Looks at all lab hosts of a session, as the observer does."""

    def __init__(self, *hosts: Host) -> None:
        self.hosts = hosts
        self._readers: dict[object, Reader] = {}
        self._resolver = PeerResolver()

    def graph(self) -> Graph:
        seen = {host: sighting.look(host.pid) for host in self.hosts}
        ground = underlay.find(self.hosts[0].session)
        assert ground is not None
        below = identify(ground.namespace)
        present = {namespace for found in seen.values() for namespace in found} | {below}
        for gone in set(self._readers) - present:
            self._readers.pop(gone).close()
        for host, found in seen.items():
            for namespace, one in found.items():
                if namespace not in self._readers:
                    descriptor = sighting.open_sighting(host.pid, one)
                    self._readers[namespace] = Reader(descriptor)
                    os.close(descriptor)
        if below not in self._readers:
            self._readers[below] = Reader(ground.namespace)
        readers = {reader.namespace: reader for reader in self._readers.values()}
        states = {namespace: reader.read() for namespace, reader in readers.items()}
        peers = self._resolver.resolve(readers, states)
        hosts = tuple(
            ObservedHost(
                host.name,
                host.address,
                tuple(
                    ObservedNamespace(
                        states[namespace], peers[namespace], one.own, one.engine_file, one.name, one.process
                    )
                    for namespace, one in found.items()
                ),
                inventory.read(host),
            )
            for host, found in seen.items()
        )
        return graph.build(Observation(hosts, ObservedNamespace(states[below], peers[below])))

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()


@pytest.fixture
def session(host: Host) -> Iterator[Session]:
    found = Session(host)
    yield found
    found.close()


@pytest.fixture
def two(two_hosts: tuple[Host, Host]) -> Iterator[Session]:
    found = Session(*two_hosts)
    yield found
    found.close()


def _on(host: Host, script: str) -> str:
    done = subprocess.run(
        command(host, ["sh", "-ec", script]), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _namespaces(found: Graph) -> set[tuple[str | None, str, str]]:
    return {(node.host, node.role, node.name) for node in found.nodes.values() if isinstance(node, NamespaceNode)}


def _name(found: Graph, identity: str) -> str:
    """Return `namespace name:interface name`, or a node's name."""
    node = found.nodes[identity]
    return f"{_name(found, node.namespace)}:{node.name}" if isinstance(node, InterfaceNode) else node.name


def _edges(found: Graph, sort: str) -> set[tuple[str, str]]:
    """Return the named ends of all edges of a type; cables sorted by name, others from a to b."""
    pairs = [(_name(found, e.a), _name(found, e.b)) for e in found.edges.values() if e.type == sort]
    return {(min(pair), max(pair)) if sort in ("veth", "vxlan") else pair for pair in pairs}


def _loose_ends(found: Graph) -> set[str]:
    wired = {end for edge in found.edges.values() if edge.type == "veth" for end in (edge.a, edge.b)}
    veths = (node for node in found.nodes.values() if isinstance(node, InterfaceNode) and node.type == "veth")
    return {_name(found, node.id) for node in veths if node.id not in wired}


def test_every_mode_on_one_host(session: Session) -> None:
    """[web]--veth--docker0  [pod: pause, app]--veth--docker0  [none]  host-mode; then `web` goes."""
    (host,) = session.hosts
    _on(
        host,
        """
        docker run -d --name web -p 8080:80 netquarium/web:1
        docker run -d --name pause netquarium/pause:1
        docker run -d --name app --network container:pause netquarium/tools:1
        docker run -d --name here --network host netquarium/tools:1
        docker run -d --name alone --network none netquarium/tools:1
        ip netns add mine
        """,
    )
    found = session.graph()
    assert _namespaces(found) == {
        ("alpha", "host", "alpha"),
        ("alpha", "container", "web"),
        ("alpha", "pod", "pause"),
        ("alpha", "container", "alone"),
        ("alpha", "named", "mine"),
        (None, "underlay", "underlay"),
    }
    assert _edges(found, "inside") == {
        ("web", "web"), ("pause", "pause"), ("app", "pause"), ("here", "alpha"), ("alone", "alone"),
    }  # fmt: skip
    assert _loose_ends(found) == set()
    cables = _edges(found, "veth")
    assert ("alpha:eth0", "underlay:alpha") in cables
    ends = {end for cable in cables for end in cable}
    assert {"web:eth0", "pause:eth0"} <= ends
    assert {bridge for _, bridge in _edges(found, "port")} == {"alpha:docker0", "underlay:underlay0"}
    assert ("bridge", "alpha:docker0") in _edges(found, "realised")
    modes = {node.name: node.network_mode for node in found.nodes.values() if isinstance(node, ContainerNode)}
    assert modes == {
        "web": "bridge", "pause": "bridge", "app": "container:pause", "here": "host", "alone": "none",
    }  # fmt: skip
    _on(host, "docker rm -f web; ip netns del mine")
    after = session.graph()
    assert _namespaces(found) - _namespaces(after) == {("alpha", "container", "web"), ("alpha", "named", "mine")}
    assert _loose_ends(after) == set()
    assert len(_edges(after, "veth")) == len(cables) - 1


def test_two_hosts_with_overlay_and_macvlan(two: Session) -> None:
    """[db@alpha]--br0--vxlan0 ==tunnel== vxlan0--br0--[db@beta]; [lan] macvlans of both hosts' eth0"""
    alpha, beta = two.hosts
    _on(alpha, f"docker swarm init --advertise-addr {alpha.address}")
    token = _on(alpha, "docker swarm join-token -q worker")
    _on(beta, f"docker swarm join --token {token} {alpha.address}:2377")
    _on(alpha, "docker network create -d overlay --attachable backend")
    for number, host in enumerate(two.hosts):
        until(partial(_try_on, host, "docker run -d --name db --network backend netquarium/tools:1"), deadline_s=20)
        _on(
            host,
            f"""
            docker network create -d macvlan -o parent=eth0 --subnet 10.77.0.0/24 \
                --ip-range 10.77.0.{128 + 32 * number}/27 lan
            docker run -d --name at --network lan netquarium/tools:1
            """,
        )
    found = two.graph()
    overlays = {(host, name) for host, role, name in _namespaces(found) if role == "overlay"}
    assert {("alpha", "backend"), ("beta", "backend"), ("alpha", "ingress"), ("beta", "ingress")} == overlays
    assert _loose_ends(found) == set()
    assert _edges(found, "macvlan") == {("at:eth0", "alpha:eth0"), ("at:eth0", "beta:eth0")}
    tunnels = [edge for edge in found.edges.values() if edge.type == "vxlan"]
    assert len(tunnels) == 2
    for tunnel in tunnels:
        ends = [found.nodes[tunnel.a], found.nodes[tunnel.b]]
        assert {_host_of(found, end.id) for end in ends} == {"alpha", "beta"}
    backend = next(node for node in found.nodes.values() if node.kind == "network" and node.name == "backend")
    assert set(getattr(backend, "hosts", ())) == {"alpha", "beta"}
    assert _edges(found, "realised") >= {("backend", "backend:vxlan0"), ("lan", "alpha:eth0"), ("lan", "beta:eth0")}


def test_learners_own_namespaces_and_tricks(session: Session) -> None:
    """`unshare` is seen; a link to the machine's namespace and a mere file in the engine's folder are not."""
    (host,) = session.hosts
    _on(
        host,
        """
        unshare --net sleep 60 > /dev/null 2>&1 &
        unshare --user --map-root-user --net sleep 60 > /dev/null 2>&1 &
        mkdir -p /run/netns /run/docker/netns
        ln -s /proc/1/ns/net /run/netns/mirror
        ln -s /../../../proc/1/ns/net /run/docker/netns/escape
        touch /run/docker/netns/1-nothing /run/netns/empty; mkfifo /run/netns/pipe
        mount --bind /proc/self/ns/uts /run/docker/netns/1-nothing
        """,
    )
    machine = identify("/proc/self/ns/net")

    def sleepers() -> int:
        return sum((one.process or "").startswith("sleep") for one in sighting.look(host.pid).values())

    until(lambda: sleepers() == 2)
    seen = sighting.look(host.pid)
    assert machine not in seen
    assert {one.engine_file for one in seen.values()} <= {None, "default"}
    found = session.graph()
    roles = [role for _, role, _ in _namespaces(found)]
    assert roles.count("process") == 2
    assert namespace_id(machine) not in found.nodes


def test_gone_host_and_gone_namespace_are_told(host: Host) -> None:
    _on(host, "ip netns add brief")
    seen = sighting.look(host.pid)
    brief = next(one for one in seen.values() if one.name == "brief")
    _on(host, "ip netns del brief")
    with pytest.raises(NamespaceGone):
        sighting.open_sighting(host.pid, brief)
    with pytest.raises(NamespaceGone):
        sighting.look(2**22 - 1)


def test_rules_name_their_makers(session: Session) -> None:
    """[web] with a published port on `bridge`, [api] on user network `front`, and an internal one."""
    (host,) = session.hosts
    _on(
        host,
        """
        docker run -d --name web -p 8080:80 netquarium/web:1
        docker network create front; docker network create --internal vault
        docker run -d --name api --network front netquarium/tools:1
        """,
    )
    found = session.graph()
    own = next(n for n in found.nodes.values() if isinstance(n, NamespaceNode) and n.role == "host")
    told = topology_facts.tell(facts.read(host.namespace), found)
    assert namespace_of(own.id) == identify(host.namespace)
    makers = {rule.maker for chain in told.firewall for rule in chain.rules}
    assert None not in makers, "every rule on a fresh host is Docker's, and says what for"
    assert {
        "published port 8080 of web",
        "lets traffic for the published port 80 in to web",
        "network front: what leaves it takes the host's address",
        "network front: its containers may reach each other",
        "Docker: network vault is internal",
        "Docker: isolation between networks (front)",
    } <= makers
    assert {chain.world for chain in told.firewall} == {"iptables-nft"}
    inside = next(n for n in found.nodes.values() if isinstance(n, NamespaceNode) and n.name == "api")
    seen = sighting.look(host.pid)[namespace_of(inside.id)]
    descriptor = sighting.open_sighting(host.pid, seen)
    try:
        dns = topology_facts.tell(facts.read(descriptor), found)
    finally:
        os.close(descriptor)
    assert {rule.maker for chain in dns.firewall for rule in chain.rules} == {
        "Docker's DNS server for containers (127.0.0.11)"
    }


def _try_on(host: Host, script: str) -> bool:
    """Run a script that may come too early: a worker hears of an overlay network a moment after it joined."""
    done = subprocess.run(
        command(host, ["sh", "-c", f"{script} || {{ docker rm -f db; false; }}"]),
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


def _host_of(found: Graph, interface: str) -> str | None:
    node = found.nodes[interface]
    assert isinstance(node, InterfaceNode)
    namespace = found.nodes[node.namespace]
    assert isinstance(namespace, NamespaceNode)
    return namespace.host
