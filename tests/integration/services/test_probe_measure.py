"""Probes between ends named as learners name them.

[web]──lan──[client]      [loner] (no network)      alpha ──underlay── beta/far
"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from labs.engine import inventory
from labs.hosts import host as hosts
from labs.kernel.namespace import identify
from labs.models import LabSession, Probe
from labs.models.probe import Protocol
from labs.services import probe_measure, probe_request
from labs.services.session import launch
from tests.integration.services.conftest import WriteLab, created

pytestmark = pytest.mark.engine

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


@pytest.fixture
def session(owner: User, write_lab: WriteLab) -> LabSession:
    row = created(owner, write_lab("ends", COMPOSE, hosts="alpha, beta"))
    launch.launch(row.id)
    row.refresh_from_db()
    assert row.state == "running", row.reason
    return row


def measured(session: LabSession, source: str, to: str, protocol: str = "icmp", port: int | None = None) -> Probe:
    row = probe_request.ask(session, source, to, Protocol(protocol), port, 1.0)
    probe_measure.measure(row.id)
    row.refresh_from_db()
    assert row.state == "done"
    return row


def test_probes_find_their_ends(session: LabSession) -> None:
    alpha, _beta = hosts.running(session.id)
    web = next(one for one in inventory.read(alpha).containers if one.name == "web")
    address = str(web.endpoints[0].addresses[0].ip)
    expected = {
        ("client", "web", "icmp", None): "reachable",  # by the engine's DNS
        ("alpha/client", "alpha/web", "http", None): "reachable",
        ("alpha/client", "alpha/sidecar", "tcp", 80): "reachable",  # the sidecar's address is web's
        ("client", address, "tcp", 81): "refused",
        ("client", "nobody", "icmp", None): "name_not_found",
        ("alpha", "beta", "icmp", None): "reachable",
        ("10.77.0.11", "beta/far", "http", None): "reachable",  # host mode: beta's own address
        (address, "10.77.0.12", "icmp", None): "reachable",
        ("loner", "10.77.0.11", "icmp", None): "no_route",
        (f"ns:{identify(alpha.namespace).key}", "10.77.0.12", "icmp", None): "reachable",
        (f"ns:{web.namespace.key if web.namespace else ''}", "client", "icmp", None): "reachable",
        ("alpha/nobody", "web", "icmp", None): "not_measured",
        ("client", "alpha/loner", "icmp", None): "not_measured",
        ("ns:4-1", "web", "icmp", None): "not_measured",
    }
    found = {question: measured(session, *question) for question in expected}
    assert {question: row.verdict for question, row in found.items()} == expected, {
        question: row.sentence for question, row in found.items() if row.verdict != expected[question]
    }
    assert all(row.sentence for row in found.values())


def test_a_verdict_wakes_who_waits(session: LabSession) -> None:
    row = measured(session, "client", "web")
    assert probe_request.wait(row, 5).verdict == "reachable"
    assert len(row.rtts_ms) == 3
