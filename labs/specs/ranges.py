"""Address ranges: whether two share an address, and those no lab can use."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Final

from labs.specs.value import Subnetwork

_UNUSABLE: Final[tuple[Subnetwork, ...]] = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("224.0.0.0/3"),
    IPv6Network("::/127"),
    IPv6Network("fe80::/10"),
    IPv6Network("ff00::/8"),
)
"""Unspecified, loopback, link-local, multicast and reserved addresses (RFC 6890)."""


def overlap(one: Subnetwork, other: Subnetwork) -> bool:
    """Say whether two subnets share an address; those of different IP versions never do."""
    # `overlaps` compares numbers alone: an IPv4 and an IPv6 subnet must be kept apart first.
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.overlaps(other)
    return isinstance(other, IPv6Network) and one.overlaps(other)


def contains(outer: Subnetwork, inner: Subnetwork) -> bool:
    return overlap(outer, inner) and inner.prefixlen >= outer.prefixlen


def is_unusable(subnet: Subnetwork) -> bool:
    """Say whether the subnet holds addresses that no container or host may have."""
    return any(overlap(subnet, unusable) for unusable in _UNUSABLE)
