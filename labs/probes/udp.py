"""Send a datagram and see what comes back. Only an answer proves reachability: services may well stay silent."""

from __future__ import annotations

import secrets
import socket
import time
from dataclasses import replace

from labs.kernel.namespace import open_socket_in
from labs.probes import dns_message, refusal
from labs.probes.deadline import Deadline
from labs.probes.values import Address, Evidence, Finding, IcmpError, Source, Verdict

_TRIES = 3


def probe(source: Source, address: Address, port: int, deadline: Deadline, evidence: Evidence) -> Finding:
    """Send up to three datagrams, spread over the time. Raises: LabError, OSError if the socket could not be made."""
    payload = dns_message.query(".", "NS") if port == 53 else f"netquarium {secrets.token_hex(8)}\n".encode()
    finding, _ = exchange(source, address, port, payload, deadline, evidence)
    return finding


def exchange(
    source: Source, address: Address, port: int, payload: bytes, deadline: Deadline, evidence: Evidence
) -> tuple[Finding, bytes]:
    """Send one payload until an answer, an error or the deadline; return the first answer, b"" if there is none.

    Raises: LabError, OSError if the socket could not be made.
    """
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    interval_s = deadline.left_s / _TRIES
    evidence = replace(evidence, port=port, sent=0, received=0)
    with open_socket_in(source.namespace, family, socket.SOCK_DGRAM) as end:
        end.setblocking(False)
        refusal.watch_errors(end)
        try:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            end.connect((str(address), port))
        except OSError as error:
            return refusal.before_sending(error, evidence), b""
        evidence = replace(evidence, source_address=end.getsockname()[0])
        for attempt in range(_TRIES):
            begun = time.monotonic()
            try:
                end.send(payload)
                evidence = replace(evidence, sent=attempt + 1)
                answer = _receive(end, deadline.sooner(interval_s))
            except OSError as error:
                return _failure(end, error, address, evidence), b""
            if isinstance(answer, IcmpError):
                return refusal.after_icmp(answer, evidence, target=address, closed_port=True), b""
            if answer is not None:
                elapsed_ms = (time.monotonic() - begun) * 1000
                return Finding(Verdict.REACHABLE, replace(evidence, received=1), (elapsed_ms,)), answer
    return Finding(Verdict.NO_REPLY, evidence), b""


def _receive(end: socket.socket, deadline: Deadline) -> bytes | IcmpError | None:
    """Return the next datagram, which may be empty, or ICMP error; None when time is up.

    Raises: OSError, which is the socket's error; the ICMP error behind it is still in the error queue.
    """
    while deadline.wait(end):
        try:
            return end.recv(65535)
        except BlockingIOError:
            # Woken by the error queue before the socket has its error, or by a datagram with a wrong checksum.
            icmp = refusal.queued_error(end)
            if icmp is not None:
                return icmp
    return None


def _failure(end: socket.socket, error: OSError, address: Address, evidence: Evidence) -> Finding:
    icmp = refusal.queued_error(end)
    if icmp is not None:
        return refusal.after_icmp(icmp, evidence, target=address, closed_port=True)
    return refusal.before_sending(error, evidence)
