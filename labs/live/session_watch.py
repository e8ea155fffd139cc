"""One session under observation: from what kernels and engines say to numbered deltas and a snapshot.

The work per change is small and done on the event loop: reread the touched namespaces (0.2 ms each), build the graph,
compare. A burst is gathered first, for a few milliseconds; after work that took long there is a longer rest, so that
watching a launch costs no more than a fixed share of a processor.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pydantic
import redis

from labs.errors import LabError
from labs.hosts.host import Host
from labs.kernel import sighting
from labs.kernel.errors import KernelRefused, NamespaceGone, NotANamespace, Overrun
from labs.kernel.namespace import Namespace, open_namespace
from labs.kernel.peer import PeerResolver
from labs.kernel.sighting import Sighting
from labs.kernel.watch import Aspect, Change, Changes
from labs.live.ending import end
from labs.live.host_watch import HostWatch
from labs.live.inotify import Inotify
from labs.live.namespace_watch import NamespaceWatch
from labs.live.stream import AsyncStream
from labs.live.telling import Teller
from labs.topology import graph, wire
from labs.topology.delta import diff
from labs.topology.graph import Graph
from labs.topology.observation import Observation, ObservedHost, ObservedNamespace

log = logging.getLogger(__name__)

GATHER_S: Final = 0.003
DUTY: Final = 4.0
"""Work of t seconds is followed by a rest of DUTY * t: a fifth of a processor at most, however much a learner made."""
LONGEST_REST_S: Final = 5.0
SNAPSHOT_EVERY_S: Final = 0.25
CHANGES_KEPT: Final = 800
"""Of one burst; more than are told of one (`labs.live.telling`), as most are the kernel's own bookkeeping."""
REDIS_RETRY_S: Final = 0.5
SURPRISE_RETRY_S: Final = 1.0


class SessionWatch:
    """Runs from `start` to `close`. `ended` is called once for each host that ends."""

    def __init__(self, session: str, stream: AsyncStream, inotify: Inotify, ended: Callable[[str, Host], None]) -> None:
        self.session = session
        self.hosts: dict[str, HostWatch] = {}
        self._stream = stream
        self._inotify = inotify
        self._ended = ended
        self._underlay: NamespaceWatch | None = None
        self._namespaces: dict[Namespace, NamespaceWatch] = {}
        self._sightings: dict[str, dict[Namespace, Sighting]] = {}
        self._bridges: dict[str, frozenset[str]] = {}
        self._resolver = PeerResolver()
        self._unresolved: frozenset[tuple[Namespace, int]] = frozenset()
        self._graph = Graph()
        self._sequence = 0
        self._to_look: set[str] = set()
        self._to_read: set[Namespace] = set()
        self._touched: dict[Namespace, set[Aspect]] = {}
        self._changes: list[tuple[Namespace, Change]] = []
        self._teller = Teller(session)
        self._dirty = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._snapshot_due = asyncio.Event()
        self._snapshots: asyncio.Task[None] | None = None
        self._publishing = asyncio.Lock()
        self._is_rewired = True
        self._is_renumbered = False

    @property
    def graph(self) -> Graph:
        """The graph as last published."""
        return self._graph

    def start(self) -> None:
        self._worker = asyncio.create_task(self._work(), name=f"session {self.session}")
        self._snapshots = asyncio.create_task(self._keep_snapshot(), name=f"snapshots of {self.session}")

    async def close(self) -> None:
        """Stop watching and let every namespace go."""
        await end(self._worker, self._snapshots)
        for host in list(self.hosts.values()):
            await host.close()
        self.hosts.clear()
        for watch in [*self._namespaces.values(), *([self._underlay] if self._underlay else [])]:
            watch.close()
        self._namespaces.clear()
        self._underlay = None

    async def set_hosts(self, hosts: Mapping[str, Host], underlay: Path | None) -> None:
        """Watch exactly these hosts; those watched already stay as they are."""
        for name, watch in list(self.hosts.items()):
            if hosts.get(name) != watch.host:
                await self._drop(name)
        for name, host in hosts.items():
            if name not in self.hosts:
                self._add(name, host)
        if self._underlay is None and underlay is not None:
            try:
                self._underlay = NamespaceWatch(open_namespace(underlay), self._on_changes)
            except (LabError, OSError) as error:
                log.warning("session %s: the underlay cannot be watched: %s", self.session, error)
        self._is_rewired = True
        self._dirty.set()

    def republish(self) -> None:
        """Write the snapshot again, as after Redis lost it."""
        self._is_renumbered = True
        self._snapshot_due.set()

    def look_everywhere(self) -> None:
        """Search every host for namespaces that came without an event (`unshare`, whose maker told nobody)."""
        self._to_look.update(self.hosts)
        self._dirty.set()

    def containers(self) -> dict[str, list[str]]:
        """Return the names of the running containers by host."""
        return {
            name: [found.name for found in inventory.containers if found.state == "running"]
            if (inventory := watch.engine.inventory)
            else []
            for name, watch in self.hosts.items()
        }

    def descriptor(self, namespace: Namespace) -> int | None:
        """Return an open descriptor of a watched namespace, valid until the next `await`; None for an unknown one."""
        if self._underlay is not None and self._underlay.namespace == namespace:
            return self._underlay.reader.descriptor
        watch = self._namespaces.get(namespace)
        return None if watch is None else watch.reader.descriptor

    def _add(self, name: str, host: Host) -> None:
        def stirred() -> None:
            self._to_look.add(name)
            self._dirty.set()

        def ended() -> None:
            self._ended(self.session, host)

        watch = HostWatch(host, self._inotify, stirred=stirred, changed=stirred, ended=ended)
        self.hosts[name] = watch
        self._to_look.add(name)
        watch.start()

    async def _drop(self, name: str) -> None:
        watch = self.hosts.pop(name)
        await watch.close()
        self._sightings.pop(name, None)
        self._bridges.pop(name, None)
        self._to_look.discard(name)
        self._let_go()
        self._is_rewired = True
        self._dirty.set()

    def _on_changes(self, changes: Changes) -> None:
        """Note what a watcher said; called from the event loop."""
        if changes.overrun:
            log.info("session %s: %s changed faster than it was read", self.session, changes.namespace.key)
        if changes.wiring:
            self._to_read.add(changes.namespace)
        if changes.touched:
            self._touched.setdefault(changes.namespace, set()).update(changes.touched)
        room = CHANGES_KEPT - len(self._changes)
        self._changes.extend((changes.namespace, change) for change in changes.changes[: max(0, room)])
        self._dirty.set()

    async def _work(self) -> None:
        await self._begin()
        rested_at = time.monotonic()
        while True:
            await self._dirty.wait()
            await asyncio.sleep(max(GATHER_S, rested_at - time.monotonic()))
            self._dirty.clear()
            try:
                took_s = await self._update()
                rested_at = time.monotonic() + rest_s(took_s)
            except redis.RedisError as error:
                # The published graph stays as it is, so that the next attempt tells everything since.
                log.warning("session %s: changes wait for Redis: %s", self.session, error)
                self._dirty.set()
                await asyncio.sleep(REDIS_RETRY_S)
            except Exception:
                # Whatever a learner found to surprise us must not freeze the graph for good.
                log.exception("session %s: the graph could not be brought up to date; it is read anew", self.session)
                self._is_rewired = True
                self.look_everywhere()
                await asyncio.sleep(SURPRISE_RETRY_S)

    async def _begin(self) -> None:
        """Go on from the snapshot an earlier observer left; without one, put an empty one, so that deltas fit it."""
        while True:
            try:
                stored = await self._stream.snapshot(self.session)
                if stored is not None:
                    self._sequence = stored.sequence
                    self._graph = _restored(stored.text)
                else:
                    self._sequence = await self._stream.begin(self.session)
                    await self._stream.put_snapshot(self.session, self._snapshot_text())
            except redis.RedisError as error:
                log.warning("session %s: the observer waits for Redis: %s", self.session, error)
                await asyncio.sleep(REDIS_RETRY_S)
            else:
                return

    async def _update(self) -> float:
        """Bring the graph up to date and publish what changed; return the seconds of processor time it took.

        Raises: redis.RedisError.
        """
        started = time.thread_time()
        new = self._new_graph()
        delta = diff(self._graph, new)
        touched, changes = self._touched, self._changes
        if not delta and not touched:
            return time.thread_time() - started
        message = self._teller.message(self._graph, new, delta, touched, changes)
        self._touched, self._changes = {}, []
        took_s = time.thread_time() - started
        try:
            async with self._publishing:
                self._sequence = await self._stream.publish(self.session, message)
                self._graph = new
        except redis.RedisError:
            for namespace, aspects in touched.items():
                self._touched.setdefault(namespace, set()).update(aspects)
            self._changes = [*changes, *self._changes]
            self._is_rewired = True
            raise
        self._snapshot_due.set()
        return took_s

    def _new_graph(self) -> Graph:
        """Return the graph as it is now: the published one if nothing but routes, rules or neighbours changed."""
        if not (self._is_rewired or self._to_look or self._to_read):
            return self._graph
        self._is_rewired = False
        self._refresh()
        return graph.build(self._observe())

    def _refresh(self) -> None:
        """Read again whatever was said to have changed."""
        to_look, self._to_look = self._to_look, set()
        for name in to_look:
            self._look(name)
        to_read, self._to_read = self._to_read, set()
        for namespace in to_read:
            watch = self._underlay if self._underlay and self._underlay.namespace == namespace else None
            watch = watch or self._namespaces.get(namespace)
            if watch is None:
                continue
            try:
                watch.read()
            except (Overrun, KernelRefused) as error:
                log.info("session %s: %s is read again: %s", self.session, namespace.key, error)
                self._to_read.add(namespace)
                self._dirty.set()
        self._compare_bridges()

    def _compare_bridges(self) -> None:
        """Have an engine asked about a bridge new to its host: of some networks it tells nothing by itself."""
        for name, watch in self.hosts.items():
            own = next((namespace for namespace, seen in self._sightings.get(name, {}).items() if seen.own), None)
            if own not in self._namespaces:
                continue
            interfaces = self._namespaces[own].state.interfaces
            bridges = frozenset(interface.name for interface in interfaces if interface.kind == "bridge")
            if bridges - self._bridges.get(name, frozenset()):
                watch.engine.expect_networks(bridges)
            self._bridges[name] = bridges

    def _look(self, name: str) -> None:
        """Find the namespaces of a host; open new ones, let go of those nothing holds any more."""
        host = self.hosts.get(name)
        if host is None:
            return
        try:
            found = sighting.look(host.host.pid)
        except (NamespaceGone, NotANamespace, OSError):
            return  # the host is ending; its exit is told by itself
        for namespace, seen in found.items():
            if namespace not in self._namespaces:
                try:
                    descriptor = sighting.open_sighting(host.host.pid, seen)
                    self._namespaces[namespace] = NamespaceWatch(descriptor, self._on_changes)
                except (LabError, OSError) as error:
                    log.debug("session %s: %s vanished while it was opened: %s", self.session, namespace.key, error)
            watch = self._namespaces.get(namespace)
            if watch is not None and seen.processes and not (seen.own or seen.engine_file or seen.name):
                watch.lean_on(seen.processes[0], host.look_again)
        self._sightings[name] = found
        self._let_go()

    def _let_go(self) -> None:
        """Close namespaces that no host has any more: our own sockets must not be what keeps them."""
        held = {namespace for found in self._sightings.values() for namespace in found}
        for namespace in [one for one in self._namespaces if one not in held]:
            self._namespaces.pop(namespace).close()
            self._to_read.discard(namespace)
            self._touched.pop(namespace, None)
            self._teller.forget(namespace)

    def _observe(self) -> Observation:
        """Put together what is known now; look for namespaces that are pointed to but not known yet."""
        watches = dict(self._namespaces)
        if self._underlay is not None:
            watches[self._underlay.namespace] = self._underlay
        states = {namespace: watch.state for namespace, watch in watches.items()}
        peers = self._resolver.resolve({namespace: watch.reader for namespace, watch in watches.items()}, states)
        self._search_for_unresolved(peers)
        hosts = tuple(
            ObservedHost(
                name=name,
                address=watch.host.address,
                namespaces=tuple(
                    ObservedNamespace(
                        state=states[namespace],
                        peers=peers.get(namespace, {}),
                        own=seen.own,
                        engine_file=seen.engine_file,
                        name=seen.name,
                        process=process,
                    )
                    for namespace, seen, process in self._seen(name)
                ),
                inventory=watch.engine.inventory,
            )
            for name, watch in self.hosts.items()
        )
        underlay = None
        if self._underlay is not None:
            key = self._underlay.namespace
            underlay = ObservedNamespace(state=states[key], peers=peers.get(key, {}))
        return Observation(hosts, underlay)

    def _seen(self, host: str) -> Iterator[tuple[Namespace, Sighting, str | None]]:
        """Yield the watched namespaces of a host, with a word for a process in those that have no name."""
        for namespace, seen in self._sightings.get(host, {}).items():
            if namespace not in self._namespaces:
                continue
            process = None if seen.own or seen.engine_file or seen.name else seen.process
            # A container being made: the engine gives its namespace a name within milliseconds.
            if process is None or not process.startswith("runc:"):
                yield namespace, seen, process

    def _search_for_unresolved(self, peers: Mapping[Namespace, Mapping[int, Namespace]]) -> None:
        """An interface whose other end is in no known namespace was moved somewhere: look there, once."""
        unresolved = frozenset(
            (namespace, interface.peer_nsid)
            for namespace, watch in self._namespaces.items()
            for interface in watch.state.interfaces
            if interface.kind == "veth" and interface.peer_nsid is not None and interface.peer_nsid >= 0
            if interface.peer_nsid not in peers.get(namespace, {})
        )
        if unresolved - self._unresolved:
            self.look_everywhere()
        self._unresolved = unresolved

    async def _keep_snapshot(self) -> None:
        """Write the snapshot after changes, at most every `SNAPSHOT_EVERY_S`."""
        while True:
            await self._snapshot_due.wait()
            self._snapshot_due.clear()
            try:
                async with self._publishing:
                    if self._is_renumbered:
                        # Only we publish deltas, and all are in our graph: it is up to date with any later number.
                        self._sequence = max(self._sequence, await self._stream.begin(self.session))
                        self._is_renumbered = False
                    text = self._snapshot_text()
                await self._stream.put_snapshot(self.session, text)
            except redis.RedisError as error:
                log.warning("session %s: the snapshot waits for Redis: %s", self.session, error)
                self._snapshot_due.set()
            await asyncio.sleep(SNAPSHOT_EVERY_S)

    def _snapshot_text(self) -> str:
        elements = self._graph.elements
        return wire.to_json(
            wire.SnapshotMessage(self.session, self._sequence, time.time(), elements.nodes, elements.edges)
        )


def rest_s(took_s: float) -> float:
    """Return how long to leave the event loop to other sessions after work that took so long."""
    return min(LONGEST_REST_S, DUTY * took_s)


def _restored(text: str) -> Graph:
    """Return the graph of a stored snapshot; an empty one if another version wrote it in a form we cannot read."""
    try:
        message = wire.from_json(text)
    except pydantic.ValidationError as error:
        log.warning("a stored snapshot cannot be read: %s", error)
        return Graph()
    if not isinstance(message, wire.SnapshotMessage):
        return Graph()
    return graph.from_elements(wire.Elements(message.nodes, message.edges))
