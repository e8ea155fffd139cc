"""One subscription per session and web process, fanned out in memory to every browser that looks on.

Each client has a position and a bounded queue. A client that falls behind by more than its queue, or that sees a jump
in the numbers (messages trimmed, Redis restarted), is given a fresh snapshot and goes on from there: nobody waits for
the slowest, and nobody applies a message to a graph it does not fit.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

import redis

from labs.live.ending import end
from labs.live.stream import AsyncStream, Entry

log = logging.getLogger(__name__)

QUEUE_MESSAGES: Final = 256
RETRY_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0)


class Client:
    """One browser's place in a session's stream. Read it with `messages`; one reader only."""

    def __init__(self, feed: _Feed, position: int | None) -> None:
        self._feed = feed
        self._position = position or 0
        self._has_graph = position is not None
        self._needs_snapshot = position is None
        self._queue: deque[Entry] = deque()
        self._news = asyncio.Event()

    async def messages(self) -> AsyncIterator[str]:
        """Yield JSON texts for ever: first what brings the client up to date, then each message as it comes.

        With a position (the last number seen) that is the messages after it; without one, or when these are no longer
        kept, a snapshot. A session without a graph yet has no snapshot: its messages then come from the beginning.
        """
        await self._feed.started.wait()
        while True:
            for text in await self._catch_up():
                yield text
            while not self._needs_snapshot:
                while self._queue and not self._needs_snapshot:
                    entry = self._queue.popleft()
                    if self._fits(entry):
                        self._position = entry.sequence
                        yield entry.text
                if not self._needs_snapshot:
                    self._news.clear()
                    await self._news.wait()

    def offer(self, entries: list[Entry]) -> None:
        """Queue messages without waiting; past the bound the queue is given up for a snapshot."""
        if len(self._queue) + len(entries) > QUEUE_MESSAGES:
            self._queue.clear()
            self._needs_snapshot = True
        else:
            self._queue.extend(entries)
        self._news.set()

    def _fits(self, entry: Entry) -> bool:
        """Tell whether the message is the client's next one; ask for a snapshot if it is too far ahead."""
        if entry.sequence <= self._position:
            return False
        if entry.sequence != self._position + 1 or (not self._has_graph and entry.is_delta):
            self._needs_snapshot = True
            return False
        return True

    async def _catch_up(self) -> list[str]:
        """Return a snapshot if one is needed, and what was published since; the queue holds everything after that."""
        while True:
            try:
                if not self._needs_snapshot and (texts := await self._missed()) is not None:
                    return texts
                # Reset before asking: what overflows from here on needs another snapshot.
                self._needs_snapshot = False
                self._queue.clear()
                return await self._from_snapshot()
            except redis.RedisError as error:
                log.warning("session %s: a client waits for Redis: %s", self._feed.session, error)
                self._needs_snapshot = True
                await asyncio.sleep(RETRY_S[-1])

    async def _missed(self) -> list[str] | None:
        """Return the messages after the client's position, or None if they are not all there any more."""
        if self._position > await self._feed.stream.last(self._feed.session):
            return None
        entries = await self._feed.stream.after(self._feed.session, self._position)
        if entries and entries[0].sequence != self._position + 1:
            return None
        return self._passed(entries)

    async def _from_snapshot(self) -> list[str]:
        snapshot = await self._feed.snapshot()
        entries = await self._feed.stream.after(self._feed.session, snapshot.sequence if snapshot else 0)
        if snapshot is not None:
            self._has_graph = True
            self._position = snapshot.sequence
            return [snapshot.text, *self._passed(entries)]
        fresh = [entry for entry in entries if entry.sequence > self._position]
        first_delta = next((place for place, entry in enumerate(fresh) if entry.is_delta), None)
        if first_delta is not None:
            # Redis came back empty, and the observer has not written its snapshot yet: a delta fits nothing so far.
            fresh = fresh[:first_delta]
            self._needs_snapshot = True
            await asyncio.sleep(RETRY_S[0])
        return self._passed(fresh)

    def _passed(self, entries: list[Entry]) -> list[str]:
        if entries:
            self._position = entries[-1].sequence
        return [entry.text for entry in entries]


class _Feed:
    """One session's subscription and its clients."""

    def __init__(self, stream: AsyncStream, session: str) -> None:
        self.stream = stream
        self.session = session
        self.clients: set[Client] = set()
        self.reading: asyncio.Task[None] | None = None
        self.started = asyncio.Event()
        """Set once every message that a client cannot read from Redis any more is offered to it."""
        self._asked: asyncio.Task[Entry | None] | None = None

    async def snapshot(self) -> Entry | None:
        """Return the stored snapshot. Clients that ask at the same time share one answer."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self.stream.snapshot(self.session))
        return await asyncio.shield(self._asked)

    async def read(self) -> None:
        """Carry messages from Redis to all clients until cancelled, through Redis' absences."""
        position: int | None = None
        attempt = 0
        while True:
            try:
                if position is None:
                    position = await self.stream.last(self.session)
                    self.started.set()
                async for entries in self.stream.follow(self.session, position):
                    attempt = 0
                    position = entries[-1].sequence
                    for client in self.clients:
                        client.offer(entries)
            except redis.RedisError as error:
                log.warning("session %s: the subscription broke: %s", self.session, error)
                await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1


class Hub:
    """All feeds of one web process. Belongs to one event loop."""

    def __init__(self, url: str | None = None) -> None:
        self._stream = AsyncStream(url)
        self._feeds: dict[str, _Feed] = {}

    def join(self, session: str, position: int | None = None) -> Client:
        """Add a client; `position` is the last number it has seen, None if it has seen nothing."""
        feed = self._feeds.get(session)
        if feed is None:
            feed = self._feeds[session] = _Feed(self._stream, session)
            feed.reading = asyncio.create_task(feed.read(), name=f"feed {session}")
        client = Client(feed, position)
        feed.clients.add(client)
        return client

    async def leave(self, session: str, client: Client) -> None:
        """Remove a client; the last one ends the subscription."""
        feed = self._feeds.get(session)
        if feed is None:
            return
        feed.clients.discard(client)
        if not feed.clients:
            del self._feeds[session]
            await end(feed.reading)

    async def close(self) -> None:
        """End every subscription."""
        for session, feed in list(self._feeds.items()):
            for client in list(feed.clients):
                await self.leave(session, client)
        await self._stream.close()
