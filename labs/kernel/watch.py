"""What changes in a namespace, as it changes: rtnetlink and nfnetlink multicast, one watcher per namespace.

A watcher says *that* interfaces or addresses changed (the reader reads them again, in about 0.2 ms, and so can never
drift from the kernel) and *what* changed among routes, rules, neighbours and forwarding entries, which nobody holds.
The kernel's event is in user space after 0.06 to 0.1 ms.
Source: rtnetlink(7), linux/rtnetlink.h (RTNLGRP_*), linux/netfilter/nfnetlink.h (NFNLGRP_NFTABLES).
"""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from labs.kernel import address, interface, neighbour, policy_rule, route
from labs.kernel.errors import Overrun
from labs.kernel.namespace import Namespace, identify, open_namespace
from labs.kernel.neighbour import FdbEntry, Neighbour
from labs.kernel.netlink import NETFILTER, ROUTE, Message, Netlink
from labs.kernel.policy_rule import PolicyRule
from labs.kernel.route import Route

Aspect = Literal["routes", "neighbours", "fdb", "rules"]
"""Facts of a namespace that are read on demand. `rules` are policy routing rules and every firewall's."""

ASPECTS: Final[frozenset[Aspect]] = frozenset({"routes", "neighbours", "fdb", "rules"})

_LINK, _NEIGHBOURS = 1, 3
_ADDRESSES, _ROUTES, _RULES = (5, 9), (7, 11), (8, 19)
_NFTABLES: Final = 7
_BUFFER_BYTES: Final = 4 << 20
"""Room for thousands of messages; the default of 208 KiB holds about 118 (they are counted with their overhead)."""
_REMEMBERED: Final = 4096
"""Neighbours per namespace whose MAC is remembered, to tell news from upkeep; past it we start over."""


@dataclass(frozen=True, slots=True)
class Change:
    """One route, policy rule, neighbour or forwarding entry that came (or came to be so) or went."""

    aspect: Aspect
    added: bool
    value: Route | PolicyRule | Neighbour | FdbEntry


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since the last read. `wiring`: interfaces or addresses are to be read again.

    `touched` names every aspect that changed; `changes` lists, in order, those worth telling: neighbours appear when
    their MAC becomes known, changes or cannot be found out, not at each step of their upkeep. After an `overrun`
    messages are missing: everything counts as changed and `changes` is what happened to be left.
    """

    namespace: Namespace
    wiring: bool
    touched: frozenset[Aspect]
    changes: tuple[Change, ...]
    overrun: bool = False

    def __bool__(self) -> bool:
        return self.wiring or bool(self.touched)


class Watcher:
    """Watches one namespace and **keeps it alive until closed**. Selectable: `fileno` is readable when `read` has news.

    Open the watcher first and read the namespace after it: what changes in between is then told, not lost.
    """

    def __init__(self, target: int | str | Path) -> None:
        """Open a trusted path, or use a descriptor from `open_inside`. Raises: as `open_namespace`; OSError."""
        descriptor = target if isinstance(target, int) else open_namespace(target)
        self._macs: dict[tuple[int, object], str | None] = {}
        self._opened: list[Netlink] = []
        try:
            self.namespace = identify(descriptor)
            self._route = self._open(descriptor, ROUTE, _LINK, _NEIGHBOURS, *_ADDRESSES, *_ROUTES, *_RULES)
            self._firewall = self._open(descriptor, NETFILTER, _NFTABLES)
            self._poll = select.epoll(2)
            for netlink in self._opened:
                self._poll.register(netlink, select.EPOLLIN)
        except BaseException:
            for netlink in self._opened:
                netlink.close()
            raise
        finally:
            if descriptor is not target:
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """Return a descriptor that polls readable (an epoll of both sockets)."""
        return self._poll.fileno()

    def close(self) -> None:
        """Stop watching and let the namespace go. A second call does nothing."""
        self._poll.close()
        for netlink in self._opened:
            netlink.close()

    def read(self) -> Changes:
        """Return what changed since the last call, without blocking; false if nothing did. Never raises for losses."""
        overrun = False
        wiring = False
        touched: set[Aspect] = set()
        changes: list[Change] = []
        try:
            for message in self._route.drain():
                wiring = self._sort(message, touched, changes) or wiring
        except Overrun:
            overrun = True
        try:
            if self._firewall.drain():
                touched.add("rules")
        except Overrun:
            touched.add("rules")
        if overrun:
            self._macs.clear()
            return Changes(self.namespace, True, ASPECTS, tuple(changes), overrun=True)
        return Changes(self.namespace, wiring, frozenset(touched), tuple(changes))

    def _open(self, descriptor: int, protocol: int, *groups: int) -> Netlink:
        netlink = Netlink(descriptor, protocol, receive_buffer_bytes=_BUFFER_BYTES)
        self._opened.append(netlink)
        netlink.subscribe(*groups)
        return netlink

    def _sort(self, message: Message, touched: set[Aspect], changes: list[Change]) -> bool:
        """File one message; return whether it is about the wiring."""
        kind = message[0]
        change: Change | None = None
        if kind in (interface.NEW, interface.DELETE, address.NEW, address.DELETE):
            return True
        if kind in (route.NEW, route.DELETE):
            touched.add("routes")
            if (found := route.parse(message)) is not None:
                change = Change("routes", kind == route.NEW, found)
        elif kind in (policy_rule.NEW, policy_rule.DELETE):
            touched.add("rules")
            if (rule := policy_rule.parse(message)) is not None:
                change = Change("rules", kind == policy_rule.NEW, rule)
        elif kind in (neighbour.NEW, neighbour.DELETE):
            if neighbour.is_fdb(message):
                touched.add("fdb")
                if (entry := neighbour.parse_fdb(message)) is not None:
                    change = Change("fdb", kind == neighbour.NEW, entry)
            else:
                touched.add("neighbours")
                change = self._neighbour(message, kind == neighbour.NEW, changes)
        if change is not None:
            changes.append(change)
        return False

    def _neighbour(self, message: Message, present: bool, changes: list[Change]) -> Change | None:
        """Return a change if the entry's MAC became known, changed, failed or was forgotten; None for mere upkeep."""
        found = neighbour.parse(message)
        if found is None:
            return None
        key = (found.interface, found.address)
        if not present:
            known = self._macs.pop(key, None)
            # A deleted entry is told as failed first (`neigh_delete` in net/core/neighbour.c): that was no failure.
            if changes and _is_failure(changes[-1], found):
                changes.pop()
                return Change("neighbours", False, found)
            return Change("neighbours", False, found) if known or found.mac else None
        if found.mac is None and found.state != "failed":
            return None
        if key in self._macs and self._macs[key] == found.mac:
            return None
        if len(self._macs) >= _REMEMBERED:
            self._macs.clear()
        self._macs[key] = found.mac
        return Change("neighbours", True, found)


def _is_failure(change: Change, of: Neighbour) -> bool:
    told = change.value
    return (
        isinstance(told, Neighbour)
        and told.state == "failed"
        and (told.interface, told.address) == (of.interface, of.address)
    )
