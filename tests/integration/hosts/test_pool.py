"""Parked hosts: claimed once, quickly, and like any other host from then on."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from labs.hosts import box, pool, underlay
from labs.hosts import host as hosts
from labs.hosts.image import HostImage
from labs.specs.lab import LabHost, Limits
from tests.integration.conftest import SUBNET
from tests.integration.hosts.inside_host import must, run

pytestmark = pytest.mark.engine

ALPHA = LabHost("alpha", IPv4Address("10.77.0.11"))
BETA = LabHost("beta", IPv4Address("10.77.0.12"))


@pytest.fixture
def parked(nothing_left: None, host_image: HostImage) -> Iterator[None]:
    """Two parked hosts; those not claimed are removed afterwards."""
    assert pool.park(2) == 2
    yield
    pool.clear()


def test_claimed_host_has_name_address_and_neighbours(parked: None, session_id: str) -> None:
    ground = underlay.open(session_id, SUBNET)
    alpha = pool.claim(session_id, ALPHA, ground, Limits())
    beta = hosts.start(session_id, BETA, ground, Limits())
    assert alpha is not None
    assert hosts.running(session_id) == [alpha, beta]
    assert must(alpha, "hostname; getent hosts alpha").split() == ["alpha", "10.77.0.11", "alpha"]
    assert "alpha" in must(alpha, "docker info --format '{{.Name}}'")
    assert "nameserver 10.77.0.1\n" in must(alpha, "cat /etc/resolv.conf")
    must(alpha, "ping -c1 -W2 10.77.0.12")
    must(alpha, "docker run --rm netquarium/tools:1 ping -c1 -W2 10.77.0.12")


def test_claimed_hosts_make_a_swarm_under_their_new_names(parked: None, session_id: str) -> None:
    ground = underlay.open(session_id, SUBNET)
    alpha, beta = (pool.claim(session_id, lab_host, ground, Limits()) for lab_host in (ALPHA, BETA))
    assert alpha is not None
    assert beta is not None
    must(alpha, "docker swarm init --advertise-addr 10.77.0.11")
    token = must(alpha, "docker swarm join-token -q worker").strip()
    must(beta, f"docker swarm join --token {token} 10.77.0.11:2377")
    assert sorted(must(alpha, "docker node ls --format '{{.Hostname}}'").split()) == ["alpha", "beta"]


def test_parked_host_is_in_no_session_and_claimed_once(parked: None, session_id: str) -> None:
    assert hosts.running() == []
    assert hosts.sessions() == set()
    others = [secrets.token_hex(6) for _ in range(6)]
    grounds = [underlay.open(session, SUBNET) for session in others]
    try:
        with ThreadPoolExecutor(6) as threads:
            claimed = list(threads.map(lambda ground: pool.claim(ground.session, ALPHA, ground, Limits()), grounds))
        found = [host.box for host in claimed if host]
        assert len(found) == len(set(found)) == 2
    finally:
        for session in others:
            hosts.stop_session(session)


def test_unfit_host_is_not_claimed(parked: None, session_id: str) -> None:
    ground = underlay.open(session_id, SUBNET)
    assert pool.claim(session_id, ALPHA, ground, replace(Limits(), memory_bytes=1 << 29)) is None
    assert pool.claim(session_id, ALPHA, replace(ground, subnet=IPv4Network("172.17.0.0/24")), Limits()) is None


def test_dead_parked_host_is_replaced(parked: None, session_id: str) -> None:
    ground = underlay.open(session_id, SUBNET)
    for name in box.boxes():
        if name.startswith("parked-") and (host := hosts.adopt(name)):
            run(host, "kill", "-9", "1")
            run(host, "sh", "-c", "kill -9 -1")
            box.remove(name)
    assert pool.claim(session_id, ALPHA, ground, Limits()) is None
    assert pool.park(1) == 1
    assert pool.claim(session_id, ALPHA, ground, Limits()) is not None


def test_stop_session_takes_claimed_hosts_along(parked: None, session_id: str) -> None:
    ground = underlay.open(session_id, SUBNET)
    claimed = pool.obtain(session_id, ALPHA, ground, Limits())
    assert claimed.box.startswith("parked-")
    hosts.stop_session(session_id)
    assert not hosts.is_running(claimed)
    assert pool.park(0) == 0
    assert box.boxes() == {}
