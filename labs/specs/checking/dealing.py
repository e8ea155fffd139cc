"""Addresses the engine chooses itself: whether there are enough, and whether they meet those that were chosen.

The engine deals out the lowest free address (see `pool`), so what a network's members without an address of their own
will get is known before anything starts; only which of them gets which is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from labs.specs.checking.drivers import is_lan
from labs.specs.checking.static_addresses import wanted
from labs.specs.checking.subnets import LONGEST_PREFIX
from labs.specs.lab import Driver
from labs.specs.network import NetworkDraft, SubnetDraft
from labs.specs.plan import Instance, Plan
from labs.specs.pool import dealt, of_version
from labs.specs.problem import Code, Report
from labs.specs.ranges import overlap
from labs.specs.value import Address, Located


@dataclass(frozen=True)
class _Table:
    """The members of one network whose addresses come from one and the same engine (or, for an overlay, the Swarm)."""

    network: NetworkDraft
    host: str
    hosts: int
    chosen: tuple[tuple[Instance, Located[Address]], ...]
    undecided: int

    @property
    def count(self) -> int:
        """Addresses the engine deals out. On an overlay every host takes one for its load balancer."""
        return self.undecided + (self.hosts if self.network.kind is Driver.OVERLAY else 0)


def check_dealing(plan: Plan, report: Report) -> None:
    for network in plan.networks.values():
        for version in (4, 6):
            drafts = of_version(network, version)
            for table in _tables(plan, network, version) if drafts else ():
                # With several subnets the engine uses the first until it is full.
                _check_room(table, drafts, report)
                _check_races(table, drafts[0], report)
    _check_lan(plan, report)


def _tables(plan: Plan, network: NetworkDraft, version: int) -> list[_Table]:
    members = plan.members[network.key]
    hosts = plan.hosts_of(network.key)
    if not members:
        return []
    groups = (hosts,) if network.kind is Driver.OVERLAY else tuple((host,) for host in hosts)
    tables = []
    for group in groups:
        there = [(instance, use) for instance, use in members if instance.host in group]
        chosen = tuple(
            (instance, address)
            for instance, use in there
            for address in wanted(use)
            if address.value.version == version
        )
        tables.append(_Table(network, group[0], len(group), chosen, len(there) - len(chosen)))
    return tables


def _chosen(table: _Table) -> frozenset[Address]:
    return frozenset(address.value for _, address in table.chosen)


def _check_room(table: _Table, drafts: tuple[SubnetDraft, ...], report: Report) -> None:
    if any(draft.subnet.value.prefixlen > LONGEST_PREFIX[draft.subnet.value.version] for draft in drafts):
        return  # reported with the subnet
    room = sum(len(dealt(draft, table.count, _chosen(table))) for draft in drafts)
    if room < table.count:
        draft = drafts[0]
        pool = draft.ip_range or draft.subnet
        report.error(
            pool.place,
            Code.SUBNET_FULL,
            f"{pool.value} has {room} free addresses; '{table.network.key}' needs {table.count} on '{table.host}'.",
            found=pool.value,
            remedy="Use a shorter prefix.",
        )


def _check_races(table: _Table, draft: SubnetDraft, report: Report) -> None:
    """Warn where a container that starts earlier may be dealt the address that a later one asks for."""
    early = frozenset(dealt(draft, table.count, frozenset()))
    for instance, address in table.chosen:
        if address.value in early:
            report.warning(
                address.place,
                Code.ADDRESS_RACE,
                f"{address.value} may be dealt out to another container of '{table.network.key}' before"
                f" '{instance.name}' asks for it.",
                found=address.value,
                remedy="Choose a higher address, or give the network an 'ip_range' without it.",
            )


def _check_lan(plan: Plan, report: Report) -> None:
    """Report networks on the underlay that deal out the same addresses: their engines do not know of each other.

    One network on several hosts is no case of it: each host gets a slice of the range.
    """
    dealing = [
        (network, draft)
        for network in plan.networks.values()
        if is_lan(network)
        for draft in of_version(network, 4)[:1]
        if any(use.ipv4_address is None for _, use in plan.members[network.key])
    ]
    for position, (network, draft) in enumerate(dealing):
        pool = draft.ip_range or draft.subnet
        for other, other_draft in dealing[:position]:
            other_pool = other_draft.ip_range or other_draft.subnet
            if overlap(pool.value, other_pool.value):
                report.error(
                    pool.place,
                    Code.SUBNET_OVERLAP,
                    f"'{network.key}' and '{other.key}' deal out the same addresses on one LAN: {pool.value} overlaps"
                    f" {other_pool.value}, and their engines do not know of each other.",
                    found=pool.value,
                    remedy="Give each its own 'ip_range'.",
                )
