"""Rules of every tool are read, each once, with the handle a trace would name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.kernel import facts, firewall, listing, sysctl
from labs.kernel.errors import RulesUnreadable
from labs.kernel.firewall import Chain
from tests.integration.kernel.bench import Bench, Site


@pytest.fixture
def site(bench: Bench) -> Site:
    return bench.site()


def _read(site: Site) -> dict[tuple[str, str, str, str], Chain]:
    chains = firewall.read(site.descriptor)
    found: dict[tuple[str, str, str, str], Chain] = {
        (chain.world, chain.family, chain.table, chain.name): chain for chain in chains
    }
    assert len(found) == len(chains)
    return found


def _handles(site: Site) -> dict[tuple[str, str, str], list[int]]:
    """Return nft's own rule handles by family, table and chain."""
    listed: list[dict[str, Any]] = json.loads(site.run("nft -a -j list ruleset"))["nftables"]
    found: dict[tuple[str, str, str], list[int]] = {}
    for item in listed:
        if "chain" in item:
            found.setdefault((item["chain"]["family"], item["chain"]["table"], item["chain"]["name"]), [])
        if "rule" in item:
            rule = item["rule"]
            found[rule["family"], rule["table"], rule["chain"]].append(rule["handle"])
    return found


def test_empty_namespace_has_no_rules(site: Site) -> None:
    assert firewall.read(site.descriptor) == ()


def test_each_chain_is_shown_once_in_its_makers_words(site: Site) -> None:
    site.shell(
        """
        iptables -t nat -A POSTROUTING -s 10.1.0.0/16 -j MASQUERADE
        iptables -N DOCKER; iptables -A FORWARD -o br0 -j DOCKER; iptables -P FORWARD DROP
        iptables -A DOCKER -m comment --comment 'odd # handle 99' -j DROP
        ip6tables -A INPUT -p ipv6-icmp -j ACCEPT
        ebtables-nft -N KUBE-DEDUP; ebtables-nft -A FORWARD -j KUBE-DEDUP; ebtables-nft -A KUBE-DEDUP -p IPv4 -j DROP
        nft 'add table inet mine; add chain inet mine in { type filter hook input priority -5; policy drop; }'
        nft 'add rule inet mine in tcp dport { 22, 80, 443 } counter accept comment "doors { open }"'
        nft 'add table ip raw; add chain ip raw mine; add rule ip raw mine numgen random mod 2 0 drop'
        """
    )
    found = _read(site)
    assert {key[:3] for key in found} == {
        ("iptables-nft", "ip", "nat"),
        ("iptables-nft", "ip", "filter"),
        ("iptables-nft", "ip6", "filter"),
        ("iptables-nft", "bridge", "filter"),
        ("nft", "inet", "mine"),
        ("nft", "ip", "raw"),
    }
    assert {key[1:] for key in found} == set(_handles(site)), "just the chains the kernel holds"
    forward = found["iptables-nft", "ip", "filter", "FORWARD"]
    assert (forward.hook, forward.policy) == ("forward", "drop")
    assert [rule.text for rule in forward.rules] == ["-A FORWARD -o br0 -j DOCKER"]
    odd = found["iptables-nft", "ip", "filter", "DOCKER"]
    assert (odd.hook, odd.policy) == (None, None)
    assert odd.rules[0].text == '-A DOCKER -m comment --comment "odd # handle 99" -j DROP'
    mine = found["nft", "inet", "mine", "in"]
    assert (mine.hook, mine.priority, mine.policy) == ("input", "filter - 5", "drop")
    assert mine.rules[0].text == 'tcp dport { 22, 80, 443 } counter accept comment "doors { open }"'
    uncounted = found["nft", "ip", "raw", "mine"].rules[0]
    assert (uncounted.text, uncounted.packets) == ("numgen random mod 2 0 drop", None)


def test_handles_are_those_of_the_kernel(site: Site) -> None:
    site.shell(
        """
        for port in 1 2 3 4 5; do iptables -A INPUT -p tcp --dport $port -j DROP; done
        iptables -D INPUT 2; iptables -I INPUT -j ACCEPT
        nft add table ip mine; nft add chain ip mine c
        for port in 1 2 3; do nft add rule ip mine c tcp dport $port drop; done; nft delete rule ip mine c handle 3
        """
    )
    handles = _handles(site)
    for (_, *key), chain in _read(site).items():
        family, table, name = key
        assert [rule.handle for rule in chain.rules] == handles[family, table, name]


def test_table_that_iptables_cannot_express_is_shown_as_nft(site: Site) -> None:
    site.shell("iptables -A INPUT -j DROP; nft add rule ip filter INPUT numgen random mod 2 0 drop")
    found = _read(site)
    assert list(found) == [("nft", "ip", "filter", "INPUT")]
    assert len(found["nft", "ip", "filter", "INPUT"].rules) == 2


def test_legacy_tables_stand_beside_the_others(site: Site) -> None:
    site.shell("iptables-legacy -t mangle -A FORWARD -j DROP; iptables -A FORWARD -j ACCEPT")
    found = _read(site)
    assert found["iptables-legacy", "ip", "mangle", "FORWARD"].rules[0].text == "-A FORWARD -j DROP"
    assert found["iptables-nft", "ip", "filter", "FORWARD"].rules[0].text == "-A FORWARD -j ACCEPT"


def test_counters_count(site: Site) -> None:
    site.shell(
        """
        iptables -A OUTPUT -o lo -j ACCEPT
        nft 'add table ip mine; add chain ip mine c { type filter hook input priority 5; }'
        nft add rule ip mine c iifname lo counter
        bash -c 'echo hello > /dev/udp/127.0.0.1/9'
        """
    )
    found = _read(site)
    for key in (("iptables-nft", "ip", "filter", "OUTPUT"), ("nft", "ip", "mine", "c")):
        rule = found[key].rules[0]
        assert (rule.packets or 0) >= 1
        assert (rule.bytes or 0) >= 34


def test_long_set_stays_one_rule(site: Site) -> None:
    ports = ", ".join(str(port) for port in range(1, 400, 2))
    site.shell(
        f"""
        nft 'add table ip mine; add chain ip mine c; add rule ip mine c tcp dport {{ {ports} }} drop'
        nft add rule ip mine c drop
        """
    )
    rules = _read(site)["nft", "ip", "mine", "c"].rules
    assert len(rules) == 2
    assert rules[0].text.startswith("tcp dport { 1, 3, 5,")
    assert rules[0].text.endswith("399 } drop")


def test_listing_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LIMIT_BYTES", 1 << 20)
    monkeypatch.setattr(listing, "TIMEOUT_S", 0.2)
    with pytest.raises(RulesUnreadable, match="1 MiB"):
        listing.run(site.descriptor, ("yes",))
    with pytest.raises(RulesUnreadable, match="longer"):
        listing.run(site.descriptor, ("sleep", "60"))
    with pytest.raises(RulesUnreadable, match="not installed"):
        listing.run(site.descriptor, ("no-such-program",))
    with pytest.raises(RulesUnreadable, match="failed"):
        listing.run(site.descriptor, ("nft", "list", "table", "ip", "absent"))


def test_settings_are_the_namespaces_own(bench: Bench) -> None:
    """[routing] [plain]: one forwards, the other does not."""
    routing, plain = bench.site(), bench.site()
    routing.run(
        "ip link add br.5 type bridge",
        "sysctl -qw net.ipv4.ip_forward=1",
        "sysctl -qw net.bridge.bridge-nf-call-iptables=0",
        "sysctl -qw net.ipv4.conf.br/5.proxy_arp=1",
    )
    one, other = sysctl.read(routing.descriptor, ["lo", "br.5"]), sysctl.read(plain.descriptor, ["lo"])
    assert (one["net.ipv4.ip_forward"], other["net.ipv4.ip_forward"]) == ("1", "0")
    assert (one["net.bridge.bridge-nf-call-iptables"], other["net.bridge.bridge-nf-call-iptables"]) == ("0", "1")
    assert one["net.ipv4.conf.br/5.proxy_arp"] == "1"
    assert "net.ipv4.conf.br/5.proxy_arp" not in other


def test_facts_hold_everything_at_once(bench: Bench) -> None:
    """[a] eth0--veth--eth0 [b]"""
    a, b = bench.site(), bench.site()
    bench.cable(a, "eth0", b, "eth0")
    a.run("ip addr add 10.1.0.1/24 dev eth0", "iptables -A INPUT -j ACCEPT")
    found = facts.read(a.descriptor)
    assert found.namespace == a.namespace
    assert set(found.names.values()) == {"lo", "eth0"}
    assert found.counters.keys() == found.names.keys()
    assert any(str(route.destination) == "10.1.0.0/24" for route in found.routes)
    assert [rule.priority for rule in found.policy_rules] == [0, 32766, 32767, 0, 32766]
    assert found.firewall[0].name == "INPUT"
    assert found.sysctls["net.ipv4.ip_forward"] == "0"
    assert any(entry.mac.startswith("33:33:") for entry in found.fdb)
