"""What this machine's kernel can do for a lab. Worker only."""

from __future__ import annotations

import socket
import subprocess
from functools import cache
from pathlib import Path

from labs.specs import Features, KernelFeature

_LINKS = {
    KernelFeature.MACVLAN: "link add link probe0 name probe1 type macvlan mode bridge",
    KernelFeature.IPVLAN: "link add link probe0 name probe1 type ipvlan mode l2",
    KernelFeature.VLAN: "link add link probe0 name probe1 type vlan id 5",
    KernelFeature.VXLAN: "link add name probe1 type vxlan id 5 dstport 4789",
    KernelFeature.DUMMY: "link add name probe1 type dummy",
}


@cache
def features() -> Features:
    """Return what the kernel lacks, found by trying each in a namespace that ends with the trial. About 0.1 s, once."""
    missing = {feature for feature, command in _LINKS.items() if not _makes(command)}
    if not _has_sctp():
        missing.add(KernelFeature.SCTP)
    if not Path("/proc/net/if_inet6").exists():
        missing.add(KernelFeature.IPV6)
    return Features(frozenset(missing))


def _makes(command: str) -> bool:
    script = f"ip link add name probe0 type veth peer name probe9 && ip {command}"
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, check=False)
    return done.returncode == 0


def _has_sctp() -> bool:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP):
            return True
    except OSError:
        return False
