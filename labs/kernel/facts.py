"""Everything about one namespace that the graph leaves out: read when somebody asks, not kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labs.kernel import firewall, interface, neighbour, policy_rule, route, sysctl
from labs.kernel.firewall import Chain
from labs.kernel.interface import Counters
from labs.kernel.namespace import Namespace
from labs.kernel.neighbour import FdbEntry, Neighbour
from labs.kernel.policy_rule import PolicyRule
from labs.kernel.route import Route
from labs.kernel.snapshot import Reader


@dataclass(frozen=True, slots=True)
class NamespaceFacts:
    """One namespace at one moment. `names` and `counters` are by interface index, `sysctls` by sysctl(8) name."""

    namespace: Namespace
    names: Mapping[int, str]
    routes: tuple[Route, ...]
    policy_rules: tuple[PolicyRule, ...]
    neighbours: tuple[Neighbour, ...]
    fdb: tuple[FdbEntry, ...]
    firewall: tuple[Chain, ...]
    counters: Mapping[int, Counters]
    sysctls: Mapping[str, str]


def read(target: int | str | Path) -> NamespaceFacts:
    """Read all of it: about 10 ms, most of it for the programs that list firewall rules.

    Raises: NamespaceGone; NotANamespace; KernelRefused; Overrun; RulesUnreadable.
    """
    with Reader(target) as reader:
        names = {found.index: found.name for found in interface.read(reader.netlink)}
        return NamespaceFacts(
            namespace=reader.namespace,
            names=names,
            routes=route.read(reader.netlink),
            policy_rules=policy_rule.read(reader.netlink),
            neighbours=neighbour.read(reader.netlink),
            fdb=neighbour.read_fdb(reader.netlink),
            firewall=firewall.read(reader.descriptor),
            counters=interface.read_counters(reader.netlink),
            sysctls=sysctl.read(reader.descriptor, names.values()),
        )
