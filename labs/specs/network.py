"""Compose `networks`: each one read to a draft that keeps its places, before hosts and members are known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from labs.specs.lab import Driver
from labs.specs.node import Node, ScalarNode
from labs.specs.problem import Code, Place, Report
from labs.specs.section import Section, Vocabulary, named_sections, reads, refuses
from labs.specs.value import Address, Located, Subnetwork, address, boolean, list_of, matching, pairs, subnet

NETWORK_KEYS: Final = Vocabulary.of(
    "a network",
    reads("name", "what the engine calls it; its key when left out."),
    reads("driver", "`bridge` (default), `macvlan`, `ipvlan` or `overlay`."),
    reads("driver_opts", "options of the driver; see below."),
    reads("ipam", "its subnets."),
    reads("internal", "no way out of this network; `false`."),
    reads("attachable", "single containers may join; an overlay needs it, for other drivers it has no effect."),
    reads("enable_ipv6", "IPv6 as well; needs an IPv6 subnet."),
    reads("labels", "labels, as a mapping or a list."),
    refuses(
        "external",
        "it names a network made beforehand, and nothing exists before a lab starts",
        "Delete 'external' and describe the network here.",
    ),
    refuses("enable_ipv4", "this engine has no networks without IPv4", "Delete it."),
)
IPAM_KEYS: Final = Vocabulary.of(
    "ipam",
    reads("driver", "`default`, the only one."),
    reads("config", "a list of subnets."),
    refuses("options", "the default address driver has no options"),
)
SUBNET_KEYS: Final = Vocabulary.of(
    "a subnet of ipam",
    reads("subnet", "the subnet, like `172.30.0.0/24` or `fd00:1::/64`; required."),
    reads("gateway", "the gateway's address; the first address when left out."),
    reads("ip_range", "the part of the subnet from which addresses are given out."),
    reads("aux_addresses", "addresses never given out, by name."),
)

DRIVER_OPTIONS: Final[Mapping[Driver, Mapping[str, str]]] = {
    Driver.BRIDGE: {
        "com.docker.network.bridge.name": "the Linux bridge's name",
        "com.docker.network.bridge.enable_icc": "whether containers on it reach each other",
        "com.docker.network.bridge.enable_ip_masquerade": "whether addresses are rewritten on the way out",
        "com.docker.network.bridge.host_binding_ipv4": "the host address published ports listen on",
        "com.docker.network.driver.mtu": "the largest packet, in bytes",
        "com.docker.network.container_iface_prefix": "how interfaces inside containers are named",
    },
    Driver.MACVLAN: {
        "parent": "the host's interface, `eth0` or a VLAN of it such as `eth0.10`; required",
        "macvlan_mode": "`bridge` (default), `private`, `vepa` or `passthru`",
    },
    Driver.IPVLAN: {
        "parent": "the host's interface, `eth0` or a VLAN of it such as `eth0.10`; required",
        "ipvlan_mode": "`l2` (default), `l3` or `l3s`",
    },
    Driver.OVERLAY: {
        "com.docker.network.driver.mtu": "the largest packet, in bytes",
        "com.docker.network.driver.overlay.vxlanid_list": "the VXLAN network identifier",
        "encrypted": "encryption between hosts",
    },
}

_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")
NAME_RULE: Final = "1 to 63 letters, digits, '_', '.' and '-', beginning with a letter or digit"
network_name: Final = matching(_NAME, "the name of a network", NAME_RULE)


@dataclass(frozen=True, slots=True)
class SubnetDraft:
    subnet: Located[Subnetwork]
    gateway: Located[Address] | None
    ip_range: Located[Subnetwork] | None
    aux_addresses: Mapping[str, Located[Address]]


@dataclass(frozen=True)
class NetworkDraft:
    """One network as written. `place` is that of its key; an implicit network has the place of its first user."""

    key: str
    place: Place
    name: Located[str] | None = None
    driver: Located[Driver] | None = None
    subnets: tuple[SubnetDraft, ...] = ()
    internal: bool = False
    attachable: Located[bool] | None = None
    enable_ipv6: bool = False
    driver_opts: Mapping[str, Located[str]] | None = None
    labels: Mapping[str, str] | None = None
    implicit: bool = False

    @property
    def kind(self) -> Driver:
        return self.driver.value if self.driver else Driver.BRIDGE

    @property
    def options(self) -> Mapping[str, Located[str]]:
        return self.driver_opts or {}


def read_networks(node: Node, report: Report) -> dict[str, NetworkDraft]:
    found = {}
    for key, value in named_sections(node, report, "networks"):
        if network_name(ScalarNode(key.place, key.text, plain=False), report) is not None:
            found[key.text] = _network(key, value, report)
    return found


def _network(key: ScalarNode, node: Node, report: Report) -> NetworkDraft:
    section = Section.open(node, NETWORK_KEYS, report)
    options = section.read("driver_opts", pairs("=", "driver options"))
    labels = section.read("labels", pairs("=", "labels"))
    return NetworkDraft(
        key=key.text,
        place=key.place,
        name=section.locate("name", network_name),
        driver=section.locate("driver", _driver),
        subnets=section.read("ipam", _ipam) or (),
        internal=bool(section.read("internal", boolean)),
        attachable=section.locate("attachable", boolean),
        enable_ipv6=bool(section.read("enable_ipv6", boolean)),
        driver_opts={pair.name: Located(pair.value or "", pair.place) for pair in options or ()},
        labels={pair.name: pair.value or "" for pair in labels or ()},
    )


_INSTEAD: Final = {"host": "Write 'network_mode: host' on the service.", "none": "Write 'network_mode: none' instead."}


def _driver(node: Node, report: Report) -> Driver | None:
    words = tuple(Driver)
    written = node.text if isinstance(node, ScalarNode) else ""
    if written in words:
        return Driver(written)
    report.error(
        node.place,
        Code.BAD_VALUE,
        f"'{written}' is not a network driver a lab may name.",
        found=written,
        allowed=words,
        remedy=_INSTEAD.get(written) or report.did_you_mean(written, words),
    )
    return None


def _ipam(node: Node, report: Report) -> tuple[SubnetDraft, ...]:
    section = Section.open(node, IPAM_KEYS, report)
    driver = section.locate("driver", matching(re.compile("default"), "an address driver", "'default'", Code.BAD_VALUE))
    del driver  # only its correctness matters
    configured = section.read("config", list_of(_subnet, "subnets"))
    return tuple(item.value for item in configured or ())


def _subnet(node: Node, report: Report) -> SubnetDraft | None:
    section = Section.open(node, SUBNET_KEYS, report)
    own: Located[Subnetwork] | None = section.locate("subnet", subnet)
    own_gateway: Located[Address] | None = section.locate("gateway", address)
    ip_range: Located[Subnetwork] | None = section.locate("ip_range", subnet)
    aux = _aux_addresses(section)
    if own is None:
        if section.lacks("subnet"):
            report.error(
                section.place,
                Code.MISSING_KEY,
                "Each entry under 'config' needs a subnet.",
                remedy="Add 'subnet: 172.30.0.0/24', or delete the entry to let the engine choose.",
            )
        return None
    return SubnetDraft(own, own_gateway, ip_range, aux)


def _aux_addresses(section: Section) -> dict[str, Located[Address]]:
    node = section.node("aux_addresses")
    found = {}
    if node is not None:
        for key, value in named_sections(node, section.report, "addresses by name"):
            auxiliary = address(value, section.report)
            if auxiliary is not None:
                found[key.text] = Located(auxiliary, value.place)
    return found
