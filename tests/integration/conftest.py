"""Fixtures of the tests that run on real lab hosts, and the check after each that nothing is left of them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

import pytest

from labs.hosts import host as hosts
from labs.hosts import image, underlay
from labs.hosts.host import Host
from labs.specs.lab import LabHost, Limits
from tests.integration import leak

SUBNET = IPv4Network("10.77.0.0/24")


@pytest.fixture(scope="session")
def host_image() -> image.HostImage:
    """The lab host image, built if it is not there."""
    if os.geteuid() != 0:
        pytest.skip("lab hosts need root")
    return image.build(print)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Compare namespaces, interfaces, mounts, control groups, processes and uid ranges before and after the test."""
    if os.geteuid() != 0:
        yield
        return
    before = leak.look()
    yield
    leak.assert_nothing_left(before)


@pytest.fixture
def session_id(nothing_left: None) -> Iterator[str]:
    """A new session's id; whatever the session owns is removed afterwards."""
    session = secrets.token_hex(6)
    yield session
    hosts.stop_session(session)


@pytest.fixture
def host(session_id: str, host_image: image.HostImage) -> Host:
    """One lab host, alpha, at 10.77.0.11, its engine answering."""
    return start_hosts(session_id, "alpha")["alpha"]


@pytest.fixture
def two_hosts(session_id: str, host_image: image.HostImage) -> tuple[Host, Host]:
    """Two lab hosts on one underlay, alpha at 10.77.0.11 and beta at 10.77.0.12, their engines answering."""
    started = start_hosts(session_id, "alpha", "beta")
    return started["alpha"], started["beta"]


def start_hosts(session: str, *names: str, limits: Limits | None = None) -> dict[str, Host]:
    """Start hosts on a new underlay of `session`, addresses from 10.77.0.11 up, and wait for their engines."""
    ground = underlay.open(session, SUBNET)
    started = {
        name: hosts.start(session, LabHost(name, IPv4Address("10.77.0.11") + number), ground, limits or Limits())
        for number, name in enumerate(names)
    }
    for started_host in started.values():
        hosts.wait_for_engine(started_host)
    return started
