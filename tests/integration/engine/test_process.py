"""Process numbers of a box, told in this machine's own."""

from __future__ import annotations

import pytest

from labs.engine import process
from labs.hosts.host import Host
from tests.integration.hosts.inside_host import must

pytestmark = pytest.mark.engine


def test_both_ways_find_the_same_process(host: Host) -> None:
    must(host, "docker run -d --name web netquarium/tools:1")
    inner = int(must(host, "docker inspect -f '{{.State.Pid}}' web"))
    found = process.outer(host.pid, [inner, 1, 999_999, 0])
    assert found[1] == host.pid
    assert set(found) == {inner, 1}
    assert process.by_status(host.pid, {inner}) == {inner: found[inner]}
