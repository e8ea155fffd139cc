"""Put a finding into one plain sentence. Pure."""

from __future__ import annotations

from labs.probes.values import Evidence, Finding, ProbeRequest, Protocol, Verdict


def sentence(source: str, request: ProbeRequest, finding: Finding) -> str:
    """Return one sentence with a full stop that says what was measured and how it ended."""
    target = _target(request, finding.evidence)
    match finding.verdict:
        case Verdict.REACHABLE:
            return _reachable(source, target, request, finding)
        case Verdict.REFUSED:
            return _refused(source, target, request, finding)
        case Verdict.REJECTED:
            return _rejected(source, target, finding.evidence)
        case Verdict.NO_ROUTE:
            return _no_route(source, target, finding.evidence)
        case Verdict.NO_REPLY:
            return _no_reply(source, target, request, finding)
        case Verdict.NAME_NOT_FOUND:
            return _name_not_found(source, request, finding.evidence)
        case Verdict.NOT_MEASURED:
            return f"The probe from {source} to {request.to} could not run: {finding.evidence.detail}."


def _target(request: ProbeRequest, evidence: Evidence) -> str:
    port = f" port {evidence.port}" if evidence.port is not None else ""
    if request.protocol is Protocol.DNS and evidence.address != request.to and evidence.resolver:
        return f"name server {evidence.resolver}"
    if evidence.address is None or evidence.address == request.to:
        return f"{request.to}{port}"
    return f"{request.to} ({evidence.address}){port}"


def _reachable(source: str, target: str, request: ProbeRequest, finding: Finding) -> str:
    seen = finding.evidence
    time = f"{finding.rtts_ms[0]:.2f} ms" if finding.rtts_ms else ""
    match request.protocol:
        case Protocol.ICMP:
            replies = f" ({seen.received} of {seen.sent} replies)" if seen.sent else ""
            return f"{target} answered {source}'s ping in {time}{replies}."
        case Protocol.TCP:
            return f"{target} accepted {source}'s TCP connection in {time}."
        case Protocol.UDP:
            return f"{target} answered {source}'s UDP datagram in {time}."
        case Protocol.HTTP:
            status = f"{seen.http_status} {seen.http_reason}" if seen.http_reason else str(seen.http_status)
            return f"{target} answered {source} over HTTP with {status}."
        case Protocol.DNS if seen.address != request.to:
            return f"{source} resolves {request.to} to {seen.address} by {_resolver(seen)}."
        case Protocol.DNS:
            return f"Name server {target} answered {source} with {seen.rcode} in {time}."


def _refused(source: str, target: str, request: ProbeRequest, finding: Finding) -> str:
    if request.protocol is Protocol.HTTP and finding.evidence.errno == "ECONNRESET":
        return f"{target} took {source}'s connection and then reset it without an answer."
    how = "an ICMP port unreachable" if finding.evidence.icmp else "a TCP reset"
    return f"{target} refused {source}: {_who_listens(finding.evidence)} ({how} came back)."


def _rejected(source: str, target: str, seen: Evidence) -> str:
    icmp = seen.icmp
    if icmp is None:
        return f"{source}'s own firewall dropped the packet to {target} on its way out ({seen.errno})."
    if icmp.sender == seen.source_address:
        return f"{source}'s own firewall rejected its packet to {target}: ICMP {icmp.name}."
    sender = "The target itself" if icmp.sender == seen.address else icmp.sender or "Somebody on the way"
    return f"{sender} rejected {source}'s packet to {target}: ICMP {icmp.name}."


def _no_route(source: str, target: str, seen: Evidence) -> str:
    forbidding = {"EHOSTUNREACH": "unreachable", "EACCES": "prohibit", "EINVAL": "blackhole"}
    kind = forbidding.get(seen.errno or "")
    if kind is not None:
        return f"{source} sent nothing to {target}: its route there is of type {kind}."
    return f"{source} sent nothing to {target}: it has no route there."


def _no_reply(source: str, target: str, request: ProbeRequest, finding: Finding) -> str:
    seen = finding.evidence
    if seen.icmp is not None:
        return f"Nothing on {source}'s link answers for {target}: address resolution got no reply."
    if request.protocol is Protocol.HTTP and finding.rtts_ms:
        spoke = f"answered {seen.first_line!r}, which is not HTTP" if seen.first_line else "sent no answer"
        return f"{target} accepted {source}'s connection but {spoke}."
    waited = f"{source} heard nothing from {target} within {request.timeout_s:g} s"
    if seen.listener is not None:
        link = ", although" if seen.listener.state == "listening" else ";"
        return f"{waited}{link} {_who_listens(seen)}."
    if request.protocol is Protocol.UDP:
        return f"{waited}; over UDP that may be a dropped packet or a service that does not answer."
    return f"{waited}."


def _who_listens(seen: Evidence) -> str:
    if seen.listener is None:
        return "nothing listens there"
    where = seen.listener.address
    match seen.listener.state:
        case "listening":
            itself = {True: " and answers itself", False: " but does not answer itself either", None: ""}
            return f"a program listens there on {where}{itself[seen.listener.answers_itself]}"
        case "queue_full":
            return f"the program listening there on {where} does not keep up: its queue of connections is full"
        case "loopback_only" | "other_address":
            return f"a program listens there on {where} alone"
    return "nothing listens there"


def _name_not_found(source: str, request: ProbeRequest, seen: Evidence) -> str:
    if seen.rcode is not None:
        reason = "it has no address" if seen.rcode == "NOERROR" else seen.rcode
        return f"{source} cannot resolve {request.to}: {_resolver(seen)} says {reason}."
    failure = "did not answer" if seen.errno is None else f"could not be asked ({seen.errno})"
    return f"{source} cannot resolve {request.to}: {_resolver(seen)} {failure}."


def _resolver(evidence: Evidence) -> str:
    if evidence.resolver is None:
        return "no name server"
    return "its hosts file" if evidence.resolver == "hosts file" else f"name server {evidence.resolver}"
