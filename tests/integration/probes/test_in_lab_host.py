"""Probes from containers of a real engine, refereed by the programs inside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labs.engine import inventory
from labs.engine.deploy import deploy
from labs.hosts.host import Host
from labs.probes.probe import ProbeRequest, ProbeResult, Protocol, Verdict, probe
from labs.probes.values import Source
from labs.specs.lab import Attachment
from tests.integration.hosts.inside_host import run
from tests.unit.engine.labs import container, lab, network

pytestmark = pytest.mark.engine


@pytest.fixture
def web(host: Host) -> Source:
    """[web]--[front]--[db, alias database]; [far]--[back]. db and far serve HTTP."""
    db = replace(container("db", Attachment("front", ("database",))), image="netquarium/web:1")
    far = replace(container("far", "back"), image="netquarium/web:1")
    networks = [network("front"), network("back", subnet="172.31.9.0/24")]
    deploy(lab(networks=networks, containers=[container("web", "front"), db, far]), {"alpha": host}, lambda told: None)
    facts = next(found for found in inventory.read(host).containers if found.name == "web")
    return Source(f"/proc/{facts.pid}/ns/net", Path(f"/proc/{facts.pid}/root"), "web")


def ask(source: Source, to: str, protocol: str, port: int | None = None) -> ProbeResult:
    return probe(source, ProbeRequest(to, Protocol(protocol), port, timeout_s=1.5))


@pytest.mark.parametrize("name", ["db", "database"])
def test_docker_names_resolve_as_inside_the_container(host: Host, web: Source, name: str) -> None:
    told = run(host, "docker", "exec", "web", "getent", "hosts", name).stdout.split()[0]
    found = ask(web, name, "dns")
    assert found.verdict is Verdict.REACHABLE, found.sentence
    assert (found.evidence.address, found.evidence.resolver) == (told, "127.0.0.11")


@pytest.mark.parametrize(("target", "reached"), [("db", True), ("172.31.9.2", False)])
def test_verdicts_agree_with_ping_and_curl_inside(host: Host, web: Source, target: str, reached: bool) -> None:
    ping = run(host, "docker", "exec", "web", "ping", "-c", "1", "-W", "1", target)
    curl = run(host, "docker", "exec", "web", "curl", "-s", "-m", "1", f"http://{target}/")
    assert (ping.returncode == 0, curl.returncode == 0) == (reached, reached)
    expected = Verdict.REACHABLE if reached else Verdict.NO_REPLY
    found = {
        protocol: ask(web, target, protocol, port) for protocol, port in (("icmp", None), ("http", 80), ("tcp", 80))
    }
    assert {protocol: result.verdict for protocol, result in found.items()} == dict.fromkeys(found, expected)
    if reached:
        assert found["http"].evidence.first_line == curl.stdout.splitlines()[0]


def test_a_closed_port_is_refused_by_name(web: Source) -> None:
    assert ask(web, "db", "tcp", 4444).verdict is Verdict.REFUSED


def test_an_unknown_name_is_not_found(web: Source) -> None:
    assert ask(web, "nobody", "icmp").verdict is Verdict.NAME_NOT_FOUND
