"""Whether a listener takes what is sent to an address."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from labs.kernel.listening import Listening
from labs.probes.matrix.listener import judge
from labs.probes.values import Evidence, Finding, Listener, ProbeRequest, Protocol, Verdict
from labs.probes.wording import sentence


@pytest.mark.parametrize(
    ("waiting", "target", "state"),
    [
        ([], "10.1.0.2", "none"),
        ([("0.0.0.0", 0)], "10.1.0.2", "listening"),
        ([("::", 0)], "10.1.0.2", "listening"),
        ([("10.1.0.2", 0)], "10.1.0.2", "listening"),
        ([("127.0.0.1", 0)], "10.1.0.2", "loopback_only"),
        ([("127.0.0.1", 0), ("10.9.0.1", 0)], "10.1.0.2", "other_address"),
        ([("0.0.0.0", 0)], "fd00::2", "other_address"),
        ([("::1", 0)], "fd00::2", "loopback_only"),
        ([("0.0.0.0", 6)], "10.1.0.2", "queue_full"),
    ],
)
def test_a_listener_takes_what_is_for_its_address(waiting: list[tuple[str, int]], target: str, state: str) -> None:
    sockets = [Listening(ip_address(address), 80, queued, 5) for address, queued in waiting]
    assert judge(sockets, ip_address(target), answers_itself=None).state == state


@pytest.mark.parametrize(
    ("verdict", "listener", "said"),
    [
        (Verdict.NO_REPLY, Listener("listening", "0.0.0.0", True), "although a program listens there on 0.0.0.0 and"),
        (Verdict.NO_REPLY, Listener("none"), "; nothing listens there."),
        (Verdict.NO_REPLY, Listener("queue_full", "::"), "its queue of connections is full."),
        (Verdict.REFUSED, Listener("loopback_only", "127.0.0.1"), "listens there on 127.0.0.1 alone (a TCP reset"),
        (Verdict.REFUSED, None, "nothing listens there (a TCP reset came back)."),
    ],
)
def test_a_sentence_says_who_listens(verdict: Verdict, listener: Listener | None, said: str) -> None:
    found = Finding(verdict, Evidence(address="10.1.0.2", port=80, listener=listener))
    assert said in sentence("web", ProbeRequest("db", Protocol.TCP, 80, 1.0), found)
