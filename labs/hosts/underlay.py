"""The underlay: the layer-2 segment that joins the hosts of one session, in a network namespace of its own.

Not in the machine's namespace, where a firewall of the machine's would see the frames, and where two sessions with the
same addresses would meet. Nothing links it to the machine unless the lab may reach the internet.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from labs.hosts import box, cable
from labs.hosts import internet as way_out

BRIDGE = "underlay0"
INTERNET = "internet"
"""File in the box's folder from before a way out is made until after it is removed."""

SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv6/conf/default/disable_ipv6": "1",
}
"""Forwarding with nowhere to forward to: packets for elsewhere are answered "network unreachable" at once, not lost."""


@dataclass(frozen=True)
class Underlay:
    """`pid` is the process that holds the namespace."""

    box: str
    session: str
    subnet: IPv4Network
    pid: int
    internet: bool = False

    @property
    def namespace(self) -> Path:
        return Path(f"/proc/{self.pid}/ns/net")

    @property
    def resolvers(self) -> list[IPv4Address]:
        """What hosts ask for names: the machine's own servers with the internet, else the gateway.

        Nothing listens at the gateway, so that a lookup fails at once; with no resolver at all an engine would hand a
        public one to its containers, and every lookup would time out.
        """
        return (way_out.resolvers() if self.internet else []) or [self.gateway]

    @property
    def gateway(self) -> IPv4Address:
        """The bridge's own address: the first of the subnet."""
        return next(self.subnet.hosts())


def name_box(session: str) -> str:
    return f"{session}.underlay"


def open(session: str, subnet: IPv4Network, *, internet: bool = False) -> Underlay:
    """Make the session's underlay; its bridge has the first address of `subnet` and is every host's gateway.

    Raises: HostExists, HostStartFailed, UnderlayFailed, InternetUnavailable.
    """
    with box.reserve(name_box(session), session) as reservation:
        pid = box.hold_namespace(reservation, SYSCTLS)
        underlay = Underlay(reservation.box, session, subnet, pid, internet)
        cable.run_in(
            pid,
            "link set dev lo up",
            f"link add name {BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
            f"address add {underlay.gateway}/{subnet.prefixlen} brd + dev {BRIDGE}",
            f"link set dev {BRIDGE} up",
        )
        if internet:
            (reservation.folder / INTERNET).touch()
            try:
                way_out.connect(session, reservation.folder, pid)
            except BaseException:
                way_out.disconnect(session, reservation.folder)
                raise
        reservation.complete(
            {"kind": "underlay", "session": session, "subnet": str(subnet), "pid": pid, "internet": internet}
        )
        return underlay


def find(session: str) -> Underlay | None:
    """Return the session's underlay if it is running."""
    known = box.facts(name_box(session))
    if known is None:
        return None
    pid, subnet = int(str(known["pid"])), IPv4Network(str(known["subnet"]))
    return Underlay(name_box(session), session, subnet, pid, bool(known["internet"]))


def close(session: str) -> None:
    """Remove the session's underlay and its way to the internet; idempotent. Hosts on it lose their cable.

    Raises: HostStopFailed.
    """
    folder = box.FOLDER / name_box(session)
    if (folder / INTERNET).exists():
        way_out.disconnect(session, folder)
    box.remove(name_box(session))
