"""What this machine's kernel lacks of what labs may ask for, found by trying in a throw-away network namespace."""

from __future__ import annotations

import socket
import subprocess
from functools import cache

from labs.hosts.errors import MachineUnfit
from labs.specs.features import Features, KernelFeature

TRIALS = {
    KernelFeature.MACVLAN: "ip link add t0 link v0 type macvlan mode bridge",
    KernelFeature.IPVLAN: "ip link add t1 link v0 type ipvlan mode l2",
    KernelFeature.VLAN: "ip link add t2 link v0 type vlan id 5",
    KernelFeature.VXLAN: "ip link add t3 type vxlan id 5 dstport 4789",
    KernelFeature.DUMMY: "ip link add t4 type dummy",
    KernelFeature.IPV6: "test -e /proc/net/if_inet6",
    KernelFeature.XFRM: "ip xfrm state list",
}


@cache
def present() -> Features:
    """Return the machine's features. About 20 ms the first time, nothing after.

    Raises: MachineUnfit when not even a network namespace can be made.
    """
    lines = [f"({trial}) >/dev/null 2>&1 || echo {feature}" for feature, trial in TRIALS.items()]
    script = "\n".join(["ip link add v0 type veth peer name v1 || exit 1", *lines, "exit 0"])
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineUnfit(f"This machine makes no network namespace with a veth pair: {done.stderr.strip()}.")
    missing = {KernelFeature(name) for name in done.stdout.split()}
    return Features(frozenset(missing if _has_sctp() else missing | {KernelFeature.SCTP}))


def _has_sctp() -> bool:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP):
            return True
    except OSError:  # EPROTONOSUPPORT: neither built in nor to be loaded
        return False
