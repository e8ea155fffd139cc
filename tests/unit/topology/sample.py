"""A session of two hosts, small enough to read: values only.

alpha: [web] eth0--veth--veth1 [alpha] port docker0; [pod: pause, app]; overlay `backend`; eth0 to the underlay.
beta: overlay `backend`, and [at], a macvlan child of beta's eth0.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from labs.engine.facts import ContainerFacts, Endpoint, Inventory, NetworkFacts, PortFacts, SubnetFacts
from labs.kernel.address import Address
from labs.kernel.interface import Interface, Vxlan
from labs.kernel.namespace import Namespace
from labs.kernel.snapshot import NamespaceState
from labs.topology.observation import Observation, ObservedHost, ObservedNamespace

ALPHA, BETA, WEB, POD, AT, BACK_A, BACK_B, GROUND = (Namespace(4, 100 + number) for number in range(8))
BRIDGE_ID, BACKEND_ID = "b" * 64, "backend" + "k" * 18


def interface(index: int, name: str, kind: str = "veth", **more: object) -> Interface:
    base = Interface(index, name, kind, f"02:00:00:00:00:{index:02x}", 1500, "up", ("UP", "LOWER_UP"))
    return replace(base, **more)  # type: ignore[arg-type]  # the caller names fields of Interface


def state(namespace: Namespace, *interfaces: Interface, **addresses: str) -> NamespaceState:
    """Make a state; `addresses` gives interfaces by name an address each."""
    by_name = {found.name: found.index for found in interfaces}
    return NamespaceState(
        namespace,
        interfaces,
        tuple(
            Address(by_name[name], IPv4Interface(text), "global", ("permanent",)) for name, text in addresses.items()
        ),
    )


def container(name: str, host: str, namespace: Namespace | None, **more: object) -> ContainerFacts:
    base = ContainerFacts(
        id=(name * 64)[:64],
        host=host,
        name=name,
        image="netquarium/tools:1",
        command="sleep infinity",
        state="running",
        exit_code=None,
        health=None,
        hostname=name,
        network_mode="default",
        joined=None,
        service=name,
        pause=False,
        ports=(),
        endpoints=(),
        namespace=namespace,
        pid=None,
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the caller names fields of ContainerFacts


def network(identity: str, name: str, host: str, driver: str, **more: object) -> NetworkFacts:
    base = NetworkFacts(
        id=identity,
        host=host,
        name=name,
        driver=driver,
        scope="swarm" if driver == "overlay" else "local",
        subnets=(),
        internal=False,
        attachable=False,
        ingress=False,
        enable_ipv6=False,
        bridge=None,
        vnis=(),
        sandbox=None,
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the caller names fields of NetworkFacts


def overlay_state(namespace: Namespace) -> NamespaceState:
    vxlan = Vxlan(4097, 4789, None, None, learning=False, proxy=True)
    return state(namespace, interface(2, "br0", "bridge"), interface(11, "vxlan0", "vxlan", vxlan=vxlan, master=2))


def observation() -> Observation:
    """Return the whole session."""
    web = container(
        "web",
        "alpha",
        WEB,
        image="netquarium/web:1",
        ports=(PortFacts(80, "tcp", 8080, IPv4Address("0.0.0.0")),),
        endpoints=(Endpoint(BRIDGE_ID, "bridge", "e", (IPv4Interface("172.17.0.2/16"),), None, None, ("web", "www")),),
    )
    pause = container("pause", "alpha", POD, pause=True, network_mode="none")
    app = container("app", "alpha", POD, network_mode=f"container:{pause.id}", joined=pause.id)
    here = container("here", "alpha", ALPHA, network_mode="host")
    old = container("old", "alpha", None, state="exited", exit_code=0)
    at = container("at", "beta", AT, network_mode="lan")
    subnet = SubnetFacts(IPv4Network("172.17.0.0/16"), IPv4Address("172.17.0.1"), None)
    alpha = ObservedHost(
        "alpha",
        IPv4Address("10.77.0.11"),
        (
            ObservedNamespace(
                state(
                    ALPHA,
                    interface(1, "lo", "loopback"),
                    interface(2, "eth0", peer=3, peer_nsid=0),
                    interface(3, "docker0", "bridge"),
                    interface(6, "veth1", peer=5, peer_nsid=1, master=3),
                    eth0="10.77.0.11/24",
                    docker0="172.17.0.1/16",
                ),
                {0: GROUND, 1: WEB},
                own=True,
            ),
            ObservedNamespace(
                state(WEB, interface(5, "eth0", peer=6, peer_nsid=0), eth0="172.17.0.2/16"),
                {0: ALPHA},
                engine_file="abc",
            ),
            ObservedNamespace(state(POD, interface(1, "lo", "loopback")), engine_file="def"),
            ObservedNamespace(overlay_state(BACK_A), engine_file="1-backendkkk"),
        ),
        Inventory(
            "alpha",
            "20.10.24",
            (web, pause, app, here, old),
            (
                network(BRIDGE_ID, "bridge", "alpha", "bridge", bridge="docker0", subnets=(subnet,)),
                network(BACKEND_ID, "backend", "alpha", "overlay", vnis=(4097,), sandbox=BACK_A),
            ),
        ),
    )
    beta = ObservedHost(
        "beta",
        IPv4Address("10.77.0.12"),
        (
            ObservedNamespace(
                state(BETA, interface(2, "eth0", peer=4, peer_nsid=0), eth0="10.77.0.12/24"), {0: GROUND}, own=True
            ),
            ObservedNamespace(overlay_state(BACK_B), engine_file="1-backendkkk"),
            ObservedNamespace(
                state(AT, interface(9, "eth0", "macvlan", peer=2, peer_nsid=0, macvlan_mode="bridge")), {0: BETA}
            ),
        ),
        Inventory(
            "beta",
            "20.10.24",
            (at,),
            (
                network(BACKEND_ID, "backend", "beta", "overlay"),
                network("c" * 64, "lan", "beta", "macvlan", options={"parent": "eth0"}),
            ),
        ),
    )
    ground = ObservedNamespace(
        state(
            GROUND,
            interface(2, "underlay0", "bridge"),
            interface(3, "alpha", peer=2, peer_nsid=0, master=2),
            interface(4, "beta", peer=2, peer_nsid=1, master=2),
        ),
        {0: ALPHA, 1: BETA},
    )
    return Observation((alpha, beta), ground)


def without(found: Observation, *gone: Namespace, containers: tuple[str, ...] = ()) -> Observation:
    """Return the session without some namespaces, the cables' other ends in alpha, and some containers."""
    hosts = []
    for host in found.hosts:
        kept = []
        for observed in host.namespaces:
            if observed.namespace in gone:
                continue
            lost = {number for number, namespace in observed.peers.items() if namespace in gone}
            interfaces = tuple(one for one in observed.state.interfaces if one.peer_nsid not in lost)
            kept.append(replace(observed, state=replace(observed.state, interfaces=interfaces)))
        assert host.inventory is not None
        left = tuple(one for one in host.inventory.containers if one.name not in containers)
        hosts.append(replace(host, namespaces=tuple(kept), inventory=replace(host.inventory, containers=left)))
    return replace(found, hosts=tuple(hosts))
