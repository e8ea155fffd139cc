"""The numbered message stream of every session, in Redis. Free of Django, so that any room may publish.

Layout, per session id:

- `events:<session>`: a Redis stream; the entry of message n has the id `n-0` and one field, `message`, its JSON;
- `sequence:<session>`: the last number given out;
- `topology:<session>`: the latest snapshot message; its `sequence` is that of the last delta folded in.

A reader takes the snapshot, then every message numbered higher. Numbers rise by one; a jump means messages were lost
(trimmed, or Redis restarted empty) and asks for a new snapshot. To keep numbers rising even when Redis forgets them, a
missing counter starts at Redis' clock in milliseconds, which no counter counting messages can have reached: so an old
reader of a restarted stream sees a jump upwards, never a number it believes to know.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

import redis
import redis.asyncio
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from labs.places import RUN

CAPACITY: Final = 5000
"""Messages kept per session; a reader further behind takes a snapshot. Redis may keep a few more (`MAXLEN ~`)."""

KEPT_BYTES: Final = 16 << 20
"""After a message of n bytes no more than this divided by n are kept: what a learner makes may be large and change
often, and Redis is everybody's."""

KEPT_AFTER_END_S: Final = 24 * 3600
KEPT_WHILE_RUNNING_S: Final = 7 * 24 * 3600
"""A bound for sessions whose end nobody reported; every message pushes it forward."""

CONNECTIONS: Final = 16
CONNECTION_WAIT_S: Final = 30.0

LAST_STATES: Final = frozenset({"stopped", "failed"})

Message = dict[str, Any]  # a decoded JSON object of `labs.topology.wire`; its fields are typed there, by `type`

_BEGIN: Final = """
if redis.call('EXISTS', KEYS[2]) == 0 then
  local now = redis.call('TIME')
  redis.call('SET', KEYS[2], string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)), 'EX', ARGV[3])
end
"""
_PUBLISH: Final = (
    _BEGIN
    + """
local sequence = string.format('%.0f', redis.call('INCR', KEYS[2]))
local kept = math.min(tonumber(ARGV[2]), math.max(2, math.floor(ARGV[4] / #ARGV[1])))
redis.call('XADD', KEYS[1], 'MAXLEN', '~', kept, sequence .. '-0', 'message',
           '{"sequence":' .. sequence .. ',' .. string.sub(ARGV[1], 2))
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[3]) end
return sequence
"""
)
# cjson is not used: it would turn empty lists into objects. Numbers go through %.0f, as Lua prints 13 digits as 1e+12.


@dataclass(frozen=True)
class Entry:
    """One message as stored: `text` is its JSON, ready to be sent as it is."""

    sequence: int
    text: str

    @property
    def is_delta(self) -> bool:
        # Keys are written in a fixed order by `_arguments`, so that nothing need be parsed to know this.
        return '"type":"delta"' in self.text[:200]

    @property
    def message(self) -> Message:
        return cast(Message, json.loads(self.text))


def default_url() -> str:
    """Return the address of the installation's Redis: `NETQUARIUM_REDIS_URL`, else the private one's unix socket."""
    return os.environ.get("NETQUARIUM_REDIS_URL") or f"unix://{RUN / 'redis.sock'}"


def machine() -> str:
    """Return the name this machine has in channel and queue names."""
    return os.environ.get("NETQUARIUM_MACHINE") or socket.gethostname()


class Stream:
    """Publish and read from ordinary (synchronous) code. Safe to share between threads and to use after a fork.

    Every call may raise `redis.RedisError`; a lost connection is tried again for about two seconds first.
    """

    def __init__(self, url: str | None = None) -> None:
        self._redis = redis.Redis.from_url(
            url or default_url(), retry=Retry(ExponentialBackoff(cap=0.5, base=0.02), 8), decode_responses=True
        )
        self._publish = self._redis.register_script(_PUBLISH)

    def publish(self, session: str, message: Mapping[str, object]) -> int:
        """Number a message, append it to the session's stream and return its number.

        `session`, `sequence` and, where it is missing, `at` (seconds since the epoch) are filled in. A `state` message
        that ends the session leaves its keys a day to live. Should a connection break between the append and its
        answer, the message is sent again: readers must bear a repeated message, and do.
        """
        answer = self._publish(keys=_keys(session), args=_arguments(session, message))
        return int(cast(str, answer))

    def put_snapshot(self, session: str, snapshot: str) -> None:
        """Replace the session's snapshot (JSON). Its `sequence` must be that of the last delta it contains."""
        self._redis.set(f"topology:{session}", snapshot, ex=KEPT_WHILE_RUNNING_S)

    def snapshot(self, session: str) -> Message | None:
        """Return the latest snapshot message, or None before the first (or after Redis lost it)."""
        found = cast("str | None", self._redis.get(f"topology:{session}"))
        return None if found is None else cast(Message, json.loads(found))

    def after(self, session: str, sequence: int = 0, limit: int = 1000) -> list[Message]:
        """Return up to `limit` messages numbered higher than `sequence`, in order."""
        found = self._redis.xrange(f"events:{session}", min=f"({sequence}-0", max="+", count=limit)
        return [entry.message for entry in _entries(found)]

    def last(self, session: str) -> int:
        """Return the number of the last message, 0 when there was none."""
        return int(cast("str | None", self._redis.get(f"sequence:{session}")) or 0)

    def forget(self, session: str) -> None:
        """Delete everything kept for the session, at once. For sessions that never were, and tests."""
        self._redis.delete(*_keys(session))

    def tell_observer(self, kind: str, session: str, *, machine_name: str | None = None) -> None:
        """Tell the machine's observer to `watch` or `forget` a session. Nobody listening is not an error: an observer
        that starts later finds the running sessions itself.
        """
        self._redis.publish(f"observer:{machine_name or machine()}", json.dumps({"type": kind, "session": session}))

    def close(self) -> None:
        self._redis.close()


class AsyncStream:
    """The same for asyncio. Belongs to one event loop."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url or default_url()
        # Waiting for a connection, where the usual pool refuses: hundreds of viewers may catch up at the same moment.
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            self.url,
            max_connections=CONNECTIONS,
            timeout=CONNECTION_WAIT_S,
            retry=redis.asyncio.retry.Retry(ExponentialBackoff(cap=0.5, base=0.02), 8),
            decode_responses=True,
        )
        self.redis: redis.asyncio.Redis = redis.asyncio.Redis.from_pool(pool)
        self._publish = self.redis.register_script(_PUBLISH)
        self._begin = self.redis.register_script(_BEGIN + "return redis.call('GET', KEYS[2])")

    async def begin(self, session: str) -> int:
        """Return the number of the last message, as `last`, but make the next one follow it: a missing counter is set.

        For who writes a snapshot before anything is published.
        """
        return int(await self._begin(keys=_keys(session), args=["", CAPACITY, KEPT_WHILE_RUNNING_S]))

    async def publish(self, session: str, message: Mapping[str, object]) -> int:
        """See `Stream.publish`."""
        return int(await self._publish(keys=_keys(session), args=_arguments(session, message)))

    async def put_snapshot(self, session: str, snapshot: str) -> None:
        """See `Stream.put_snapshot`."""
        await self.redis.set(f"topology:{session}", snapshot, ex=KEPT_WHILE_RUNNING_S)

    async def snapshot(self, session: str) -> Entry | None:
        """Return the latest snapshot as stored, or None."""
        found = cast("str | None", await self.redis.get(f"topology:{session}"))
        return None if found is None else Entry(int(json.loads(found)["sequence"]), found)

    async def after(self, session: str, sequence: int = 0, limit: int = CAPACITY) -> list[Entry]:
        """Return up to `limit` messages numbered higher than `sequence`, in order."""
        found = await self.redis.xrange(f"events:{session}", min=f"({sequence}-0", max="+", count=limit)
        return _entries(found)

    async def last(self, session: str) -> int:
        """Return the number of the last message, 0 when there was none."""
        return int(cast("str | None", await self.redis.get(f"sequence:{session}")) or 0)

    async def follow(self, session: str, sequence: int) -> AsyncIterator[list[Entry]]:
        """Yield every batch of messages numbered higher than `sequence`, as they arrive, for ever.

        Holds one connection of its own. Raises `redis.RedisError` when Redis stays away; call again with the last
        number seen to go on.
        """
        connection: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
            self.url, decode_responses=True, socket_timeout=None, single_connection_client=True
        )
        try:
            while True:
                answer = await connection.xread({f"events:{session}": f"{sequence}-0"}, count=500, block=30_000)
                for _, rows in cast("list[tuple[str, object]]", answer or []):  # one stream, or none on a timeout
                    entries = _entries(rows)
                    sequence = entries[-1].sequence
                    yield entries
        finally:
            await connection.aclose()

    async def close(self) -> None:
        await self.redis.aclose()


def publish(session: str, message: Mapping[str, object]) -> int:
    """Publish through a client this process keeps. See `Stream.publish`."""
    return default_stream().publish(session, message)


@cache
def default_stream() -> Stream:
    """Return the process's own client of the installation's Redis."""
    return Stream()


def _keys(session: str) -> list[str]:
    return [f"events:{session}", f"sequence:{session}", f"topology:{session}"]


def _arguments(session: str, message: Mapping[str, object]) -> list[str | int]:
    # The type first: see `Entry.is_delta`.
    body = {"type": message["type"], "session": session, "at": time.time()}
    body |= {name: value for name, value in message.items() if name not in ("session", "sequence")}
    ended = body.get("type") == "state" and body.get("state") in LAST_STATES
    return [_text(body), CAPACITY, KEPT_AFTER_END_S if ended else KEPT_WHILE_RUNNING_S, KEPT_BYTES]


def _text(message: Mapping[str, object]) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


def _entries(found: object) -> list[Entry]:
    rows = cast("list[tuple[str, dict[str, str]]]", found or [])
    return [Entry(int(name.partition("-")[0]), fields["message"]) for name, fields in rows]
