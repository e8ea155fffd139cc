"""Every verdict, made by a real kernel: [web 10.9.1.2]--[gate]--[db 10.9.2.2]."""

from __future__ import annotations

import time

import pytest

from labs.probes.probe import ProbeRequest, ProbeResult, Protocol, Verdict, probe
from labs.probes.values import Source
from tests.integration.probes.conftest import Machine

pytestmark = pytest.mark.engine

DB, DB6 = "10.9.2.2", "fd09:2::2"
REFUSE_ALL = "iptables-nft -A {chain} -d 10.9.2.2 -p {protocol} -j REJECT --reject-with {answer}"
ACCEPT_TCP = """
import socket
end = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    peer, _ = end.accept()
    {then}
"""
ECHO_UDP = """
import socket
end = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
end.bind(("::", {port}))
print("ready", flush=True)
while True:
    data, peer = end.recvfrom(2048)
    {then}
"""


def ask(
    machines: dict[str, Machine], to: str, protocol: str, port: int | None = None, timeout_s: float = 1.5
) -> ProbeResult:
    """Probe from web, with time for a second SYN: the kernel may hold back an ICMP error, as it limits their rate."""
    return probe(machines["web"].source, ProbeRequest(to, Protocol(protocol), port, timeout_s=timeout_s))


@pytest.mark.parametrize("target", [DB, DB6])
def test_ping_tells_one_time_for_each_reply(machines: dict[str, Machine], target: str) -> None:
    found = ask(machines, target, "icmp")
    assert found.verdict is Verdict.REACHABLE
    assert len(found.rtts_ms) == 3
    assert all(0 < rtt < 1500 for rtt in found.rtts_ms)
    assert found.evidence.source_address == ("10.9.1.2" if target == DB else "fd09:1::2")


@pytest.mark.parametrize("target", [DB, DB6])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_closed_port_is_refused(machines: dict[str, Machine], target: str, protocol: str) -> None:
    assert ask(machines, target, protocol, 4444).verdict is Verdict.REFUSED


@pytest.mark.parametrize("target", [DB, DB6])
def test_an_open_tcp_port_is_reachable(machines: dict[str, Machine], target: str) -> None:
    machines["db"].serve(ACCEPT_TCP.format(then="peer.close()"))
    found = ask(machines, target, "tcp", 80)
    assert found.verdict is Verdict.REACHABLE
    assert len(found.rtts_ms) == 1


def test_udp_is_reachable_only_if_something_answers(machines: dict[str, Machine]) -> None:
    machines["db"].serve(ECHO_UDP.format(port=7, then="end.sendto(data, peer)"))
    machines["db"].serve(ECHO_UDP.format(port=9, then="pass"))
    assert ask(machines, DB, "udp", 7).verdict is Verdict.REACHABLE
    silent = ask(machines, DB, "udp", 9, timeout_s=0.5)
    assert silent.verdict is Verdict.NO_REPLY
    assert silent.evidence.sent == 3


@pytest.mark.parametrize("protocol", ["icmp", "tcp", "udp"])
@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("icmp-admin-prohibited", "communication administratively prohibited"),
        ("icmp-net-unreachable", "network unreachable"),
        ("icmp-port-unreachable", "port unreachable"),
    ],
)
def test_a_reject_on_the_way_is_told_with_its_sender(
    machines: dict[str, Machine], protocol: str, answer: str, name: str
) -> None:
    machines["gate"].run(REFUSE_ALL.format(chain="FORWARD", protocol=protocol, answer=answer))
    found = ask(machines, DB, protocol, 80)
    assert found.verdict is Verdict.REJECTED
    assert found.evidence.icmp is not None
    assert (found.evidence.icmp.name, found.evidence.icmp.sender) == (name, "10.9.1.1")


def test_a_reject_by_the_target_itself_is_no_closed_tcp_port(machines: dict[str, Machine]) -> None:
    machines["db"].run(REFUSE_ALL.format(chain="INPUT", protocol="tcp", answer="icmp-port-unreachable"))
    assert ask(machines, DB, "tcp", 80).verdict is Verdict.REJECTED


def test_the_sources_own_firewall_is_named(machines: dict[str, Machine]) -> None:
    machines["web"].run(f"iptables-nft -A OUTPUT -d {DB} -p icmp -j DROP")
    machines["web"].run(REFUSE_ALL.format(chain="OUTPUT", protocol="tcp", answer="icmp-port-unreachable"))
    dropped, rejected = ask(machines, DB, "icmp"), ask(machines, DB, "tcp", 80)
    assert (dropped.verdict, dropped.evidence.errno) == (Verdict.REJECTED, "EPERM")
    assert "own firewall" in dropped.sentence
    assert "own firewall" in rejected.sentence


@pytest.mark.parametrize("protocol", ["icmp", "tcp", "udp", "http"])
def test_a_drop_on_the_way_is_silence_until_the_deadline(machines: dict[str, Machine], protocol: str) -> None:
    machines["gate"].run("iptables-nft -P FORWARD DROP")
    begun = time.monotonic()
    assert ask(machines, DB, protocol, 80, timeout_s=0.4).verdict is Verdict.NO_REPLY
    assert 0.35 < time.monotonic() - begun < 1.5


@pytest.mark.parametrize("protocol", ["icmp", "tcp", "udp"])
@pytest.mark.parametrize("kind", ["missing", "unreachable", "prohibit", "blackhole"])
def test_no_route_tells_what_kind(machines: dict[str, Machine], protocol: str, kind: str) -> None:
    if kind == "missing":
        machines["web"].run("ip route delete default")
    else:
        machines["web"].run(f"ip route add {kind} 10.9.2.0/24")
    found = ask(machines, DB, protocol, 80)
    assert found.verdict is Verdict.NO_ROUTE
    assert ("type " + kind in found.sentence) is (kind != "missing")


def test_an_address_nobody_holds_is_silence_not_rejection(machines: dict[str, Machine]) -> None:
    """The source's own kernel reports "host unreachable" after three unanswered ARP requests, a second apart."""
    found = ask(machines, "10.9.1.77", "icmp", timeout_s=4)
    assert found.verdict is Verdict.NO_REPLY
    assert "address resolution got no reply" in found.sentence


def test_an_address_nobody_holds_behind_a_router_is_rejected_by_it(machines: dict[str, Machine]) -> None:
    found = ask(machines, "10.9.2.77", "icmp", timeout_s=4)
    assert found.verdict is Verdict.REJECTED
    assert found.evidence.icmp is not None
    assert found.evidence.icmp.sender == "10.9.1.1"


def http_server(then: str) -> str:
    return ACCEPT_TCP.format(then=f"peer.recv(4096); peer.sendall({then}); peer.close()")


def test_http_tells_status_and_first_line(machines: dict[str, Machine]) -> None:
    machines["db"].serve(http_server(repr(b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\nno such page\nmore")))
    found = ask(machines, DB, "http")
    assert found.verdict is Verdict.REACHABLE
    assert (found.evidence.http_status, found.evidence.first_line) == (404, "no such page")


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b""])
def test_what_is_not_http_is_no_answer(machines: dict[str, Machine], answer: bytes) -> None:
    machines["db"].serve(http_server(repr(answer)))
    assert ask(machines, DB, "http").verdict is Verdict.NO_REPLY


def test_an_endless_http_answer_ends_at_the_deadline(machines: dict[str, Machine]) -> None:
    machines["db"].serve(
        ACCEPT_TCP.format(then="import time\n    [(peer.send(b'x'), time.sleep(0.05)) for _ in range(999)]")
    )
    begun = time.monotonic()
    assert ask(machines, DB, "http", timeout_s=0.5).verdict is Verdict.NO_REPLY
    assert time.monotonic() - begun < 1.5


NAME_SERVER = """
import socket, struct
end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end.bind(("10.9.2.2", 53))
print("ready", flush=True)
while True:
    data, peer = end.recvfrom(512)
    known = data[12:].startswith(b"\\x02db\\x03lab\\x00\\x00\\x01")
    answer = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + bytes([10, 9, 2, 2]) if known else b""
    rcode = 0 if known else 3
    end.sendto(data[:2] + struct.pack("!5H", 0x8180 | rcode, 1, int(known), 0, 0) + data[12:] + answer, peer)
"""


def test_a_name_is_resolved_by_the_sources_own_server_and_search_list(machines: dict[str, Machine]) -> None:
    machines["db"].serve(NAME_SERVER)
    machines["web"].configure(resolv_conf="search nowhere lab\nnameserver 10.9.2.2\n")
    found = ask(machines, "db", "icmp")
    assert (found.verdict, found.evidence.address) == (Verdict.REACHABLE, DB)
    assert ask(machines, "db", "dns").sentence == "web resolves db to 10.9.2.2 by name server 10.9.2.2."
    missing = ask(machines, "nobody", "tcp", 80)
    assert (missing.verdict, missing.evidence.rcode) == (Verdict.NAME_NOT_FOUND, "NXDOMAIN")
    assert ask(machines, "nobody", "dns").verdict is Verdict.NAME_NOT_FOUND
    assert ask(machines, DB, "dns").verdict is Verdict.REACHABLE


def test_the_sources_hosts_file_comes_first(machines: dict[str, Machine]) -> None:
    machines["web"].configure(hosts="10.9.2.2 database\n", resolv_conf="nameserver 10.9.9.9\n")
    found = ask(machines, "database", "icmp")
    assert (found.verdict, found.evidence.resolver) == (Verdict.REACHABLE, "hosts file")


def test_a_dead_name_server_is_refused_silent_or_unreachable(machines: dict[str, Machine]) -> None:
    machines["web"].configure(resolv_conf="nameserver 10.9.2.2\n")
    assert ask(machines, "db", "dns").verdict is Verdict.REFUSED
    machines["gate"].run("iptables-nft -P FORWARD DROP")
    assert ask(machines, "db", "dns").verdict is Verdict.NO_REPLY
    assert ask(machines, "db", "icmp").verdict is Verdict.NAME_NOT_FOUND
    machines["web"].run("ip route delete default")
    assert ask(machines, "db", "dns").verdict is Verdict.NO_ROUTE


def test_what_cannot_run_is_not_measured(machines: dict[str, Machine]) -> None:
    gone = Source("/proc/999999999/ns/net", None, "ghost")
    found = probe(gone, ProbeRequest(DB, Protocol.ICMP))
    assert found.verdict is Verdict.NOT_MEASURED
    assert "could not run" in found.sentence
    assert ask(machines, DB, "tcp").verdict is Verdict.NOT_MEASURED
    assert ask(machines, "a..b", "tcp", 80).verdict is Verdict.NOT_MEASURED
