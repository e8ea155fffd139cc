"""Probe name resolution: a name through the source's own resolver, or one name server by its address."""

from __future__ import annotations

from dataclasses import replace

from labs.probes import dns_message, resolver, udp
from labs.probes.deadline import Deadline
from labs.probes.values import Address, Evidence, Finding, Source, Verdict


def probe_name(source: Source, name: str, port: int, deadline: Deadline) -> Finding:
    """Look a name up. Reachable means that it has an address; anything but name_not_found is about the server.

    Raises: as `resolver.resolve`.
    """
    found = resolver.resolve(source, name, deadline, port=port)
    if found.addresses:
        return Finding(Verdict.REACHABLE, replace(found.evidence, address=str(found.addresses[0])), found.rtts_ms)
    return Finding(found.failure or Verdict.NAME_NOT_FOUND, found.evidence)


def probe_server(source: Source, server: Address, port: int, deadline: Deadline, evidence: Evidence) -> Finding:
    """Ask a server for the root's name servers. Any DNS answer counts as reachable.

    Raises: LabError, OSError if the socket could not be made.
    """
    question = dns_message.query(".", "NS")
    finding, answer = udp.exchange(source, server, port, question, deadline, evidence)
    if finding.verdict is not Verdict.REACHABLE:
        return finding
    try:
        response = dns_message.read(answer, question)
    except ValueError as error:
        return Finding(Verdict.NO_REPLY, replace(finding.evidence, detail=f"it answered with {error}"))
    texts = tuple(found.text for found in response.answers)
    return Finding(Verdict.REACHABLE, replace(finding.evidence, rcode=response.rcode, answers=texts), finding.rtts_ms)
