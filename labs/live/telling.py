"""One delta as a message: what changed in the graph, which facts were touched, and all of it in words."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from labs.kernel.namespace import Namespace
from labs.kernel.policy_rule import PolicyRule
from labs.kernel.watch import Aspect, Change
from labs.topology import wire, wording
from labs.topology.delta import Delta
from labs.topology.graph import Graph
from labs.topology.wire import Event

EVENTS_PER_DELTA: Final = 200
"""More would be read by nobody; the rest of a flood is counted in one sentence."""
FIREWALL_EVERY_S: Final = 2.0
"""An engine changes a few dozen rules for one network: they are told once, until there was quiet for so long."""


class Teller:
    """Makes the delta messages of one session."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._firewall_told: dict[Namespace, float] = {}

    def message(
        self,
        old: Graph,
        new: Graph,
        delta: Delta,
        touched: Mapping[Namespace, set[Aspect]],
        changes: Iterable[tuple[Namespace, Change]],
    ) -> wire.JsonObject:
        """Return the message as plain JSON values. Its `sequence` is 0: publishing numbers it."""
        changes = list(changes)
        told = [*wording.events(old, new, delta), *_in_words(changes, new), *self._firewalls(touched, changes, new)]
        if len(told) > EVENTS_PER_DELTA:
            more = len(told) - EVENTS_PER_DELTA
            told = [*told[:EVENTS_PER_DELTA], Event(f"… and {more} more changes at once", "more", None)]
        return wire.to_object(
            wire.DeltaMessage(
                session=self._session,
                sequence=0,
                at=time.time(),
                added=delta.added,
                changed=delta.changed,
                removed=delta.removed,
                touched={wire.namespace_id(one): tuple(sorted(aspects)) for one, aspects in touched.items()},
                events=tuple(told),
            )
        )

    def forget(self, namespace: Namespace) -> None:
        """Drop what is remembered of a namespace that is gone."""
        self._firewall_told.pop(namespace, None)

    def _firewalls(
        self, touched: Mapping[Namespace, set[Aspect]], changes: Iterable[tuple[Namespace, Change]], graph: Graph
    ) -> Iterator[Event]:
        """Yield that packet filters changed. Policy routing rules touch "rules" too, but are told by themselves."""
        routed = {namespace for namespace, change in changes if isinstance(change.value, PolicyRule)}
        now = time.monotonic()
        for namespace, aspects in touched.items():
            if "rules" not in aspects or namespace in routed:
                continue
            if now - self._firewall_told.get(namespace, -FIREWALL_EVERY_S) >= FIREWALL_EVERY_S:
                yield wording.firewall_changed(graph, wire.namespace_id(namespace))
            self._firewall_told[namespace] = now


def _in_words(changes: Iterable[tuple[Namespace, Change]], graph: Graph) -> Iterator[Event]:
    for namespace, change in changes:
        event = wording.change(change, graph, wire.namespace_id(namespace))
        if event is not None:
            yield event
