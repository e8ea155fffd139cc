"""The observer of one machine: every running session's watch, the local socket, the terminals; one event loop.

It owns nothing that must survive it: started again, it finds the running sessions, takes up their snapshots and goes
on. Only terminals end with it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import redis

from labs.hosts import host as hosts
from labs.hosts import underlay
from labs.hosts.host import Host
from labs.kernel import facts as kernel_facts
from labs.live import leftovers
from labs.live.broker import Broker
from labs.live.ending import end
from labs.live.errors import NamespaceUnknown, SessionNotWatched
from labs.live.gateway import Gateway
from labs.live.inotify import Inotify
from labs.live.session_watch import SessionWatch
from labs.live.stream import AsyncStream, machine
from labs.topology import facts as topology_facts
from labs.topology import wire
from labs.topology.graph import Graph

log = logging.getLogger(__name__)

RETRY_S: Final = 0.5
THREADS: Final = 64
SELF_CHECK_S: Final = 30.0
"""Nothing depends on it: it looks for what no event told (a lost message, `unshare`) and says what it found."""

HostEnded = Callable[[str, str], None]
"""Told (session, host name) from a thread when a host ends; may block, and may be told of a host that was stopped."""


class Observer:
    """Runs from `run` until cancelled."""

    def __init__(self, *, key: bytes, host_ended: HostEnded, url: str | None = None) -> None:
        self._stream = AsyncStream(url)
        self._inotify = Inotify()
        self._broker = Broker()
        self._gateway = Gateway(self, self._broker, key, self._stream.redis)
        self._host_ended = host_ended
        self._sessions: dict[str, SessionWatch] = {}
        self._moving = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, socket: Path, *, group: int | None = None, ready: Callable[[], None] = lambda: None) -> None:
        """Observe; `ready` is called once the socket answers and every running session is watched."""
        # Engines that hang must not keep others from being asked: more threads than the default of six.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "observer"))
        self._inotify.start()
        if left := await asyncio.to_thread(leftovers.end_all):
            log.warning("ended %d processes that an earlier observer had left in lab hosts", left)
        duties: list[asyncio.Task[None]] = []
        try:
            await self._gateway.open(socket, group=group)
            await self._watch_all()
            ready()
            duties += [asyncio.create_task(self._obey()), asyncio.create_task(self._check_now_and_then())]
            await asyncio.gather(*duties)
        finally:
            await end(*duties)
            await self._gateway.close()
            await self._broker.close()
            for watch in self._sessions.values():
                await watch.close()
            await end(*self._tasks)
            self._inotify.close()
            await self._stream.close()
            socket.unlink(missing_ok=True)

    def containers(self, session: str) -> Mapping[str, Collection[str]]:
        """See `labs.live.gateway.Sessions`."""
        return self._watch_of(session).containers()

    def command(
        self, session: str, host: str, argv: Sequence[str], environment: Mapping[str, str], *, tty: bool
    ) -> list[str]:
        """See `labs.live.gateway.Sessions`."""
        watch = self._watch_of(session).hosts.get(host)
        if watch is None:
            raise SessionNotWatched(f"The host {host} is not running any more.", session=session, host=host)
        return hosts.command(watch.host, argv, tty=tty, env=environment)

    async def facts(self, session: str, namespace: str) -> Mapping[str, object]:
        """See `labs.live.gateway.Sessions`."""
        watch = self._watch_of(session)
        try:
            wanted = wire.namespace_of(namespace)
        except ValueError as error:
            raise NamespaceUnknown(f"“{namespace[:80]}” is not the id of a namespace.") from error
        descriptor = watch.descriptor(wanted)
        if descriptor is None:
            raise NamespaceUnknown("The session has no such namespace (any more).", namespace=namespace)
        # A descriptor of our own: the session may let the namespace go while a thread reads it.
        return await asyncio.to_thread(_read_facts, os.dup(descriptor), watch.graph)

    def _watch_of(self, session: str) -> SessionWatch:
        watch = self._sessions.get(session)
        if watch is None:
            raise SessionNotWatched("The session is not running on this machine.", session=session)
        return watch

    async def _watch_all(self) -> None:
        """Make the watched sessions those that run, and say what was out of step."""
        async with self._moving:
            running = await asyncio.to_thread(_running)
            for session in set(self._sessions) - set(running):
                log.info("session %s has no hosts any more", session)
                await self._forget(session)
            for session in running:
                if session not in self._sessions:
                    log.info("session %s is running: watching it", session)
                await self._watch(session, running[session])

    async def _watch(self, session: str, found: Mapping[str, Host]) -> None:
        watch = self._sessions.get(session)
        if watch is None:
            watch = self._sessions[session] = SessionWatch(session, self._stream, self._inotify, self._on_host_end)
            watch.start()
        segment = await asyncio.to_thread(underlay.find, session)
        await watch.set_hosts(found, None if segment is None else segment.namespace)

    async def _forget(self, session: str) -> None:
        watch = self._sessions.pop(session, None)
        if watch is not None:
            await watch.close()
        await self._broker.close_session(session)

    def _on_host_end(self, session: str, host: Host) -> None:
        log.info("session %s: host %s has ended", session, host.name)

        async def tell() -> None:
            await asyncio.to_thread(self._host_ended, session, host.name)

        task = asyncio.create_task(tell(), name=f"end of {host.box}")
        self._tasks.add(task)
        task.add_done_callback(self._told)

    def _told(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The reaper finds the dead host on its next round.
            log.error("%s was not told on", task.get_name(), exc_info=error)

    async def _obey(self) -> None:
        """Watch and forget sessions as services say, through Redis' absences."""
        while True:
            try:
                async with self._stream.redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(f"observer:{machine()}")
                    # Redis may have been away, or be a new and empty one: catch up with what it would have told.
                    await self._watch_all()
                    for watch in self._sessions.values():
                        watch.republish()
                    async for message in channel.listen():
                        await self._order(message["data"])
            except redis.RedisError as error:
                log.warning("the observer is not told of new sessions just now: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _order(self, text: str) -> None:
        try:
            order = json.loads(text)
            kind, session = order["type"], str(order["session"])
        except (ValueError, TypeError, KeyError):
            log.warning("an order that makes no sense: %.200s", text)
            return
        async with self._moving:
            if kind == "watch":
                found = (await asyncio.to_thread(_running, session)).get(session)
                if found:
                    await self._watch(session, found)
            elif kind == "forget":
                await self._forget(session)
            else:
                log.warning("an order of unknown type: %.200s", text)

    async def _check_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(SELF_CHECK_S)
            await self._watch_all()
            for watch in self._sessions.values():
                watch.look_everywhere()


def _read_facts(descriptor: int, known: Graph) -> wire.JsonObject:
    """Read a namespace and put it into words; closes the descriptor. About 10 ms."""
    try:
        return topology_facts.to_object(topology_facts.tell(kernel_facts.read(descriptor), known))
    finally:
        os.close(descriptor)


def _running(session: str | None = None) -> dict[str, dict[str, Host]]:
    """Return the running hosts by session and name."""
    found: dict[str, dict[str, Host]] = {}
    for host in hosts.running(session):
        found.setdefault(host.session, {})[host.name] = host
    return found
