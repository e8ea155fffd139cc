"""The matrix of the catalogue's labs is as Docker isolates them, and programs inside agree."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from django.contrib.auth.models import User

from labs.engine import inventory
from labs.hosts import host as hosts
from labs.kernel.namespace import enter
from labs.models import LabSession, Matrix
from labs.models.probe import Protocol
from labs.services import matrix_measure, matrix_request
from labs.services.session import launch
from tests.integration.services.conftest import WriteLab, created

pytestmark = pytest.mark.engine

Pair = tuple[str, str]


def launched(owner: User, slug: str) -> LabSession:
    row = created(owner, slug)
    launch.launch(row.id)
    row.refresh_from_db()
    assert row.state == "running", row.reason
    return row


def measured(
    session: LabSession,
    protocol: str = "icmp",
    port: int | None = None,
    *,
    ends: tuple[str, ...] = (),
    settle_s: float = 0,
) -> Matrix:
    row = matrix_request.ask(session, Protocol(protocol), port, 0.8, ends=ends, settle_s=settle_s)
    matrix_measure.measure(row.id)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("done", None)
    assert len(row.cells) == len(row.ends) * (len(row.ends) - 1) == sum(row.counts.values())
    assert all(cell["sentence"] for cell in row.cells)
    return row


def verdicts(row: Matrix) -> dict[Pair, str]:
    return {(cell["from"], cell["to"]): cell["verdict"] for cell in row.cells}


def networks(session: LabSession) -> dict[str, set[str]]:
    """Return each container's networks by id, as the engines tell."""
    return {
        f"{one.host}/{one.name}": {end.network_id for end in one.endpoints if end.network_name != "docker_gwbridge"}
        for host in hosts.running(session.id)
        for one in inventory.read(host).containers
    }


@pytest.mark.parametrize("slug", ["two-bridges-isolated", "overlay-swarm"])
def test_containers_reach_those_on_their_networks_alone(owner: User, slug: str) -> None:
    session = launched(owner, slug)
    on = networks(session)
    containers = {pair: verdict for pair, verdict in verdicts(measured(session)).items() if set(pair) <= set(on)}
    assert len(containers) == len(on) * (len(on) - 1)
    shared = {pair for pair in containers if on[pair[0]] & on[pair[1]]}
    assert 0 < len(shared) < len(containers) or slug == "overlay-swarm"
    assert {pair: containers[pair] for pair in shared} == dict.fromkeys(shared, "reachable")
    apart = {pair: verdict for pair, verdict in containers.items() if pair not in shared}
    assert set(apart.values()) <= {"no_reply", "not_measured"}, apart


def test_tcp_says_who_is_isolated_and_who_does_not_listen(owner: User) -> None:
    """[web]--front--[db]  [spy]--back, as the lab has them: every isolated listener is told to be alive."""
    session = launched(owner, "two-bridges-isolated")
    row = measured(session, "tcp", 80)
    assert set(row.counts) <= {"reachable", "refused", "no_reply"}
    assert row.counts["no_reply"] > 0
    for cell in row.cells:
        if cell["verdict"] in {"refused", "no_reply"}:
            assert cell["evidence"]["listener"]["state"] in {"none", "listening"}, cell
            assert (cell["verdict"] == "no_reply") or cell["evidence"]["listener"]["state"] == "none"


def test_a_macvlan_child_reaches_its_segment_but_not_its_own_host(owner: User) -> None:
    session = launched(owner, "macvlan-lan")
    row = measured(session)
    on = {end["name"]: end for end in row.ends}
    found = verdicts(row)
    children = [name for name, end in on.items() if end["kind"] == "container" and end["networks"]]
    assert len(children) >= 2
    for child in children:
        assert found[child, on[child]["host"]] != "reachable"
        for other in children:
            if other != child:
                assert found[child, other] == "reachable"


COMPOSE = """
services:
  web: {image: "netquarium/web:1", networks: [lan]}
  client: {image: "netquarium/tools:1", networks: [lan]}
  sidecar: {image: "netquarium/tools:1", network_mode: "service:web"}
  loner: {image: "netquarium/tools:1", network_mode: none}
  far:
    image: "netquarium/web:1"
    network_mode: host
    deploy: {placement: {constraints: ["node.hostname == beta"]}}
networks:
  lan: {}
"""


def test_every_kind_of_end_has_its_place(owner: User, write_lab: WriteLab) -> None:
    """[web, sidecar]──lan──[client]      [loner] (no network)      alpha ──underlay── beta, far"""
    session = launched(owner, write_lab("ends", COMPOSE, hosts="alpha, beta"))
    row = measured(session, "tcp", 80)
    found = verdicts(row)
    assert [end["name"] for end in row.ends] == [
        *("alpha", "beta", "alpha/client", "alpha/loner", "alpha/sidecar", "alpha/web", "beta/far")
    ]
    assert found["alpha/client", "alpha/web"] == found["alpha/client", "alpha/sidecar"] == "reachable"
    assert found["alpha", "alpha/web"] == found["alpha/client", "beta/far"] == found["alpha", "beta"] == "reachable"
    assert found["alpha/web", "alpha/client"] == "refused"
    assert found["alpha/loner", "beta"] == "no_route"
    assert found["beta", "alpha/loner"] == "not_measured"
    some = measured(session, ends=("web", "alpha/client", "beta"))
    assert set(verdicts(some)) == {
        (one, other)
        for one in ("alpha/web", "alpha/client", "beta")
        for other in ("alpha/web", "alpha/client", "beta")
        if one != other
    }
    assert_fping_and_curl_agree(session, row, measured(session))


def test_a_container_that_stops_is_not_measured(owner: User, write_lab: WriteLab) -> None:
    session = launched(owner, write_lab("stops", COMPOSE, hosts="alpha, beta"))
    alpha = next(host for host in hosts.running(session.id) if host.name == "alpha")
    subprocess.run(hosts.command(alpha, ["docker", "stop", "-t", "1", "client"]), check=True, capture_output=True)
    found = measured(session, ends=("alpha/web", "alpha/client", "alpha"), settle_s=0.2)
    assert (
        verdicts(found)["alpha/client", "alpha/web"] == verdicts(found)["alpha/web", "alpha/client"] == "not_measured"
    )
    assert all(
        "not running" in cell["sentence"] for cell in found.cells if "alpha/client" in (cell["from"], cell["to"])
    )


def test_an_end_that_is_not_there_is_named(owner: User, write_lab: WriteLab) -> None:
    session = launched(owner, write_lab("names", COMPOSE, hosts="alpha, beta"))
    row = matrix_request.ask(session, Protocol.ICMP, None, 0.3, ends=["alpha", "nobody"])
    matrix_measure.measure(row.id)
    row.refresh_from_db()
    assert (row.state, row.cells) == ("done", [])
    assert row.reason == "Not measured: There is no host and no container nobody in this session."


def assert_fping_and_curl_agree(session: LabSession, tcp: Matrix, icmp: Matrix) -> None:
    """Ask what the matrix asked by fping (if there is one) and curl, from the source's own namespace."""
    paths = {host.name: str(host.namespace) for host in hosts.running(session.id)}
    for host in hosts.running(session.id):
        for one in inventory.read(host).containers:
            paths[f"{one.host}/{one.name}"] = f"/proc/{one.pid}/ns/net"
    commands = {"tcp": ["curl", "--noproxy", "*", "-s", "-o", "/dev/null", "-m", "1", "http://{}/"]}
    if shutil.which("fping"):
        commands["icmp"] = ["fping", "-c1", "-t800", "{}"]
    for row in (one for one in (icmp, tcp) if one.protocol in commands):
        for cell in row.cells:
            if cell["verdict"] == "not_measured":
                continue
            with enter(paths[cell["from"]]):
                argv = [word.format(cell["evidence"]["address"]) for word in commands[row.protocol]]
                done = subprocess.run(argv, capture_output=True, check=False)
            assert (done.returncode == 0) == (cell["verdict"] == "reachable"), (argv, cell)
