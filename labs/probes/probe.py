"""Run one probe: resolve the target as the source would, measure, judge, and say it in a sentence."""

from __future__ import annotations

import errno
import time
from ipaddress import ip_address

from labs.errors import LabError
from labs.probes import dns, http, icmp, resolver, tcp, udp, wording
from labs.probes.deadline import Deadline
from labs.probes.values import (
    DEFAULT_PORTS,
    Address,
    Evidence,
    Finding,
    ProbeRequest,
    ProbeResult,
    Protocol,
    Source,
    Verdict,
)

__all__ = ["ProbeRequest", "ProbeResult", "Protocol", "Source", "Verdict", "probe"]


def probe(source: Source, request: ProbeRequest) -> ProbeResult:
    """Measure from inside the source's namespace. Blocks for `request.timeout_s` at most, give or take scheduling.

    Never raises for what a network or a source does: what prevents measuring gives verdict "not_measured" and the
    reason in the sentence. Needs CAP_SYS_ADMIN and CAP_NET_RAW over the namespace.
    """
    begun = time.monotonic()
    try:
        finding = _find(source, request, Deadline.after(request.timeout_s))
    except LabError as error:
        finding = Finding(Verdict.NOT_MEASURED, Evidence(detail=error.reason.rstrip(".")))
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0)
        finding = Finding(Verdict.NOT_MEASURED, Evidence(errno=code, detail=error.strerror or str(error)))
    except ValueError as error:
        finding = Finding(Verdict.NOT_MEASURED, Evidence(detail=str(error)))
    return ProbeResult(
        verdict=finding.verdict,
        sentence=wording.sentence(source.name, request, finding),
        rtts_ms=tuple(round(rtt, 3) for rtt in finding.rtts_ms),
        evidence=finding.evidence,
        took_ms=round((time.monotonic() - begun) * 1000, 3),
    )


def _find(source: Source, request: ProbeRequest, deadline: Deadline) -> Finding:
    address = _literal(request.to)
    port = request.port if request.port is not None else DEFAULT_PORTS.get(request.protocol)
    if request.protocol is Protocol.DNS and address is None:
        return dns.probe_name(source, request.to, port or 53, deadline)
    evidence = Evidence()
    if address is None:
        found = resolver.resolve(source, request.to, deadline)
        if not found.addresses:
            return Finding(Verdict.NAME_NOT_FOUND, found.evidence)
        address = found.addresses[0]
        evidence = Evidence(resolver=found.evidence.resolver, answers=found.evidence.answers)
    evidence = Evidence(address=str(address), resolver=evidence.resolver, answers=evidence.answers)
    return _measure(source, request, address, port, deadline, evidence)


def _measure(
    source: Source, request: ProbeRequest, address: Address, port: int | None, deadline: Deadline, evidence: Evidence
) -> Finding:
    if request.protocol is Protocol.ICMP:
        return icmp.probe(source, address, request.count, deadline, evidence)
    if port is None or not 0 < port < 65536:
        raise ValueError(f"a {request.protocol.upper()} probe needs a port from 1 to 65535")
    match request.protocol:
        case Protocol.TCP:
            return tcp.probe(source, address, port, deadline, evidence)
        case Protocol.UDP:
            return udp.probe(source, address, port, deadline, evidence)
        case Protocol.DNS:
            return dns.probe_server(source, address, port, deadline, evidence)
        case Protocol.HTTP:
            return http.probe(source, address, port, request.to, deadline, evidence)


def _literal(text: str) -> Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None
