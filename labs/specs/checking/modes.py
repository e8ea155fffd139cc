"""Keys that contradict a service's `network_mode`: what the engine refuses, and what it drops without a word.

Source: Docker Engine 20.10, runconfig/errors.go and the checks beside it (`ErrConflict…`); runc's sysctl validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from labs.specs.lab import ModeKind
from labs.specs.plan import Plan
from labs.specs.problem import Code, Report, Severity
from labs.specs.service import Service


@dataclass(frozen=True, slots=True)
class _Conflict:
    severity: Severity
    reason: str
    remedy: str


_REFUSED: Final = Severity.ERROR
_DROPPED: Final = Severity.WARNING
_TO_TARGET: Final = "Move it to the service whose namespace is joined."
_DELETE: Final = "Delete it."
_NETWORKS: Final = _Conflict(_REFUSED, "a service has either a network mode or networks", "Delete one of the two.")

CONFLICTS: Final[Mapping[ModeKind, Mapping[str, _Conflict]]] = {
    ModeKind.CONTAINER: {
        "networks": _NETWORKS,
        "hostname": _Conflict(_REFUSED, "a joined container has the hostname of the one it joins", _TO_TARGET),
        "ports": _Conflict(_REFUSED, "ports are published by the container that owns the namespace", _TO_TARGET),
        "expose": _Conflict(_REFUSED, "ports are exposed by the container that owns the namespace", _TO_TARGET),
        "mac_address": _Conflict(_REFUSED, "the interface belongs to the container that is joined", _TO_TARGET),
        "dns": _Conflict(_REFUSED, "name servers are those of the container that is joined", _TO_TARGET),
        "extra_hosts": _Conflict(_REFUSED, "/etc/hosts is that of the container that is joined", _TO_TARGET),
        "dns_search": _Conflict(_DROPPED, "/etc/resolv.conf is that of the container that is joined", _TO_TARGET),
        "dns_opt": _Conflict(_DROPPED, "/etc/resolv.conf is that of the container that is joined", _TO_TARGET),
    },
    ModeKind.HOST: {
        "networks": _NETWORKS,
        "mac_address": _Conflict(_REFUSED, "the interfaces are the host's own", _DELETE),
        "sysctls": _Conflict(_REFUSED, "they would change the host's own network namespace", _DELETE),
        "ports": _Conflict(
            _DROPPED, "every port the container listens on already is the host's", "Delete 'ports', or leave host mode."
        ),
    },
    ModeKind.NONE: {
        "networks": _NETWORKS,
        "mac_address": _Conflict(_DROPPED, "there is no interface to give it to", _DELETE),
        "ports": _Conflict(_DROPPED, "there is no interface to publish from", "Delete 'ports', or leave mode none."),
        "dns": _Conflict(_DROPPED, "no name server can be reached without an interface", _DELETE),
    },
    ModeKind.BRIDGE: {"networks": _NETWORKS},
}


def check_modes(plan: Plan, report: Report) -> None:
    for service in plan.services.values():
        if service.mode is not None:
            _check_mode(service, service.mode.value.kind, report)


def _check_mode(service: Service, kind: ModeKind, report: Report) -> None:
    for key, conflict in CONFLICTS[kind].items():
        if key not in service.at:
            continue
        mode = f"network_mode: {kind}" if kind is not ModeKind.CONTAINER else "a network mode that joins a namespace"
        refused = conflict.severity is Severity.ERROR
        add = report.error if refused else report.warning
        dropped_ports = key == "ports" and not refused
        add(
            service.where(key),
            Code.PORT_UNPUBLISHED if dropped_ports else Code.CONFLICT if key == "networks" else Code.NETWORK_MODE,
            f"'{key}' {'cannot stand beside' if refused else 'has no effect beside'} {mode}: {conflict.reason}.",
            found=key,
            remedy=conflict.remedy,
        )
