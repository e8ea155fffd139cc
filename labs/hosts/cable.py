"""Cables: veth pairs between a host's network namespace and the underlay's, made without touching the machine's.

Uses the machine's own ip(8) inside the namespaces, never a program of the box.
"""

from __future__ import annotations

import hashlib
import subprocess
from ipaddress import IPv4Interface

from labs.hosts.errors import UnderlayFailed

NAME_LENGTH = 15
"""What the kernel allows for an interface's name (IFNAMSIZ less the final zero)."""


def port_name(host: str) -> str:
    """Return the name of the underlay's end of a host's cable: the host's own, shortened with a hash when too long."""
    if len(host) <= NAME_LENGTH:
        return host
    return f"{host[:10]}-{hashlib.sha256(host.encode()).hexdigest()[:4]}"


def plug(underlay_pid: int, bridge: str, host_pid: int, host: str, address: IPv4Interface, gateway: str) -> None:
    """Join a host to the underlay: eth0 with `address` and a default route in it, a bridge port named after it outside.

    Every host has a default route even where it leads nowhere: kernel and plugins behave differently without one.
    Raises: UnderlayFailed.
    """
    port = port_name(host)
    run_in(
        underlay_pid,
        f"link add name {port} type veth peer name eth0 netns {host_pid}",
        f"link set dev {port} master {bridge} up",
    )
    run_in(
        host_pid,
        "link set dev lo up",
        f"address add {address} brd + dev eth0",
        "link set dev eth0 up",
        f"route add default via {gateway}",
    )


def unplug(underlay_pid: int, host: str) -> None:
    """Remove a host's cable if it is there."""
    ip = ["nsenter", f"--net=/proc/{underlay_pid}/ns/net", "ip", "link", "delete", "dev", port_name(host)]
    subprocess.run(ip, check=False, capture_output=True)


def run_in(pid: int, *lines: str) -> None:
    """Run lines of ip(8) in the network namespace of `pid`; the first that fails ends it.

    Raises: UnderlayFailed.
    """
    command = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-batch", "-"]
    done = subprocess.run(command, input="\n".join(lines), text=True, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.strip()
        raise UnderlayFailed(f"A network cable could not be laid: {said}.", log=said, lines=lines)
