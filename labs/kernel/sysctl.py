"""Kernel settings that decide whether and how packets are forwarded, as one namespace has them.

`/proc/sys/net` shows the network namespace of the thread that looks, whatever mount it looks through.
Source: ip-sysctl.rst, bridge netfilter's `br_netfilter_hooks.c`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from labs.kernel.namespace import enter

_ROOT = Path("/proc/sys/net")
NAMESPACE_WIDE: Final = (
    "ipv4/ip_forward",
    "ipv4/ip_nonlocal_bind",
    "ipv4/ip_local_port_range",
    "ipv4/ip_unprivileged_port_start",
    "ipv4/icmp_echo_ignore_all",
    "ipv4/icmp_ratelimit",
    "ipv4/fib_multipath_hash_policy",
    "bridge/bridge-nf-call-iptables",
    "bridge/bridge-nf-call-ip6tables",
    "bridge/bridge-nf-call-arptables",
)
PER_INTERFACE: Final = (
    "ipv4/conf/{}/forwarding",
    "ipv4/conf/{}/rp_filter",
    "ipv4/conf/{}/proxy_arp",
    "ipv4/conf/{}/accept_local",
    "ipv4/conf/{}/route_localnet",
    "ipv4/conf/{}/arp_ignore",
    "ipv4/conf/{}/arp_announce",
    "ipv4/conf/{}/send_redirects",
    "ipv6/conf/{}/forwarding",
    "ipv6/conf/{}/disable_ipv6",
    "ipv6/conf/{}/accept_ra",
    "ipv6/conf/{}/proxy_ndp",
)
"""`{}` stands for `all`, `default` or an interface. What counts is, by setting, the greater of `all` and the
interface's own (rp_filter), either (proxy_arp, forwarding), or the interface's own alone (disable_ipv6)."""


def read(target: int | str | Path, interfaces: Iterable[str]) -> dict[str, str]:
    """Return settings by sysctl(8) name, such as `net.ipv4.ip_forward`; those this kernel lacks are left out.

    A dot inside an interface's name is written as a slash, as sysctl(8) does. Costs about 10 µs per setting.

    Raises: as `labs.kernel.namespace.enter`.
    """
    wanted = {f"net.{path.replace('/', '.')}": path for path in NAMESPACE_WIDE}
    for interface in ("all", "default", *interfaces):
        shown = interface.replace(".", "/")
        for path in PER_INTERFACE:
            wanted[f"net.{path.replace('/', '.').format(shown)}"] = path.format(interface)
    found: dict[str, str] = {}
    with enter(target):
        for name, path in wanted.items():
            with suppress(OSError):
                found[name] = (_ROOT / path).read_text().strip().replace("\t", " ")
    return found
