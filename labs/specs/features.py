"""What the machine's kernel may lack. Whoever can look passes it in: this room runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class KernelFeature(StrEnum):
    """A kernel driver or protocol that a lab may need and a kernel may have been built without."""

    MACVLAN = "macvlan"
    IPVLAN = "ipvlan"
    VLAN = "vlan"
    VXLAN = "vxlan"
    DUMMY = "dummy"
    SCTP = "sctp"
    XFRM = "xfrm"
    IPV6 = "ipv6"


@dataclass(frozen=True)
class Features:
    """The features known to be missing where labs run; anything not named counts as there."""

    missing: frozenset[KernelFeature] = frozenset()

    def lacks(self, feature: KernelFeature) -> bool:
        return feature in self.missing
