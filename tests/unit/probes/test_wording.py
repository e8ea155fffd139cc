"""Every verdict in words."""

from __future__ import annotations

import pytest

from labs.probes import wording
from labs.probes.values import Evidence, Finding, IcmpError, ProbeRequest, Protocol, Verdict

TARGET = {"address": "10.0.0.9", "source_address": "10.0.0.1"}
PROHIBITED = IcmpError(3, 13, "communication administratively prohibited", "10.0.0.254")
CLOSED = IcmpError(3, 3, "port unreachable", "10.0.0.9")
UNANSWERED = IcmpError(3, 1, "host unreachable", "10.0.0.1")


@pytest.mark.parametrize(
    ("protocol", "verdict", "evidence", "expected"),
    [
        (
            "icmp",
            "reachable",
            {**TARGET, "sent": 3, "received": 2},
            "db (10.0.0.9) answered web's ping in 0.25 ms (2 of 3 replies).",
        ),
        ("tcp", "reachable", {**TARGET, "port": 80}, "db (10.0.0.9) port 80 accepted web's TCP connection in 0.25 ms."),
        ("udp", "reachable", {**TARGET, "port": 9}, "db (10.0.0.9) port 9 answered web's UDP datagram in 0.25 ms."),
        (
            "http",
            "reachable",
            {**TARGET, "port": 80, "http_status": 404, "http_reason": "Not Found"},
            "db (10.0.0.9) port 80 answered web over HTTP with 404 Not Found.",
        ),
        (
            "dns",
            "reachable",
            {"address": "10.0.0.9", "resolver": "127.0.0.11"},
            "web resolves db to 10.0.0.9 by name server 127.0.0.11.",
        ),
        (
            "tcp",
            "refused",
            {**TARGET, "port": 81, "errno": "ECONNREFUSED"},
            "db (10.0.0.9) port 81 refused web: nothing listens there (a TCP reset came back).",
        ),
        (
            "udp",
            "refused",
            {**TARGET, "port": 9, "icmp": CLOSED},
            "db (10.0.0.9) port 9 refused web: nothing listens there (an ICMP port unreachable came back).",
        ),
        (
            "tcp",
            "rejected",
            {**TARGET, "port": 80, "icmp": PROHIBITED},
            "10.0.0.254 rejected web's packet to db (10.0.0.9) port 80: "
            "ICMP communication administratively prohibited.",
        ),
        (
            "icmp",
            "rejected",
            {**TARGET, "errno": "EPERM"},
            "web's own firewall dropped the packet to db (10.0.0.9) on its way out (EPERM).",
        ),
        (
            "icmp",
            "no_route",
            {"address": "10.0.0.9", "errno": "ENETUNREACH"},
            "web sent nothing to db (10.0.0.9): it has no route there.",
        ),
        (
            "icmp",
            "no_route",
            {"address": "10.0.0.9", "errno": "EINVAL"},
            "web sent nothing to db (10.0.0.9): its route there is of type blackhole.",
        ),
        (
            "icmp",
            "no_reply",
            {**TARGET, "icmp": UNANSWERED},
            "Nothing on web's link answers for db (10.0.0.9): address resolution got no reply.",
        ),
        ("tcp", "no_reply", {**TARGET, "port": 80}, "web heard nothing from db (10.0.0.9) port 80 within 2 s."),
        ("dns", "no_reply", {"resolver": "127.0.0.11"}, "web heard nothing from name server 127.0.0.11 within 2 s."),
        (
            "tcp",
            "name_not_found",
            {"resolver": "127.0.0.11", "rcode": "NXDOMAIN"},
            "web cannot resolve db: name server 127.0.0.11 says NXDOMAIN.",
        ),
        (
            "tcp",
            "name_not_found",
            {"resolver": "10.9.9.9"},
            "web cannot resolve db: name server 10.9.9.9 did not answer.",
        ),
        (
            "tcp",
            "not_measured",
            {"detail": "the network namespace is gone"},
            "The probe from web to db could not run: the network namespace is gone.",
        ),
    ],
)
def test_a_verdict_is_one_sentence(protocol: str, verdict: str, evidence: dict[str, object], expected: str) -> None:
    rtts = (0.25,) if verdict == "reachable" else ()
    finding = Finding(Verdict(verdict), Evidence(**evidence), rtts)  # type: ignore[arg-type]  # a table of mixed fields
    assert wording.sentence("web", ProbeRequest("db", Protocol(protocol)), finding) == expected


def test_silence_over_udp_is_called_ambiguous() -> None:
    finding = Finding(Verdict.NO_REPLY, Evidence(address="10.0.0.9", port=9))
    assert "may be a dropped packet or a service" in wording.sentence("web", ProbeRequest("db", Protocol.UDP), finding)
