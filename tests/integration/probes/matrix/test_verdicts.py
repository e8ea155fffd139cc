"""Every verdict of a matrix, made by a real kernel: [web 10.9.1.2]--[gate]--[db 10.9.2.2]."""

from __future__ import annotations

import os
import subprocess
import time
from ipaddress import ip_address

import pytest

from labs.kernel.namespace import enter
from labs.probes.matrix.matrix import Cell, End, MatrixRequest, measure, measure_until
from labs.probes.matrix.values import Reach
from labs.probes.values import Protocol
from tests.integration.probes.conftest import Machine
from tests.integration.probes.test_verdicts import ACCEPT_TCP, ECHO_UDP

pytestmark = pytest.mark.engine

ADDRESSES = {
    4: {"web": "10.9.1.2", "gate": "10.9.1.1", "db": "10.9.2.2"},
    6: {"web": "fd09:1::2", "gate": "fd09:1::1", "db": "fd09:2::2"},
}
Ends = dict[str, Machine]


def ends(machines: Ends, version: int = 4) -> list[End]:
    return [
        End(name, machines[name].namespace, (Reach(f"segment of {name}", ip_address(address)),))
        for name, address in ADDRESSES[version].items()
    ]


def cells(
    machines: Ends, protocol: str, port: int | None = None, *, version: int = 4, timeout_s: float = 0.6
) -> dict[tuple[str, str], Cell]:
    grid = measure(ends(machines, version), MatrixRequest(Protocol(protocol), port, timeout_s))
    found = {(cell.source, cell.target): cell for cell in grid.cells()}
    assert len(found) == 6
    assert sum(grid.counts().values()) == 6
    return found


def verdicts(found: dict[tuple[str, str], Cell]) -> dict[tuple[str, str], str]:
    return {pair: cell.verdict.value for pair, cell in found.items()}


@pytest.mark.parametrize("version", [4, 6])
def test_all_that_answer_are_reachable_in_less_than_a_deadline(machines: Ends, version: int) -> None:
    cells(machines, "icmp", version=version)  # neighbours learnt
    begun = time.monotonic()
    found = cells(machines, "icmp", version=version, timeout_s=5)
    assert set(verdicts(found).values()) == {"reachable"}
    assert time.monotonic() - begun < 2
    assert all(cell.rtt_ms is not None and 0 < cell.rtt_ms < 2000 for cell in found.values())


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_listener_is_reachable_and_a_closed_port_refused(machines: Ends, version: int, protocol: str) -> None:
    script = (
        ACCEPT_TCP.format(then="") if protocol == "tcp" else ECHO_UDP.format(port=80, then="end.sendto(data, peer)")
    )
    machines["db"].serve(script)
    found = cells(machines, protocol, 80, version=version)
    to_db = {pair: verdict for pair, verdict in verdicts(found).items() if pair[1] == "db"}
    assert to_db == {("web", "db"): "reachable", ("gate", "db"): "reachable"}
    refused = [cell for pair, cell in found.items() if pair[1] != "db"]
    assert {cell.verdict.value for cell in refused} == {"refused"}
    assert {cell.evidence.listener.state for cell in refused if cell.evidence.listener} == {"none"}


def test_silent_pairs_cost_one_deadline_together(machines: Ends) -> None:
    machines["gate"].run("iptables-nft -P FORWARD DROP")
    begun = time.monotonic()
    found = cells(machines, "icmp", timeout_s=0.6)
    assert time.monotonic() - begun < 0.9
    assert {pair for pair, verdict in verdicts(found).items() if verdict == "no_reply"} == {
        ("web", "db"),
        ("db", "web"),
    }
    assert "heard nothing" in found["web", "db"].sentence


def test_a_silent_pair_tells_that_the_listener_lives(machines: Ends) -> None:
    machines["db"].serve(ACCEPT_TCP.format(then=""))
    machines["gate"].run("iptables-nft -P FORWARD DROP")
    found = cells(machines, "tcp", 80)
    blocked = found["web", "db"]
    assert blocked.verdict == "no_reply"
    assert blocked.evidence.listener is not None
    assert (blocked.evidence.listener.state, blocked.evidence.listener.answers_itself) == ("listening", True)
    assert "although a program listens there on :: and answers itself" in blocked.sentence
    assert found["db", "web"].evidence.listener is not None
    assert found["db", "web"].evidence.listener.state == "none"


@pytest.mark.parametrize(("protocol", "port"), [("icmp", None), ("udp", 80), ("tcp", 80)])
@pytest.mark.parametrize("version", [4, 6])
def test_a_rejecting_rule_is_named(machines: Ends, protocol: str, port: int | None, version: int) -> None:
    program, answer = (
        ("iptables-nft", "icmp-admin-prohibited") if version == 4 else ("ip6tables-nft", "icmp6-adm-prohibited")
    )
    machines["gate"].run(f"{program} -A FORWARD -j REJECT --reject-with {answer}")
    found = cells(machines, protocol, port, version=version, timeout_s=1.5)
    rejected = found["web", "db"]
    assert rejected.verdict == "rejected", rejected.sentence
    assert rejected.evidence.icmp is not None
    assert (rejected.evidence.icmp.sender, rejected.evidence.address) == (
        ADDRESSES[version]["gate"],
        ADDRESSES[version]["db"],
    )
    assert "prohibited" in rejected.sentence


@pytest.mark.parametrize(("protocol", "port"), [("icmp", None), ("udp", 80)])
@pytest.mark.parametrize("answer", ["DROP", "REJECT"])
def test_the_sources_own_rule_is_told_from_anothers(
    machines: Ends, protocol: str, port: int | None, answer: str
) -> None:
    machines["web"].run(f"iptables-nft -A OUTPUT -d 10.9.2.2 -j {answer}")
    found = cells(machines, protocol, port)
    assert found["web", "db"].verdict == "rejected", found["web", "db"].sentence
    assert "own firewall" in found["web", "db"].sentence
    assert found["web", "gate"].verdict == ("reachable" if protocol == "icmp" else "refused")


@pytest.mark.parametrize(("protocol", "port"), [("icmp", None), ("udp", 80), ("tcp", 80)])
@pytest.mark.parametrize("version", [4, 6])
def test_no_route_is_said_at_once(machines: Ends, protocol: str, port: int | None, version: int) -> None:
    machines["web"].run(f"ip -{version} route del default")
    found = cells(machines, protocol, port, version=version)
    assert found["web", "db"].verdict == "no_route"
    assert found["web", "gate"].verdict == ("reachable" if protocol == "icmp" else "refused")


def test_a_neighbour_that_does_not_exist_is_no_reply(machines: Ends) -> None:
    there = End("ghost", machines["gate"].namespace, (Reach("x", ip_address("10.9.1.77")),))
    grid = measure([ends(machines)[0], there], MatrixRequest(Protocol.ICMP, timeout_s=4))
    found = {(cell.source, cell.target): cell for cell in grid.cells()}["web", "ghost"]
    assert found.verdict == "no_reply"
    assert "address resolution got no reply" in found.sentence


def test_what_cannot_be_measured_is_never_a_verdict(machines: Ends) -> None:
    gone = End("gone", f"/proc/{_ended_process()}/ns/net", (Reach("x", ip_address("10.9.1.2")),))
    loner = End("loner", machines["gate"].namespace)
    grid = measure([*ends(machines), gone, loner], MatrixRequest(Protocol.ICMP, timeout_s=0.3))
    found = {(cell.source, cell.target): cell for cell in grid.cells()}
    pairs = {pair for pair, cell in found.items() if cell.verdict == "not_measured"}
    assert pairs >= {(name, other) for name in ("web", "db", "gone") for other in ("gone", "loner") if name != other}
    assert all(found[pair].evidence.detail for pair in pairs)
    assert {found["gone", name].verdict.value for name in ("web", "gate", "db")} == {"not_measured"}


def test_a_state_that_converges_is_measured_until_it_has(machines: Ends) -> None:
    machines["gate"].run("iptables-nft -P FORWARD DROP")
    with enter(machines["gate"].namespace):
        mender = subprocess.Popen(["sh", "-c", "sleep 0.7; iptables-nft -P FORWARD ACCEPT"])
    try:
        grid = measure_until(
            ends(machines),
            MatrixRequest(Protocol.ICMP, timeout_s=0.2),
            lambda cell: cell.verdict == "reachable",
            within_s=5,
        )
    finally:
        mender.wait()
    assert grid.counts() == {"reachable": 6}
    assert 600 < grid.took_ms < 4000


@pytest.mark.parametrize("forward", ["ACCEPT", "DROP"])
def test_fping_agrees(machines: Ends, forward: str) -> None:
    if not any(os.access(f"{folder}/fping", os.X_OK) for folder in ("/usr/bin", "/usr/sbin")):
        pytest.skip("fping is not installed")
    machines["gate"].run(f"iptables-nft -P FORWARD {forward}")
    found = cells(machines, "icmp")
    for source in machines:
        others = [ADDRESSES[4][name] for name in machines if name != source]
        with enter(machines[source].namespace):
            told = subprocess.run(["fping", "-a", "-r1", "-t300", *others], capture_output=True, text=True, check=False)
        alive = {name for name, address in ADDRESSES[4].items() if address in told.stdout.split()}
        assert alive == {
            target for (one, target), cell in found.items() if one == source and cell.verdict == "reachable"
        }


def _ended_process() -> int:
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid
