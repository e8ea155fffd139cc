"""Say of a target that did not take a connection whether anything waits for one there."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from labs.errors import LabError
from labs.kernel import listening
from labs.kernel.listening import Listening
from labs.probes.matrix.values import Lane
from labs.probes.values import Address, Listener, Protocol


class Listeners:
    """The waiting sockets of the targets' namespaces, each read when first asked for."""

    def __init__(self, protocol: Protocol, port: int) -> None:
        self.protocol = socket.IPPROTO_UDP if protocol is Protocol.UDP else socket.IPPROTO_TCP
        self.port = port
        self._known: dict[str, tuple[Listening, ...] | None] = {}

    def of(self, lane: Lane, address: Address, *, answers_itself: bool | None) -> Listener | None:
        """Return what waits at the address in the namespace; None if that cannot be read."""
        key = lane.key.key
        if key not in self._known:
            try:
                found = listening.read(lane.namespace, self.protocol)
                self._known[key] = tuple(one for one in found if one.port == self.port)
            except (LabError, OSError):
                self._known[key] = None
        known = self._known[key]
        return None if known is None else judge(known, address, answers_itself=answers_itself)


def judge(waiting: Sequence[Listening], address: Address, *, answers_itself: bool | None) -> Listener:
    """Say how the sockets that wait on the port stand to the address asked."""
    for one in waiting:
        dual = address.version == 4 and one.address.version == 6 and one.address.is_unspecified
        same = one.address.version == address.version and one.address in (address, type(address)(0))
        if same or dual:
            full = one.queued > one.backlog > 0
            return Listener("queue_full" if full else "listening", str(one.address), answers_itself)
    elsewhere = next((one for one in waiting if not one.address.is_loopback), next(iter(waiting), None))
    if elsewhere is None:
        return Listener("none", None, answers_itself)
    state = "loopback_only" if elsewhere.address.is_loopback else "other_address"
    return Listener(state, str(elsewhere.address), answers_itself)
