"""Of an engine's answers the beginning is taken: a learner makes everything in them as long as they like."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from labs.engine import inventory
from labs.engine.client import LIMIT_BYTES, Engine
from labs.engine.errors import EngineUnreachable
from labs.hosts.host import Host

LONG = "x" * 2_000_000
ALPHA = Host("abcdef123456-alpha", "abcdef123456", "alpha", IPv4Address("10.77.0.11"), 2**22, 0)


class TalkativeEngine(Engine):
    """Everything it names has a name of two megabytes, and there are 5,000 of each."""

    def get(self, path: str, **_parameters: str) -> Any:
        self.taken_bytes += 1000
        if path == "/networks":
            return [network()] * 5000
        if path == "/containers/json":
            return [{"Id": f"{number:064}"} for number in range(5000)]
        return container()


class EndlessEngine(TalkativeEngine):
    """Each answer is as long as one may be."""

    def get(self, path: str, **parameters: str) -> Any:
        self.taken_bytes += LIMIT_BYTES
        return super().get(path, **parameters)


def container() -> dict[str, Any]:
    return {
        "Id": LONG,
        "Name": f"/{LONG}",
        "Path": LONG,
        "Args": [LONG, LONG],
        "Config": {"Image": LONG, "Hostname": LONG, "Labels": {LONG: LONG}},
        "State": {"Pid": 0, "Status": "created", "ExitCode": 0},
        "HostConfig": {"NetworkMode": LONG},
        "NetworkSettings": {"Networks": {LONG: {"Aliases": [LONG]}}},
    }


def network() -> dict[str, Any]:
    return {
        "Id": LONG,
        "Name": LONG,
        "Driver": LONG,
        "Scope": LONG,
        "Options": {LONG: LONG},
        "Labels": {LONG: LONG},
    } | dict.fromkeys(("Internal", "Attachable", "Ingress", "EnableIPv6"), False)


def test_long_words_are_cut_and_long_lists_too() -> None:
    engine = TalkativeEngine(ALPHA)
    for found in (inventory.containers(engine), inventory.networks(engine)):
        assert len(found) == 1000
        assert len(repr(found[0])) < 10_000


def test_reading_that_does_not_end_is_given_up() -> None:
    with pytest.raises(EngineUnreachable, match="do not end"):
        inventory.containers(EndlessEngine(ALPHA))
