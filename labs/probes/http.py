"""Ask a web server for its first page."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

from labs.probes import tcp
from labs.probes.deadline import Deadline
from labs.probes.values import Address, Evidence, Finding, Source, Verdict

_LIMIT_BYTES = 16 << 10
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]{0,100}))?\r?\n")
_BODY_S = 0.2
"""How long the body may take once the head is there: enough for a page, not for a stream."""


def probe(source: Source, address: Address, port: int, host: str, deadline: Deadline, evidence: Evidence) -> Finding:
    """Ask for "/" as `host`. Any HTTP status counts as reachable: a server that says 404 was reached.

    Raises: LabError, OSError if the socket could not be made.
    """
    end, finding = tcp.connect(source, address, port, deadline, evidence)
    if end is None:
        return finding
    with end:
        try:
            name = f"[{host}]" if ":" in host else host
            authority = name if port == 80 else f"{name}:{port}"
            end.send(f"GET / HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nAccept: */*\r\n\r\n".encode())
            answer = _receive(end, deadline)
        except ConnectionError:
            return Finding(Verdict.REFUSED, replace(finding.evidence, errno="ECONNRESET"), finding.rtts_ms)
    status = _STATUS.match(answer)
    if status is None:
        first = answer.split(b"\n", 1)[0][:200].decode(errors="replace").strip()
        return Finding(Verdict.NO_REPLY, replace(finding.evidence, first_line=first or None), finding.rtts_ms)
    body = re.split(rb"\r?\n\r?\n", answer, maxsplit=1)
    seen = replace(
        finding.evidence,
        http_status=int(status[1]),
        http_reason=(status[2] or b"").decode(errors="replace").strip() or None,
        first_line=body[1].split(b"\n", 1)[0][:200].decode(errors="replace").strip() if len(body) > 1 else None,
    )
    return Finding(Verdict.REACHABLE, seen, finding.rtts_ms)


def _receive(end: socket.socket, deadline: Deadline) -> bytes:
    """Return what comes until the end, the limit or the deadline. Raises: ConnectionError before any byte came."""
    answer = b""
    limit = deadline
    while len(answer) < _LIMIT_BYTES and limit.wait(end):
        try:
            data = end.recv(4096)
        except BlockingIOError:
            continue
        except ConnectionError:
            if answer:
                break
            raise
        if not data:
            break
        had_head = b"\n\r\n" in answer
        answer += data
        if b"\n\r\n" in answer and not had_head:
            limit = deadline.sooner(_BODY_S)
    return answer
