"""Open a TCP connection and see what comes back."""

from __future__ import annotations

import errno
import socket
import time
from dataclasses import replace

from labs.kernel.namespace import open_socket_in
from labs.probes import refusal
from labs.probes.deadline import Deadline
from labs.probes.values import Address, Evidence, Finding, Source, Verdict


def probe(source: Source, address: Address, port: int, deadline: Deadline, evidence: Evidence) -> Finding:
    """Connect and hang up. Raises: LabError, OSError if the socket could not be made."""
    end, finding = connect(source, address, port, deadline, evidence)
    if end is not None:
        end.close()
    return finding


def connect(
    source: Source, address: Address, port: int, deadline: Deadline, evidence: Evidence
) -> tuple[socket.socket | None, Finding]:
    """Connect; return the socket, non-blocking and the caller's to close, if the verdict is reachable.

    Raises: LabError, OSError if the socket could not be made.
    """
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    end = open_socket_in(source.namespace, family, socket.SOCK_STREAM)
    evidence = replace(evidence, port=port)
    try:
        end.setblocking(False)
        refusal.watch_errors(end)
        begun = time.monotonic()
        try:
            end.connect((str(address), port))
        except BlockingIOError:
            pass
        except OSError as error:
            end.close()
            return None, refusal.before_sending(error, evidence)
        evidence = replace(evidence, source_address=end.getsockname()[0])
        finding = _await(end, address, begun, deadline, evidence)
        if finding.verdict is Verdict.REACHABLE:
            return end, finding
    except BaseException:
        end.close()
        raise
    end.close()
    return None, finding


def _await(end: socket.socket, address: Address, begun: float, deadline: Deadline, evidence: Evidence) -> Finding:
    """Wait until the connection stands or fails.

    An ICMP error that arrives while the connecting call still holds the socket is put into the error queue and wakes
    us, but is not the socket's error yet (tcp_v4_err in net/ipv4/tcp_ipv4.c): no error does not mean connected.
    """
    while deadline.wait(end, writable=True):
        code = end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            return failure(end, code, address, replace(evidence, errno=errno.errorcode.get(code, str(code))))
        icmp = refusal.queued_error(end)
        if icmp is not None:
            return refusal.after_icmp(icmp, evidence, target=address, closed_port=False)
        try:
            end.getpeername()
        except OSError:
            continue
        return Finding(Verdict.REACHABLE, evidence, ((time.monotonic() - begun) * 1000,))
    return Finding(Verdict.NO_REPLY, evidence)


def failure(end: socket.socket, code: int, address: Address, evidence: Evidence) -> Finding:
    """Judge a connection that failed with the socket error `code`."""
    icmp = refusal.queued_error(end)
    if icmp is not None:
        return refusal.after_icmp(icmp, evidence, target=address, closed_port=False)
    if code in (errno.ECONNREFUSED, errno.ECONNRESET):
        return Finding(Verdict.REFUSED, evidence)
    if code in (errno.ETIMEDOUT, errno.EHOSTUNREACH):
        return Finding(Verdict.NO_REPLY, evidence)
    return refusal.before_sending(OSError(code, ""), evidence)
