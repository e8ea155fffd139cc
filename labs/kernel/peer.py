"""Whose namespace is it? Namespace ids, by which the kernel says in which namespace an interface's other end lives.

An id (nsid) is a number private to the namespace that uses it; there is no way to ask which inode it means. But one
can ask the other way round: "what number do you give *this* namespace?" (RTM_GETNSID with a descriptor). So each id
is resolved by asking about the namespaces that could be meant, the likeliest first.
Source: linux/net_namespace.h, ip-netns(8).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from labs.kernel.errors import KernelRefused
from labs.kernel.interface import Interface
from labs.kernel.namespace import Namespace
from labs.kernel.netlink import Netlink, attribute, attributes, s32
from labs.kernel.snapshot import NamespaceState, Reader

_GET_NSID = 90
_NSID, _FD = 1, 3
_LOWER_KINDS = frozenset({"macvlan", "macvtap", "ipvlan", "vxlan"})

Peers = Mapping[int, Namespace]
"""The namespaces behind one namespace's ids."""


def nsid(netlink: Netlink, descriptor: int) -> int | None:
    """Return the number the socket's namespace gives to another one, None if it gave none (they share no link).

    Raises: KernelRefused if the descriptor is no network namespace.
    """
    _, body = netlink.request(_GET_NSID, bytes(4) + attribute(_FD, struct.pack("=I", descriptor)))
    found = attributes(body, 4).get(_NSID)
    number = -1 if found is None else s32(found)
    return None if number < 0 else number


class PeerResolver:
    """Resolves ids among a changing set of open namespaces, and remembers what it found.

    An id lives as long as both namespaces; a reader keeps its own alive, so an answer holds while both readers do.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Reader, Reader]] = {}

    def resolve(
        self, readers: Mapping[Namespace, Reader], states: Mapping[Namespace, NamespaceState]
    ) -> dict[Namespace, dict[int, Namespace]]:
        """Return, for each namespace of `states`, its ids with the namespaces they mean; unseen ones are left out.

        Costs one request (10 µs) per id not met before, a few where several namespaces look alike.
        """
        alive = {id(reader) for reader in readers.values()}
        self._known = {key: pair for key, pair in self._known.items() if id(pair[0]) in alive and id(pair[1]) in alive}
        by_index = _holders(states)
        return {
            namespace: dict(self._of_one(readers, by_index, states, readers[namespace]))
            for namespace in states
            if namespace in readers
        }

    def _of_one(
        self,
        readers: Mapping[Namespace, Reader],
        by_index: Mapping[int, Mapping[Namespace, Interface]],
        states: Mapping[Namespace, NamespaceState],
        reader: Reader,
    ) -> Iterator[tuple[int, Namespace]]:
        wanted: dict[int, Interface] = {}
        for interface in states[reader.namespace].interfaces:
            if interface.peer_nsid is not None and interface.peer_nsid >= 0 and interface.peer is not None:
                wanted.setdefault(interface.peer_nsid, interface)
        for number, interface in wanted.items():
            known = self._known.get((id(reader), number))
            found = known[1] if known else self._ask(readers, by_index, reader, interface)
            if found is not None:
                self._known[id(reader), number] = (reader, found)
                yield number, found.namespace

    def _ask(
        self,
        readers: Mapping[Namespace, Reader],
        by_index: Mapping[int, Mapping[Namespace, Interface]],
        reader: Reader,
        interface: Interface,
    ) -> Reader | None:
        for namespace in _candidates(by_index, reader.namespace, interface):
            other = readers.get(namespace)
            if other is None:
                continue
            try:
                if nsid(reader.netlink, other.descriptor) == interface.peer_nsid:
                    return other
            except KernelRefused:
                continue
        return None


def _holders(states: Mapping[Namespace, NamespaceState]) -> dict[int, dict[Namespace, Interface]]:
    holders: dict[int, dict[Namespace, Interface]] = {}
    for namespace, state in states.items():
        for interface in state.interfaces:
            holders.setdefault(interface.index, {})[namespace] = interface
    return holders


def _candidates(
    by_index: Mapping[int, Mapping[Namespace, Interface]], own: Namespace, interface: Interface
) -> list[Namespace]:
    """Return namespaces that hold the index the interface points to, those pointing back first."""
    held = by_index.get(interface.peer or 0, {})
    if interface.kind in _LOWER_KINDS:
        return [namespace for namespace in held if namespace != own]
    alike = [namespace for namespace, other in held.items() if namespace != own and other.kind == interface.kind]
    return sorted(alike, key=lambda namespace: held[namespace].peer != interface.index)
