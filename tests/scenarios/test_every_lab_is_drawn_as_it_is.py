"""Each lab that ships, launched over REST: the graph says what `ip` and the engine say, and a stop leaves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from labs import specs
from labs.hosts import host as hosts
from labs.hosts.host import Host
from tests.integration.api.test_life import client, graph, launched
from tests.integration.conftest import host_image, nothing_left
from tests.integration.services.conftest import owner, redis_server
from tests.integration.services.program import until
from tests.scenarios import referee
from tests.scenarios.referee import HostTruth, Link

__all__ = ["client", "host_image", "nothing_left", "owner", "redis_server"]

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("slug", sorted(folder.parent.name for folder in specs.CATALOG.glob("*/lab.yml")))
def test_graph_of_a_shipped_lab_equals_kernel_and_engine(client: Client, slug: str) -> None:
    path = launched(client, slug)
    session = path.split("/")[4]
    running = hosts.running(session)
    assert {host.name for host in running} == {host["name"] for host in client.get(path).json()["hosts"]}

    # A launch ends before the last of its ripples: addresses of IPv6 are tentative, a Swarm still talks.
    until(lambda: not differences(client, path, running), 20, lambda: "\n".join(differences(client, path, running)))

    assert client.delete(path).status_code == 202
    until(lambda: client.get(path).json()["state"] == "stopped")
    assert session not in hosts.sessions()


def differences(client: Client, path: str, running: list[Host]) -> list[str]:
    """Return, in sentences, all in which the drawn graph and the hosts' own tools disagree."""
    drawn = graph(client, path)
    if "edges" not in drawn:
        return ["nothing is drawn yet"]
    found = []
    for host in running:
        truth = referee.look(host)
        found += [f"{host.name}: {text}" for text in compare(drawn, host.name, truth)]
    return found


def compare(drawn: dict[str, Any], host: str, truth: HostTruth) -> list[str]:
    nodes, edges = drawn["nodes"], drawn["edges"]
    of_host = {key: node for key, node in nodes.items() if node.get("host") == host}
    namespaces = {int(key.rpartition("-")[2]): key for key, node in of_host.items() if node["kind"] == "namespace"}
    found = unequal("namespaces", set(namespaces), set(truth.namespaces))
    for inode in set(namespaces) & set(truth.namespaces):
        drawn_links = {
            as_link(node, nodes)
            for node in nodes.values()
            if node.get("namespace") == namespaces[inode] and node["kind"] == "interface"
        }
        name = nodes[namespaces[inode]]["name"]
        found += unequal(f"interfaces of {name}", drawn_links, set(truth.namespaces[inode]))
    found += cables(nodes, edges, namespaces, truth)
    containers = {
        key.partition(":")[2]: (node["name"], node["state"])
        for key, node in of_host.items()
        if node["kind"] == "container"
    }
    found += unequal("containers", set(containers.items()), set(truth.containers.items()))
    networks = {
        key.partition(":")[2]: (node["name"], node["driver"])
        for key, node in nodes.items()
        if node["kind"] == "network" and host in node["hosts"]
    }
    found += unequal("networks", set(networks.items()), set(truth.networks.items()))
    attached = {
        (edge["a"].partition(":")[2], edge["b"].partition(":")[2])
        for edge in edges.values()
        if edge["type"] == "attached" and edge["a"].partition(":")[2] in truth.containers
    }
    return found + unequal("memberships", attached, set(truth.attached))


def cables(nodes: dict[str, Any], edges: dict[str, Any], namespaces: dict[int, str], truth: HostTruth) -> list[str]:
    """Compare each veth's other end: exactly one cable, to an interface of the index the kernel names."""
    found = []
    for (inode, index), other in truth.peers.items():
        if inode not in namespaces:
            continue
        own = f"if:{namespaces[inode].removeprefix('ns:')}:{index}"
        ends = [
            edge["b"] if edge["a"] == own else edge["a"]
            for edge in edges.values()
            if edge["type"] == "veth" and own in (edge["a"], edge["b"])
        ]
        if [nodes[end]["index"] for end in ends] != [other]:
            found.append(f"the cable of {own} leads to {ends}, and the kernel says to index {other}")
    return found


def as_link(node: dict[str, Any], nodes: dict[str, Any]) -> Link:
    master = nodes[node["master"]]["name"] if node["master"] else None
    addresses = tuple(sorted(address["address"] for address in node["addresses"]))
    return (node["index"], node["name"], node["mac"], node["mtu_bytes"], node["type"], master, addresses)


def unequal(what: str, drawn: set[Any], true: set[Any]) -> list[str]:
    if drawn == true:
        return []
    return [f"{what}: drawn only {sorted(map(str, drawn - true))}, true only {sorted(map(str, true - drawn))}"]
