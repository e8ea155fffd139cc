"""What each network driver needs: a parent interface, several hosts, a kernel that has it, options it understands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from labs.specs.features import KernelFeature
from labs.specs.lab import Driver
from labs.specs.network import DRIVER_OPTIONS, NetworkDraft
from labs.specs.plan import Plan
from labs.specs.problem import Code, Place, Report
from labs.specs.value import Located

HOST_INTERFACE: Final = "eth0"
BRIDGE_NAME: Final = "com.docker.network.bridge.name"
LAN_DRIVERS: Final = (Driver.MACVLAN, Driver.IPVLAN)
"""Drivers that put containers on the underlay itself."""

_VLAN: Final = re.compile(rf"{HOST_INTERFACE}\.([0-9]{{1,4}})")
_RESERVED_BRIDGES: Final = frozenset({"lo", HOST_INTERFACE, "docker0", "docker_gwbridge", "all", "default", ".", ".."})
_TRUTHS: Final = ("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False")
"""What the engine takes for a truth value (Go's strconv.ParseBool)."""


def check_drivers(plan: Plan, report: Report) -> None:
    for network in plan.networks.values():
        _check_options(network, report)
        _check_attachable(network, report)
        if network.kind in LAN_DRIVERS:
            _check_parent(plan, network, report)
        if network.kind is Driver.OVERLAY:
            _check_overlay(plan, network, report)
        _check_kernel(plan, network, report)
    for host in plan.lab.host_names:
        _check_shared_parents(plan, host, report)
        _check_bridge_names(plan, host, report)


def driver_place(network: NetworkDraft) -> Place:
    return network.driver.place if network.driver else network.place


def is_lan(network: NetworkDraft) -> bool:
    """Say whether members stand on the underlay. An internal macvlan does not: the engine then drops its parent."""
    parent = network.options.get("parent")
    return network.kind in LAN_DRIVERS and not network.internal and parent is not None and "." not in parent.value


# --- parents ------------------------------------------------------------------------------------------------------


def _check_parent(plan: Plan, network: NetworkDraft, report: Report) -> None:
    parent = network.options.get("parent")
    if network.internal:
        # The engine treats --internal as "no parent" and makes a dummy interface (libnetwork, macvlan_network.go).
        _need(plan, network, KernelFeature.DUMMY, f"an internal {network.kind} network", report)
        return
    if parent is None:
        report.error(
            driver_place(network),
            Code.PARENT,
            f"The {network.kind} network '{network.key}' has no parent interface.",
            remedy=f"Add 'driver_opts: {{parent: {HOST_INTERFACE}}}'.",
        )
        return
    vlan = _VLAN.fullmatch(parent.value)
    if parent.value != HOST_INTERFACE and not (vlan and 1 <= int(vlan[1]) <= 4094):
        report.error(
            parent.place,
            Code.PARENT,
            f"A lab host has no interface '{parent.value}' to be a parent.",
            found=parent.value,
            allowed=(HOST_INTERFACE, f"{HOST_INTERFACE}.1 to {HOST_INTERFACE}.4094"),
            remedy=f"Write 'parent: {HOST_INTERFACE}'.",
        )
    elif vlan:
        _need(plan, network, KernelFeature.VLAN, f"the parent {parent.value}", report, parent.place)


def _check_shared_parents(plan: Plan, host: str, report: Report) -> None:
    """One parent serves one network (libnetwork: "network … is already using parent interface")."""
    owners: dict[str, NetworkDraft] = {}
    for network in plan.on_host(host):
        parent = network.options.get("parent")
        if network.kind not in LAN_DRIVERS or network.internal or parent is None:
            continue
        owner = owners.setdefault(parent.value, network)
        if owner is not network:
            report.error(
                parent.place,
                Code.PARENT,
                f"On host '{host}', '{owner.key}' has the parent {parent.value}, which serves one network only.",
                found=parent.value,
                remedy=f"Put the services on '{owner.key}', or place them on another host.",
            )


# --- overlays -----------------------------------------------------------------------------------------------------


def _check_overlay(plan: Plan, network: NetworkDraft, report: Report) -> None:
    place = driver_place(network)
    if len(plan.lab.hosts) < 2:
        report.error(
            place,
            Code.OVERLAY,
            f"The overlay '{network.key}' needs two hosts or more; this lab has {len(plan.lab.hosts)}.",
            remedy="Add a host in lab.yml, or use the driver 'bridge'.",
        )
    if network.attachable is None or not network.attachable.value:
        report.error(
            network.attachable.place if network.attachable else place,
            Code.OVERLAY,
            f"Containers may not join the overlay '{network.key}': it is not attachable.",
            remedy="Add 'attachable: true'.",
        )
    if network.enable_ipv6:
        report.error(place, Code.OVERLAY, "This engine's overlays carry no IPv6.", remedy="Delete 'enable_ipv6'.")
    if "encrypted" in network.options:
        _need(plan, network, KernelFeature.XFRM, "an encrypted overlay", report, network.options["encrypted"].place)


def _check_attachable(network: NetworkDraft, report: Report) -> None:
    if network.attachable is not None and network.attachable.value and network.kind is not Driver.OVERLAY:
        report.warning(
            network.attachable.place,
            Code.IGNORED_KEY,
            f"'attachable' has no effect on a {network.kind} network: containers may always join it.",
            remedy="Delete it.",
        )


# --- the kernel ---------------------------------------------------------------------------------------------------

_NEEDED: Final[Mapping[Driver, KernelFeature]] = {
    Driver.MACVLAN: KernelFeature.MACVLAN,
    Driver.IPVLAN: KernelFeature.IPVLAN,
    Driver.OVERLAY: KernelFeature.VXLAN,
}


def _check_kernel(plan: Plan, network: NetworkDraft, report: Report) -> None:
    if network.kind in _NEEDED:
        _need(plan, network, _NEEDED[network.kind], f"the driver {network.kind}", report)
    if network.enable_ipv6:
        _need(plan, network, KernelFeature.IPV6, "IPv6", report, network.place)


def _need(
    plan: Plan, network: NetworkDraft, feature: KernelFeature, what: str, report: Report, place: Place | None = None
) -> None:
    if plan.features.lacks(feature):
        instead = " Use macvlan instead." if feature is KernelFeature.IPVLAN else ""
        report.error(
            place or driver_place(network),
            Code.KERNEL_LACKS,
            f"This machine's kernel has no {feature}, which {what} needs.",
            found=feature,
            remedy=f"Run the lab on a machine whose kernel has it.{instead}",
        )


# --- options ------------------------------------------------------------------------------------------------------


def _check_options(network: NetworkDraft, report: Report) -> None:
    known = DRIVER_OPTIONS[network.kind]
    for name, option in network.options.items():
        if name not in known:
            report.warning(
                option.place,
                Code.DRIVER_OPTION,
                f"The driver {network.kind} knows no option '{name}' and ignores it.",
                found=name,
                allowed=sorted(known),
                remedy=report.did_you_mean(name, known) or "Delete it.",
            )
        elif name in _VALUES and not _VALUES[name][0](option.value):
            report.error(
                option.place,
                Code.DRIVER_OPTION,
                f"'{option.value}' is no value for '{name}'.",
                found=option.value,
                allowed=_VALUES[name][1],
            )


def _is_mtu(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and 68 <= int(text) <= 65535


def _is_truth(text: str) -> bool:
    return text in _TRUTHS


def _is_interface_name(text: str) -> bool:
    return bool(re.fullmatch(r"[a-zA-Z0-9_.-]{1,15}", text)) and text not in _RESERVED_BRIDGES


def _is_prefix(text: str) -> bool:
    return bool(re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]{0,11}", text)) and text != "lo"


def _is_ipv4(text: str) -> bool:
    return bool(re.fullmatch(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\Z)|\Z)){4}", text))


def _is_vni(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9 and 256 <= int(text) < 1 << 24


def _one_of(*words: str) -> tuple[Callable[[str], bool], tuple[str, ...]]:
    return words.__contains__, words


_VALUES: Final[Mapping[str, tuple[Callable[[str], bool], tuple[str, ...]]]] = {
    BRIDGE_NAME: (_is_interface_name, ("1 to 15 letters and digits that no interface of the host has",)),
    "com.docker.network.bridge.enable_icc": (_is_truth, ("true", "false")),
    "com.docker.network.bridge.enable_ip_masquerade": (_is_truth, ("true", "false")),
    "com.docker.network.bridge.host_binding_ipv4": (_is_ipv4, ("an IPv4 address",)),
    "com.docker.network.driver.mtu": (_is_mtu, ("68 to 65535",)),
    "com.docker.network.container_iface_prefix": (_is_prefix, ("up to 12 letters and digits",)),
    "com.docker.network.driver.overlay.vxlanid_list": (_is_vni, ("256 to 16777215",)),
    "macvlan_mode": _one_of("bridge", "private", "vepa", "passthru"),
    "ipvlan_mode": _one_of("l2", "l3", "l3s"),
}


def _check_bridge_names(plan: Plan, host: str, report: Report) -> None:
    owners: dict[str, tuple[NetworkDraft, Located[str]]] = {}
    for network in plan.on_host(host):
        option = network.options.get(BRIDGE_NAME)
        if network.kind is not Driver.BRIDGE or option is None:
            continue
        owner, _ = owners.setdefault(option.value, (network, option))
        if owner is not network:
            report.error(
                option.place,
                Code.NAME_TAKEN,
                f"On host '{host}', the bridge of '{owner.key}' already is named '{option.value}'.",
                found=option.value,
                remedy="Choose another name.",
            )
