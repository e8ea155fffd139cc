"""Cables: veth pairs between a host's network namespace and the underlay's, made without touching the machine's.

Changes are made by rtnetlink from outside or by the machine's own ip(8), never by a program of the box.
"""

from __future__ import annotations

import errno
import hashlib
import subprocess
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from labs.hosts.errors import UnderlayFailed
from labs.hosts.rtnetlink import Wiring
from labs.kernel.errors import NamespaceGone

NAME_LENGTH = 15
"""What the kernel allows for an interface's name (IFNAMSIZ less the final zero)."""


def port_name(host: str) -> str:
    """Return the name of the underlay's end of a host's cable: the host's own, shortened with a hash when too long."""
    if len(host) <= NAME_LENGTH:
        return host
    return f"{host[:10]}-{hashlib.sha256(host.encode()).hexdigest()[:4]}"


def plug(underlay: Path, bridge: str, host: Path, host_name: str, address: IPv4Interface, gateway: IPv4Address) -> None:
    """Join a host to the underlay: eth0 with `address` and a default route in it, a bridge port named after it outside.

    `underlay` and `host` are paths of their network namespaces. Every host has a default route even where it leads
    nowhere: kernel and plugins behave differently without one.
    Raises: UnderlayFailed.
    """
    try:
        with Wiring(underlay) as outside, Wiring(host) as inside:
            port = port_name(host_name)
            try:
                outside.add_veth(port, "eth0", inside)
            except FileExistsError:  # the cable of a host of that name that the kernel is still freeing
                with suppress(OSError):
                    outside.delete(port)
                outside.add_veth(port, "eth0", inside)
            outside.set_up(outside.index(port), master=outside.index(bridge))
            inside.set_up(inside.index("lo"))
            eth0 = inside.index("eth0")
            inside.add_address(eth0, address)
            inside.set_up(eth0)
            inside.add_default_route(gateway, eth0)
    except (OSError, NamespaceGone) as error:
        raise UnderlayFailed(f"The cable of {host_name} could not be laid: {error}.", host=host_name) from error


def cut(underlay: Path, host_name: str) -> None:
    """Let nothing pass on a host's cable any more, if it has one.

    The kernel frees a dead host's namespace, and the cable with it, some milliseconds after its last process, and
    answers pings in it until then. Removing the cable instead would take 20 ms of waiting for other processors.
    Raises: UnderlayFailed.
    """
    try:
        with Wiring(underlay) as outside:
            outside.silence_port(outside.index(port_name(host_name)))
    except NamespaceGone:
        return
    except OSError as error:
        if error.errno != errno.ENODEV:
            raise UnderlayFailed(f"The cable of {host_name} could not be cut: {error}.", host=host_name) from error


def run_in(pid: int, *lines: str) -> None:
    """Run lines of ip(8) in the network namespace of `pid`; the first that fails ends it.

    Raises: UnderlayFailed.
    """
    command = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-batch", "-"]
    done = subprocess.run(command, input="\n".join(lines), text=True, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.strip()
        raise UnderlayFailed(f"A network cable could not be laid: {said}.", log=said, lines=lines)
