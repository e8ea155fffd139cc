"""Ends found by what an engine said a moment ago."""

from __future__ import annotations

import os
from ipaddress import IPv4Address

import pytest

from labs.engine import inventory
from labs.engine.client import Engine
from labs.engine.facts import ContainerFacts
from labs.hosts.host import Host
from labs.kernel.namespace import Namespace
from labs.services.probe_end import Ends, EndWithoutNetwork

ALPHA = Host("abcdef123456-alpha", "abcdef123456", "alpha", IPv4Address("10.77.0.11"), os.getpid(), 0)


def test_process_number_given_to_another_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The container's process has ended, and its number is this test's: whose namespace is not the container's."""
    web = ContainerFacts(
        id="0" * 64,
        host="alpha",
        name="web",
        image="netquarium/web:1",
        command="httpd",
        state="running",
        exit_code=None,
        health=None,
        hostname="web",
        network_mode="none",
        joined=None,
        service=None,
        pause=False,
        ports=(),
        endpoints=(),
        namespace=Namespace(4, 4026531000),
        pid=os.getpid(),
    )

    def containers(_engine: Engine) -> tuple[ContainerFacts, ...]:
        return (web,)

    monkeypatch.setattr(inventory, "containers", containers)
    with pytest.raises(EndWithoutNetwork), Ends("abcdef123456", [ALPHA]).source("web"):
        pytest.fail("a stranger's namespace was opened")
