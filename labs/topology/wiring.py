"""Which interface is wired to which: veth pairs, bridge ports, macvlan parents, and tunnels between hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from labs.kernel.interface import Interface
from labs.kernel.namespace import Namespace
from labs.topology.observation import ObservedNamespace
from labs.topology.wire import MacvlanEdge, PortEdge, VethEdge, VxlanEdge, WiredEdge, interface_id

_CHILD_KINDS = frozenset({"macvlan", "macvtap", "ipvlan"})


@dataclass(frozen=True, slots=True)
class _End:
    namespace: Namespace
    interface: Interface

    @property
    def id(self) -> str:
        return interface_id(self.namespace, self.interface.index)


class Wiring:
    """Every namespace of a session side by side, so that ends find each other."""

    def __init__(self, namespaces: Iterable[tuple[str | None, ObservedNamespace]]) -> None:
        """Take (host name or None, namespace) pairs."""
        found = tuple(namespaces)
        self._hosts = {observed.namespace: host for host, observed in found}
        self._peers: dict[Namespace, Mapping[int, Namespace]] = {item.namespace: item.peers for _, item in found}
        self._ends = {
            (item.namespace, interface.index): _End(item.namespace, interface)
            for _, item in found
            for interface in item.state.interfaces
        }

    def edges(self) -> Iterator[WiredEdge]:
        """Yield each wired edge once; an end that is not among the namespaces yields none."""
        for end in self._ends.values():
            if end.interface.master is not None:
                bridge = self._ends.get((end.namespace, end.interface.master))
                if bridge is not None:
                    yield PortEdge(_edge_id("port", end, bridge), end.id, bridge.id)
            if end.interface.kind == "veth":
                other = self._veth_peer(end)
                if other is not None and end.id < other.id:
                    yield VethEdge(_edge_id("veth", end, other), end.id, other.id)
            elif end.interface.kind in _CHILD_KINDS:
                parent = self._pointed_to(end)
                if parent is not None:
                    yield MacvlanEdge(_edge_id("macvlan", end, parent), end.id, parent.id)
        yield from self._tunnels()

    def _pointed_to(self, end: _End) -> _End | None:
        if end.interface.peer is None:
            return None
        where: Namespace | None = end.namespace
        if end.interface.peer_nsid is not None:
            where = self._peers[end.namespace].get(end.interface.peer_nsid)
        return None if where is None else self._ends.get((where, end.interface.peer))

    def _veth_peer(self, end: _End) -> _End | None:
        """Return the other end if it points back.

        A namespace id that is not resolved means a namespace nobody looked into. An interface elsewhere that happens
        to fit by its index is not taken for it: hosts of one session number theirs alike.
        """
        other = self._pointed_to(end)
        return other if other is not None and self._points_to(other, end) else None

    def _points_to(self, end: _End, target: _End) -> bool:
        return end.interface.kind == "veth" and self._pointed_to(end) == target

    def _tunnels(self) -> Iterator[VxlanEdge]:
        groups: dict[tuple[int, int], list[_End]] = {}
        for end in self._ends.values():
            if end.interface.vxlan is not None:
                groups.setdefault((end.interface.vxlan.vni, end.interface.vxlan.port), []).append(end)
        for ends in groups.values():
            for one, other in combinations(sorted(ends, key=lambda end: end.id), 2):
                if self._hosts[one.namespace] != self._hosts[other.namespace]:
                    yield VxlanEdge(_edge_id("vxlan", one, other), one.id, other.id)


def _edge_id(kind: str, one: _End, other: _End) -> str:
    ends = [one.id.removeprefix("if:"), other.id.removeprefix("if:")]
    return f"{kind}:" + "~".join(sorted(ends) if kind in ("veth", "vxlan") else ends)
