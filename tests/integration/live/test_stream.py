"""The numbered stream on a real Redis."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
import redis

from labs.live.stream import AsyncStream, Entry, Stream

from .conftest import PrivateRedis

SESSION = "0123456789ab"


def test_publish_numbers_messages_without_gap_across_threads(private_redis: PrivateRedis) -> None:
    stream = Stream(private_redis.url)

    def publish() -> None:
        for _ in range(50):
            stream.publish(SESSION, {"type": "progress", "hosts": [], "text": "é"})

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = stream.after(SESSION)
    numbers = [message["sequence"] for message in messages]
    assert numbers == list(range(numbers[0], numbers[0] + 200))
    assert messages[0] | {"sequence": 0, "at": 0} == {
        "sequence": 0, "at": 0, "type": "progress", "hosts": [], "text": "é", "session": SESSION,
    }  # fmt: skip
    assert stream.last(SESSION) == numbers[-1]
    stream.close()


def test_after_returns_only_newer_messages(private_redis: PrivateRedis) -> None:
    stream = Stream(private_redis.url)
    first = stream.publish(SESSION, {"type": "state", "state": "queued"})
    second = stream.publish(SESSION, {"type": "state", "state": "launching"})
    assert [message["sequence"] for message in stream.after(SESSION, first)] == [second]
    assert stream.after(SESSION, second) == []
    stream.close()


def test_large_messages_are_kept_by_their_size(private_redis: PrivateRedis) -> None:
    stream = Stream(private_redis.url)
    for _ in range(60):
        last = stream.publish(SESSION, {"type": "delta", "text": "x" * (1 << 20)})
    kept = [message["sequence"] for message in stream.after(SESSION)]
    assert len(kept) <= 20
    assert kept[-1] == last
    stream.close()


def test_numbers_keep_rising_when_redis_forgets_everything(private_redis: PrivateRedis) -> None:
    stream = Stream(private_redis.url)
    before = [stream.publish(SESSION, {"type": "state", "state": "running"}) for _ in range(3)][-1]
    private_redis.restart()
    assert stream.publish(SESSION, {"type": "state", "state": "running"}) > before + 1
    stream.close()


def test_last_state_gives_the_keys_a_day(private_redis: PrivateRedis) -> None:
    stream = Stream(private_redis.url)
    stream.put_snapshot(SESSION, '{"type":"snapshot","sequence":1}')
    stream.publish(SESSION, {"type": "state", "state": "stopped"})
    with redis.Redis.from_url(private_redis.url) as client:
        for key in ("events", "sequence", "topology"):
            assert 0 < client.ttl(f"{key}:{SESSION}") <= 24 * 3600
    stream.forget(SESSION)
    assert stream.snapshot(SESSION) is None
    assert stream.after(SESSION) == []
    stream.close()


def test_follow_yields_messages_as_they_come(private_redis: PrivateRedis) -> None:
    async def scenario() -> list[Entry]:
        stream = AsyncStream(private_redis.url)
        seen: list[Entry] = []
        start = await stream.publish(SESSION, {"type": "state", "state": "running"})

        async def read() -> None:
            async for entries in stream.follow(SESSION, start):
                seen.extend(entries)
                if len(seen) == 3:
                    return

        reader = asyncio.create_task(read())
        for number in range(3):
            await stream.publish(SESSION, {"type": "progress", "done": number})
        await asyncio.wait_for(reader, 10)
        await stream.close()
        return seen

    seen = asyncio.run(scenario())
    assert [entry.message["done"] for entry in seen] == [0, 1, 2]
    assert [entry.sequence for entry in seen] == [entry.message["sequence"] for entry in seen]


@pytest.mark.parametrize("state", ["running", "failed"])
def test_snapshot_survives_as_written(private_redis: PrivateRedis, state: str) -> None:
    stream = Stream(private_redis.url)
    snapshot = {"type": "snapshot", "sequence": 5, "session": SESSION, "nodes": {}, "edges": {}, "note": state}
    stream.put_snapshot(SESSION, json.dumps(snapshot))
    assert stream.snapshot(SESSION) == snapshot
    stream.close()
