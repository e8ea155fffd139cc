"""Which address a source asks for a target; the namespaces are this process's own and files that are gone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from labs.probes.matrix import plan
from labs.probes.matrix.values import End, Reach


@pytest.fixture
def descriptors() -> Iterator[list[int]]:
    """Open files that pass for three namespaces: a plan only asks for their identity."""
    opened = [os.open(path, os.O_RDONLY) for path in ("/proc/self/ns/net", "/proc/self/ns/uts", "/proc/self/ns/ipc")]
    yield opened
    for one in opened:
        os.close(one)


def end(name: str, descriptor: int | str | None, **reaches: str) -> End:
    return End(name, descriptor, tuple(Reach(network, ip_address(text)) for network, text in reaches.items()))


def asked(made: plan.Plan, source: int, target: int) -> str:
    choice = made.chosen[source][target]
    return choice if isinstance(choice, str) else str(made.targets[choice])


def test_a_shared_network_is_preferred_to_the_first_one(descriptors: list[int]) -> None:
    """[web front]  [db front, back]  [far back]"""
    web, db = end("web", descriptors[0], front="10.1.0.2"), end("db", descriptors[1], back="10.2.0.3", front="10.1.0.3")
    far = end("far", descriptors[2], back="10.2.0.4")
    made = plan.make([web, db, far], diagonal=False)
    assert [asked(made, 0, 1), asked(made, 2, 1)] == ["10.1.0.3", "10.2.0.3"]
    assert [asked(made, 1, 0), asked(made, 0, 2)] == ["10.1.0.2", "10.2.0.4"]


def test_an_address_that_two_ends_hold_is_asked_only_on_their_own_network(descriptors: list[int]) -> None:
    """[web 172.17.0.2 on alpha's bridge]  [db alpha]  [far 172.17.0.2 on beta's bridge]"""
    web, db = end("web", descriptors[0], a="172.17.0.2"), end("db", descriptors[1], a="172.17.0.3")
    made = plan.make([web, db, end("far", descriptors[2], b="172.17.0.2")], diagonal=False)
    assert asked(made, 1, 0) == "172.17.0.2"
    assert "address of other ends as well" in asked(made, 1, 2)


def test_ends_in_one_namespace_share_a_lane(descriptors: list[int]) -> None:
    web, side = end("web", descriptors[0], a="10.1.0.2"), end("side", descriptors[0], a="10.1.0.2")
    made = plan.make([web, side, end("db", descriptors[1], a="10.1.0.3")], diagonal=False)
    assert len(made.lanes) == 2
    assert made.lane_of[0] is made.lane_of[1]


def test_ends_that_cannot_be_measured_say_why(descriptors: list[int]) -> None:
    stopped = End("stopped", None, problem="it is not running (exited)")
    made = plan.make([end("web", descriptors[0], a="10.1.0.2"), stopped, end("gone", "/proc/0/ns/net"),
                      end("loner", descriptors[1])], diagonal=True)  # fmt: skip
    assert asked(made, 1, 0) == "it is not running (exited)"
    assert asked(made, 0, 1) == "stopped: it is not running (exited)"
    assert asked(made, 0, 2) == "gone: The network namespace is gone"
    assert asked(made, 0, 3) == "loner has no address to aim at"
    assert [lane.wanted for lane in made.lanes] == [[0], [0]]
