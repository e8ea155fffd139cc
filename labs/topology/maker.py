"""Who made a firewall rule, and what for: read from its chain, its words, and what the graph knows of its names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from labs.kernel.firewall import Chain, FilterRule
from labs.topology.graph import Graph
from labs.topology.wire import ContainerNode, InterfaceNode, NamespaceNode, NetworkNode

_PREFIXES: Final = (
    ("DOCKER_", "Docker's DNS server for containers (127.0.0.11)"),
    ("DOCKER-INGRESS", "Swarm's routing mesh"),
    ("DOCKER-USER", "left by Docker for your own rules"),
    ("DOCKER", "Docker"),
    ("KUBE-POD-FW", "kube-router's network policy"),
    ("KUBE-NWPLCY", "kube-router's network policy"),
    ("KUBE-", "kube-proxy, for a Kubernetes Service"),
    ("CNI-HOSTPORT", "the CNI plugin portmap, for a published port"),
    ("CNI-DN", "the CNI plugin portmap, for a published port"),
    ("CNI-ISOLATION", "the CNI plugin firewall: isolation between bridges"),
    ("CNI-", "a CNI plugin"),
    ("cali-", "Calico"),
    ("FLANNEL", "Flannel"),
    ("WEAVE", "Weave"),
)
_WORD = {
    name: re.compile(rf"(?:^| ){flag} (\S+)")
    for name, flag in (
        ("source", "-s"),
        ("destination", "-d"),
        ("input", "-i"),
        ("output", "-o"),
        ("port", "--dport"),
        ("to", "--to-destination"),
        ("target", "-j"),
    )
}


class Makers:
    """Explains the rules of one namespace with the names of one graph."""

    def __init__(self, graph: Graph, namespace: str) -> None:
        """Gather names of the namespace's host only: addresses and bridge names repeat from host to host."""
        node = graph.nodes.get(namespace)
        host = node.host if isinstance(node, NamespaceNode) else None
        self._networks: dict[str, str] = {}
        self._containers: dict[str, str] = {}
        for other in graph.nodes.values():
            if isinstance(other, NetworkNode) and other.bridge is not None and host in other.hosts:
                self._networks[other.bridge] = other.name
            elif isinstance(other, InterfaceNode):
                self._learn_addresses(graph, other, host)

    def explain(self, chain: Chain, rule: FilterRule) -> str | None:
        """Return who made the rule and what for, None if nothing tells (a rule of the learner's own, most likely)."""
        if chain.world == "nft":
            return None
        words = {name: found[1] for name, pattern in _WORD.items() if (found := pattern.search(rule.text))}
        return self._docker(chain, words, rule.text) or _by_prefix(chain.name) or _by_prefix(words.get("target", ""))

    def _learn_addresses(self, graph: Graph, interface: InterfaceNode, host: str | None) -> None:
        namespace = graph.nodes.get(interface.namespace)
        if not isinstance(namespace, NamespaceNode) or namespace.host != host or namespace.role == "host":
            return
        names = [node.name for key in namespace.containers if isinstance(node := graph.nodes[key], ContainerNode)]
        for item in interface.addresses if names else ():
            self._containers[str(item.address.ip)] = names[0]

    def _docker(self, chain: Chain, words: Mapping[str, str], text: str) -> str | None:
        target, bridge = words.get("target", ""), words.get("output") or words.get("input") or ""
        network = self._networks.get(bridge)
        if chain.name == "DOCKER" and target == "DNAT":
            address = words.get("to", "").rpartition(":")[0].strip("[]")
            return f"published port {words.get('port', '?')} of {self._container(address)}"
        if chain.name == "DOCKER" and target == "ACCEPT":
            container = self._container(words.get("destination", ""))
            return f"lets traffic for the published port {words.get('port', '?')} in to {container}"
        if chain.name.startswith("DOCKER-ISOLATION"):
            if target == "DROP" and ("source" in words or "destination" in words):
                return f"Docker: network {network or bridge} is internal"
            return f"Docker: isolation between networks ({network or bridge})" if bridge else "Docker: isolation"
        if network is None:
            if target == "MASQUERADE" and words.get("source") == words.get("destination") and "source" in words:
                return f"published port: {self._container(words['source'])} reaching itself by it"
            return None
        return self._network_rule(chain, words, text, network)

    def _network_rule(self, chain: Chain, words: Mapping[str, str], text: str, network: str) -> str | None:
        target = words.get("target", "")
        if chain.name == "POSTROUTING" and target == "MASQUERADE":
            return f"network {network}: what leaves it takes the host's address"
        if chain.name != "FORWARD" and chain.name != "DOCKER":
            return None
        if "--ctstate" in text:
            return f"network {network}: answers may come back in"
        if words.get("input") == words.get("output") and "! -o" not in text:
            allowed = "may" if target == "ACCEPT" else "may not"
            return f"network {network}: its containers {allowed} reach each other"
        if target == "ACCEPT":
            return f"network {network}: its containers may reach out"
        return f"network {network}: published ports" if target == "DOCKER" else f"Docker, for network {network}"

    def _container(self, address: str) -> str:
        bare = address.partition("/")[0]
        return self._containers.get(bare, bare)


def _by_prefix(name: str) -> str | None:
    return next((maker for prefix, maker in _PREFIXES if name.startswith(prefix)), None)
