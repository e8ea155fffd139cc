"""Rules say who made them and what for."""

from __future__ import annotations

import pytest

from labs.kernel.firewall import Chain, FilterRule
from labs.topology.graph import Graph, build
from labs.topology.maker import Makers
from tests.unit.topology import sample


def _explain(text: str, *, graph: Graph | None = None, world: str = "iptables-nft") -> str | None:
    name = text.split()[1]
    rule = FilterRule(text, 1, 0, 0)
    chain = Chain("nft" if world == "nft" else "iptables-nft", "ip", "filter", name, None, None, None, (rule,))
    return Makers(graph if graph is not None else build(sample.observation()), "ns:4-100").explain(chain, rule)


@pytest.mark.parametrize(
    ("text", "maker"),
    [
        (
            "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
            "published port 8080 of web",
        ),
        (
            "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
            "lets traffic for the published port 80 in to web",
        ),
        (
            "-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
            "published port: web reaching itself by it",
        ),
        (
            "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
            "network bridge: what leaves it takes the host's address",
        ),
        ("-A FORWARD -i docker0 -o docker0 -j ACCEPT", "network bridge: its containers may reach each other"),
        ("-A FORWARD -i docker0 -o docker0 -j DROP", "network bridge: its containers may not reach each other"),
        ("-A FORWARD -i docker0 ! -o docker0 -j ACCEPT", "network bridge: its containers may reach out"),
        ("-A FORWARD -j DOCKER-USER", "left by Docker for your own rules"),
        ("-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP", "Docker: isolation between networks (bridge)"),
        ("-A DOCKER-ISOLATION-STAGE-1 ! -s 172.17.0.0/16 -o docker0 -j DROP", "Docker: network bridge is internal"),
        ("-A DOCKER_OUTPUT -d 127.0.0.11/32 -j DNAT", "Docker's DNS server for containers (127.0.0.11)"),
        ("-A CNI-ISOLATION-STAGE-1 -j RETURN", "the CNI plugin firewall: isolation between bridges"),
        ("-A cali-FORWARD -j MARK", "Calico"),
        ("-A INPUT -p tcp --dport 22 -j ACCEPT", None),
        ("-A FORWARD -s 10.0.0.0/8 -j DROP", None),
    ],
)
def test_makers(text: str, maker: str | None) -> None:
    assert _explain(text) == maker


def test_unknown_address_is_named_by_itself() -> None:
    text = "-A DOCKER -p tcp --dport 1 -j DNAT --to-destination 172.17.0.99:80"
    assert _explain(text) == "published port 1 of 172.17.0.99"
    assert _explain(text, graph=Graph()) == "published port 1 of 172.17.0.99"


def test_native_rules_have_no_known_maker() -> None:
    assert _explain("-A DOCKER -j DROP", world="nft") is None
