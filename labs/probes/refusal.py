"""Why the kernel or the network said no: errno values and the socket error queue, made verdicts.

With IP_RECVERR set, the kernel keeps the ICMP error behind an errno in the socket's error queue: its type, its code
and who sent it. Without it, "host unreachable" and "administratively prohibited" are the same errno.
Source: ip(7), ipv6(7) and cmsg(3); RFC 792; RFC 4443; linux/errqueue.h.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from labs.probes.values import Address, Evidence, Finding, IcmpError, Verdict

_IP_RECVERR = 11
_IPV6_RECVERR = 25
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
_FROM_ICMP, _FROM_ICMP6 = 2, 3

_UNREACHABLE_4 = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    5: "source route failed",
    6: "destination network unknown",
    7: "destination host unknown",
    9: "network administratively prohibited",
    10: "host administratively prohibited",
    11: "network unreachable for this type of service",
    12: "host unreachable for this type of service",
    13: "communication administratively prohibited",
}
_UNREACHABLE_6 = {
    0: "no route to destination",
    1: "communication administratively prohibited",
    2: "beyond scope of source address",
    3: "address unreachable",
    4: "port unreachable",
    5: "source address failed policy",
    6: "reject route to destination",
}


def watch_errors(end: socket.socket) -> None:
    """Ask the kernel to keep ICMP errors for this socket. Call before connecting."""
    if end.family == socket.AF_INET6:
        end.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        end.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


def queued_error(end: socket.socket, *, quoting: bytes = b"") -> IcmpError | None:
    """Take the oldest ICMP error from the socket's error queue; None if there is none.

    A raw socket gets other programs' errors too: only one whose offending packet holds `quoting` counts.
    """
    return next((found for packet, _, found in queued_errors(end) if quoting in packet), None)


def queued_errors(end: socket.socket) -> Iterator[tuple[bytes, str, IcmpError]]:
    """Take the ICMP errors from the socket's error queue, oldest first.

    Each comes with what it quotes of the offending packet, from behind the transport header on (for a raw socket from
    the ICMP header on), and the address that packet was for.
    """
    with suppress(BlockingIOError):
        while True:
            packet, ancillary, _, name = end.recvmsg(2048, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            for level, kind, data in ancillary:
                if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
                    found = _decode(data)
                    if found is not None:
                        yield packet, name[0] if name else "", found


def name(version: int, kind: int, code: int) -> str:
    """Return an ICMP error's name as the RFCs have it. `version` is that of the Internet Protocol."""
    if version == 6:
        others = {2: "packet too big", 3: "hop limit exceeded", 4: "parameter problem"}
        return _UNREACHABLE_6.get(code, "unreachable") if kind == 1 else others.get(kind, f"type {kind}")
    others = {4: "source quench", 5: "redirect", 11: "time to live exceeded", 12: "parameter problem"}
    return _UNREACHABLE_4.get(code, "unreachable") if kind == 3 else others.get(kind, f"type {kind}")


def before_sending(error: OSError, evidence: Evidence) -> Finding:
    """Judge an error with which the kernel refused to send at all."""
    code = errno.errorcode.get(error.errno or 0, str(error.errno))
    evidence = replace(evidence, errno=code)
    match error.errno:
        # EHOSTUNREACH, EACCES and EINVAL come at once for routes of type unreachable, prohibit and blackhole:
        # ip-route(8). EADDRNOTAVAIL: a route, but no address of that family to send from.
        case errno.ENETUNREACH | errno.EHOSTUNREACH | errno.EACCES | errno.EINVAL | errno.EADDRNOTAVAIL:
            return Finding(Verdict.NO_ROUTE, evidence)
        case errno.EPERM:  # a DROP rule in the source's own OUTPUT chain: ip(7)
            return Finding(Verdict.REJECTED, evidence)
        case errno.ECONNREFUSED:
            return Finding(Verdict.REFUSED, evidence)
    return Finding(Verdict.NOT_MEASURED, replace(evidence, detail=f"the kernel answered {code}"))


def after_icmp(icmp: IcmpError, evidence: Evidence, *, target: Address, closed_port: bool) -> Finding:
    """Judge an ICMP error. `closed_port` says that "port unreachable" from the target means a closed port (UDP)."""
    evidence = replace(evidence, icmp=icmp)
    own = icmp.sender is not None and icmp.sender == evidence.source_address
    if own and icmp.name in ("host unreachable", "address unreachable"):
        # The source's own kernel says so when nobody answered its ARP or neighbour solicitation: RFC 1122, 2.3.2.1.
        return Finding(Verdict.NO_REPLY, evidence)
    if closed_port and icmp.name == "port unreachable" and icmp.sender == str(target):
        return Finding(Verdict.REFUSED, evidence)
    return Finding(Verdict.REJECTED, evidence)


def _decode(data: bytes) -> IcmpError | None:
    if len(data) < _EXTENDED_ERROR.size:
        return None
    _, origin, kind, code, _, _, _ = _EXTENDED_ERROR.unpack_from(data)
    if origin not in (_FROM_ICMP, _FROM_ICMP6):
        return None
    return IcmpError(kind, code, name(4 if origin == _FROM_ICMP else 6, kind, code), _offender(data))


def _offender(data: bytes) -> str | None:
    """Read the sockaddr that follows the error: SO_EE_OFFENDER in linux/errqueue.h."""
    address = data[_EXTENDED_ERROR.size :]
    family = struct.unpack_from("=H", address)[0] if len(address) >= 2 else 0
    if family == socket.AF_INET and len(address) >= 8:
        return str(IPv4Address(address[4:8]))
    if family == socket.AF_INET6 and len(address) >= 24:
        found = IPv6Address(address[8:24])
        return str(found.ipv4_mapped or found)
    return None
