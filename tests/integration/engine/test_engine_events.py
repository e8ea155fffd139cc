"""The event stream of a real engine."""

from __future__ import annotations

import select

import pytest

from labs.engine import client, events
from labs.engine.errors import EngineUnreachable
from labs.hosts import host as hosts
from labs.hosts.host import Host
from tests.integration.hosts.inside_host import must

pytestmark = pytest.mark.engine


def test_what_a_learner_types_arrives_in_order_and_wakes_a_poll(host: Host) -> None:
    with events.open_stream(host, filters={"type": ["container", "network"]}) as stream:
        must(host, "docker network create front && docker run -d --name web --network front netquarium/tools:1")
        poll = select.epoll()
        poll.register(stream.fileno(), select.EPOLLIN)
        assert poll.poll(2)
        seen: list[tuple[str, str, str]] = []
        while ("container", "start", "web") not in seen:
            arrived = stream.wait(5)
            assert arrived, f"only {seen} came"
            seen += [(event.type, event.action, event.name) for event in arrived]
        poll.close()
    wanted = [("network", "create", "front"), ("container", "create", "web"), ("network", "connect", "front")]
    assert [found for found in seen if found in wanted] == wanted


def test_a_stream_goes_on_where_another_stopped(host: Host) -> None:
    with events.open_stream(host, filters={"type": ["network"]}) as first:
        must(host, "docker network create one")
        assert [event.name for event in first.wait(5)] == ["one"]
        position = first.position
    must(host, "docker network create two")
    with events.open_stream(host, since_ns=position, filters={"type": ["network"]}) as second:
        assert [event.name for event in second.wait(5)] == ["two"]


def test_an_engine_that_dies_ends_its_stream(host: Host) -> None:
    with events.open_stream(host) as stream:
        hosts.stop(host)
        with pytest.raises(EngineUnreachable):
            stream.wait(5)


def test_a_stopped_host_is_unreachable(host: Host) -> None:
    hosts.stop(host)
    with client.connect(host) as engine, pytest.raises(EngineUnreachable, match="engine of host alpha"):
        engine.get("/version")
