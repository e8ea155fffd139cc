"""Which addresses a network gets on each host, where Docker alone would choose badly. Pure.

An engine picks container addresses knowing only itself. On a macvlan the hosts share one segment, so two engines
would hand out the same address: each host gets a slice of the range, and whatever lives elsewhere on the segment
is reserved. Source: docs.docker.com/network/macvlan, "ip-range" and "aux-address".
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from labs.specs.lab import Driver, Lab, Network, Subnet

_SEGMENT_DRIVERS = (Driver.MACVLAN, Driver.IPVLAN)


def subnets(lab: Lab, network: Network, host: str) -> tuple[Subnet, ...]:
    """Return the subnets to create `network` with on `host`; empty means the engine chooses.

    A macvlan without subnets takes the underlay's, as its parent's LAN. A network with `enable_ipv6` and no IPv6
    subnet gets a private one, which engines before 27 do not choose by themselves.
    """
    declared = network.subnets
    if network.driver in _SEGMENT_DRIVERS:
        declared = declared or (Subnet(lab.underlay),)
        return tuple(_segment_slice(lab, network, host, subnet) for subnet in declared)
    if network.enable_ipv6 and not any(subnet.subnet.version == 6 for subnet in declared):
        declared = (*declared, Subnet(private_ipv6(lab.slug, network.key, host)))
    return declared


def private_ipv6(lab: str, network: str, host: str) -> IPv6Network:
    """Return a unique local /64 that is always the same for the same three names (RFC 4193)."""
    digest = hashlib.sha256(f"{lab}/{network}/{host}".encode()).digest()
    return IPv6Network((bytes([0xFD]) + digest[:7] + bytes(8), 64))


def swarm_pool(lab: Lab) -> IPv4Network:
    """Return the /16 from which Swarm takes its own subnets, clear of every subnet of the lab and of the underlay.

    Swarm's default, the whole of 10.0.0.0/8, makes its ingress network collide with a lab that declares 10.0.0.0/24.
    """
    taken = [lab.underlay, *(s.subnet for n in lab.networks for s in n.subnets if isinstance(s.subnet, IPv4Network))]
    pools = (IPv4Network((f"10.{second}.0.0", 16)) for second in range(256))
    return next(pool for pool in pools if not any(pool.overlaps(other) for other in taken))


def _segment_slice(lab: Lab, network: Network, host: str, subnet: Subnet) -> Subnet:
    gateway = subnet.gateway or subnet.subnet[1]
    reserved = dict(subnet.aux_addresses)
    if subnet.subnet.overlaps(lab.underlay):
        on_segment = {f"host-{other.name}": other.address for other in lab.hosts}
        on_segment["underlay"] = lab.underlay[1]
        reserved.update({name: found for name, found in on_segment.items() if found in subnet.subnet})
    for container in lab.containers:
        for attachment in container.attachments:
            static = attachment.ipv4_address if subnet.subnet.version == 4 else attachment.ipv6_address
            if attachment.network == network.key and container.host != host and static is not None:
                reserved[f"container-{container.name}"] = static
    kept: dict[str, IPv4Address | IPv6Address] = {}
    for name, address in reserved.items():
        if address != gateway and address in subnet.subnet and address not in kept.values():
            kept[name] = address
    return replace(subnet, gateway=gateway, ip_range=_host_range(network, host, subnet), aux_addresses=kept)


def _host_range(network: Network, host: str, subnet: Subnet) -> IPv4Network | IPv6Network | None:
    whole = subnet.ip_range or subnet.subnet
    bits = (len(network.hosts) - 1).bit_length()
    if not bits or host not in network.hosts or whole.prefixlen + bits > whole.max_prefixlen - 1:
        return subnet.ip_range
    size = 1 << (whole.max_prefixlen - whole.prefixlen - bits)
    first = whole.network_address + network.hosts.index(host) * size
    return type(whole)((int(first), whole.prefixlen + bits))
