"""How the engine deals out addresses: which it keeps back, and which it gives to containers that ask for none.

It reserves the network and broadcast address, the gateway and the auxiliary addresses, and gives out the lowest free
address of `ip_range`, or of the subnet. (libnetwork's ipam; seen on Engine 20.10.)
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import islice

from labs.specs.network import NetworkDraft, SubnetDraft
from labs.specs.value import Address, Subnetwork


def of_version(network: NetworkDraft, version: int) -> tuple[SubnetDraft, ...]:
    """Return the network's own subnets of the IP version, those the engine heeds."""
    if version == 6 and not network.enable_ipv6:
        return ()
    return tuple(draft for draft in network.subnets if draft.subnet.value.version == version)


def gateway(draft: SubnetDraft) -> Address:
    """Return the gateway: the one written, or the first address the engine would give out."""
    if draft.gateway is not None:
        return draft.gateway.value
    return next(_addresses(draft), draft.subnet.value.network_address)


def edges(subnet: Subnetwork) -> frozenset[Address]:
    """Return the addresses no interface may have: the network's own, and for IPv4 the broadcast address."""
    if subnet.version == 6:
        return frozenset({subnet.network_address})
    return frozenset({subnet.network_address, subnet.broadcast_address})


def reserved(draft: SubnetDraft) -> frozenset[Address]:
    """Return every address the engine keeps back in the subnet."""
    auxiliary = (each.value for each in draft.aux_addresses.values())
    return edges(draft.subnet.value) | {gateway(draft)} | frozenset(auxiliary)


def dealt(draft: SubnetDraft, count: int, taken: Set[Address]) -> tuple[Address, ...]:
    """Return the addresses that `count` containers without one of their own would get; fewer when they run out."""
    kept = reserved(draft) | taken
    # Taken and reserved addresses are few, so this looks at no more than `count` plus those.
    return tuple(islice((each for each in _addresses(draft) if each not in kept), count))


def _addresses(draft: SubnetDraft) -> Iterator[Address]:
    subnet = draft.subnet.value
    pool = draft.ip_range.value if draft.ip_range else subnet
    outside = edges(subnet)
    return (each for each in pool if each not in outside)
