"""The way out of an underlay, for labs that ask for it: a veth to the machine, and masquerading there.

What the machine gets is one interface (nqup<n>) and one nftables table named after the session; both go with the
underlay. A session then reaches public addresses and the machine's name servers, not the machine itself nor private
networks around it. Where the machine forwards nothing, forwarding is switched on for the outgoing interface alone,
only answers are let in by it, and it is switched back after the last session.

Two address translations: the underlay's namespace hides the session's subnet, which other sessions may use too, behind
an uplink address of its own; the machine hides that.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path

from labs.hosts import cable
from labs.hosts.errors import InternetUnavailable
from labs.hosts.registry import Registry

UPLINKS = Registry("uplinks", 2048)
ADDRESSES = IPv4Network("198.18.0.0/15")
"""Four addresses an uplink. The range is for benchmarks of routers (RFC 2544), so no network around should have it."""

PRIVATE = (
    "10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/3"
)
RESOLVER_FILES = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))


@dataclass(frozen=True)
class _Uplink:
    number: int

    @property
    def interface(self) -> str:
        return f"nqup{self.number}"

    @property
    def machine_end(self) -> IPv4Address:
        return ADDRESSES[4 * self.number + 1]

    @property
    def underlay_end(self) -> IPv4Address:
        return ADDRESSES[4 * self.number + 2]


def resolvers() -> list[IPv4Address]:
    """Return the machine's name servers that a session can reach: IPv4 and not the machine's own loopback."""
    for file in RESOLVER_FILES:
        try:
            words = [line.split() for line in file.read_text().splitlines()]
        except FileNotFoundError:
            continue
        servers = [ip_address(line[1].partition("%")[0]) for line in words if line[:1] == ["nameserver"] and line[1:]]
        found = [server for server in servers if isinstance(server, IPv4Address) and not server.is_loopback]
        if found:
            return found
    return []


def connect(session: str, owner: Path, underlay_pid: int) -> None:
    """Give the underlay a way out; `owner` is the folder of its box.

    Raises: InternetUnavailable.
    """
    outgoing = _outgoing_interface()
    _refuse_closed_firewall()
    number = UPLINKS.take(owner)
    if number is None:
        raise InternetUnavailable(f"All {UPLINKS.count} ways to the internet are taken: stop some sessions.")
    uplink = _Uplink(number)
    cable.run_in(
        underlay_pid,
        f"link add name uplink type veth peer name {uplink.interface} netns {os.getpid()}",
        f"address add {uplink.underlay_end}/30 dev uplink",
        "link set dev uplink up",
    )
    cable.run_in(
        os.getpid(),
        f"address add {uplink.machine_end}/30 dev {uplink.interface}",
        f"link set dev {uplink.interface} up",
    )
    cable.run_in(underlay_pid, f"route add default via {uplink.machine_end}")
    _nft(
        "table ip netquarium { chain out { type nat hook postrouting priority srcnat; oifname uplink masquerade; }; }",
        namespace_of=underlay_pid,
    )
    _nft(_machine_table(session, uplink, outgoing, guarded=_forward(uplink, outgoing)))


def disconnect(session: str, owner: Path) -> None:
    """Remove what `connect` made on the machine; idempotent."""
    held = [number for number, holder in UPLINKS.taken().items() if holder == owner]
    tables = subprocess.run(["nft", "list", "tables", "ip"], capture_output=True, text=True, check=False).stdout.split()
    if _table(session) in tables:
        _nft(f"delete table ip {_table(session)}")
    for number in held:
        interface = _Uplink(number).interface
        subprocess.run(["ip", "link", "delete", "dev", interface], check=False, capture_output=True)
    UPLINKS.release(owner)
    _restore_forwarding()


def _table(session: str) -> str:
    return f"netquarium_{session}"


def _machine_table(session: str, uplink: _Uplink, outgoing: str, *, guarded: bool) -> str:
    """Return the session's table. `guarded`: the machine did not forward before, so others' packets stay out."""
    name, up = _table(session), uplink.interface
    servers = ", ".join(str(server) for server in resolvers())
    ask = [f"iifname {up} ip daddr {{ {servers} }} meta l4proto {{ tcp, udp }} th dport 53 accept"] if servers else []
    lines = [
        f"table ip {name} {{",
        "chain forward { type filter hook forward priority filter;",
        *ask,
        f"iifname {up} ip daddr {{ {PRIVATE} }} reject with icmp type admin-prohibited",
        f"oifname {up} ct state != {{ established, related }} drop",
        *([f"iifname {outgoing} ct state != {{ established, related }} drop"] if guarded else []),
        "}",
        "chain input { type filter hook input priority filter;",
        *ask,
        f"iifname {up} reject with icmp type admin-prohibited",
        "}",
        "chain postrouting { type nat hook postrouting priority srcnat;",
        f"ip saddr {uplink.underlay_end} masquerade;",
        "}",
        "}",
    ]
    return "\n".join(lines)


def _outgoing_interface() -> str:
    answer = subprocess.run(["ip", "-j", "-4", "route", "show", "default"], capture_output=True, text=True, check=True)
    routes = json.loads(answer.stdout or "[]")
    if not routes:
        raise InternetUnavailable("The lab asks for the internet, and this machine has no default route.")
    return str(routes[0]["dev"])


def _refuse_closed_firewall() -> None:
    """A base chain that drops what it does not know would eat the session's packets, whatever another table accepts."""
    listed = subprocess.run(["nft", "-j", "list", "chains", "ip"], capture_output=True, text=True, check=False)
    for item in json.loads(listed.stdout or "{}").get("nftables", []):
        chain = item.get("chain", {})
        if chain.get("hook") == "forward" and chain.get("policy") == "drop":
            raise InternetUnavailable(
                f"The lab asks for the internet, and this machine's firewall (table {chain['table']}, chain "
                f"{chain['name']}) drops forwarded packets: change its policy, or run labs without the internet."
            )


def _forward(uplink: _Uplink, outgoing: str) -> bool:
    """Let the machine forward between the uplink and the outgoing interface; tell whether that needed a change."""
    _switch(uplink.interface).write_text("1")
    with UPLINKS.locked():
        mark = UPLINKS.folder / f"forwarding-{outgoing}"
        if _switch(outgoing).read_text().strip() == "0":
            mark.touch()
            _switch(outgoing).write_text("1")
        return mark.exists()


def _restore_forwarding() -> None:
    with UPLINKS.locked():
        if any(entry.name.isdigit() for entry in UPLINKS.folder.iterdir()):
            return
        for mark in UPLINKS.folder.glob("forwarding-*"):
            switch = _switch(mark.name.removeprefix("forwarding-"))
            if switch.exists():
                switch.write_text("0")
            mark.unlink()


def _switch(interface: str) -> Path:
    return Path(f"/proc/sys/net/ipv4/conf/{interface}/forwarding")


def _nft(rules: str, *, namespace_of: int | None = None) -> None:
    enter = ["nsenter", f"--net=/proc/{namespace_of}/ns/net"] if namespace_of else []
    done = subprocess.run([*enter, "nft", "-f", "-"], input=rules, text=True, capture_output=True, check=False)
    if done.returncode:
        raise InternetUnavailable(
            f"The way to the internet could not be opened: {done.stderr.strip()}.", log=done.stderr, rules=rules
        )
