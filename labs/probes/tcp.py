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
        answered = deadline.wait(end, writable=True)
        elapsed_ms = (time.monotonic() - begun) * 1000
        if answered:
            code = end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                return end, Finding(Verdict.REACHABLE, evidence, (elapsed_ms,))
            evidence = replace(evidence, errno=errno.errorcode.get(code, str(code)))
            finding = _failure(end, code, address, evidence)
        else:
            finding = Finding(Verdict.NO_REPLY, evidence)
    except BaseException:
        end.close()
        raise
    end.close()
    return None, finding


def _failure(end: socket.socket, code: int, address: Address, evidence: Evidence) -> Finding:
    icmp = refusal.queued_error(end)
    if icmp is not None:
        return refusal.after_icmp(icmp, evidence, target=address, closed_port=False)
    if code in (errno.ECONNREFUSED, errno.ECONNRESET):
        return Finding(Verdict.REFUSED, evidence)
    if code in (errno.ETIMEDOUT, errno.EHOSTUNREACH):
        return Finding(Verdict.NO_REPLY, evidence)
    return refusal.before_sending(OSError(code, ""), evidence)
